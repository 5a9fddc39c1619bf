//! A real volume of 64 MiB that becomes full, where one may be mounted.

use std::process::Command;

use divisi_testkit::faults::{Broken, Extent, Tally, full_volume};

use crate::report::say;

/// Fills the volume once a case. Who may not mount is told so; nothing is known then.
pub(super) fn volume(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let root = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
        .arg(root.path())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        say("SKIPPED: this user may not mount a volume; the kind `full` simulates one");
        let mut tally = Tally::default();
        tally.see("skipped: no volume may be mounted", extent.cases);
        return Ok(tally);
    }
    let filled = full_volume(root.path(), extent, seed);
    let unmounted = Command::new("umount").arg(root.path()).status();
    match unmounted {
        Ok(status) if status.success() => filled,
        other => filled.and(Err(Broken(format!("the volume was not unmounted: {other:?}")))),
    }
}
