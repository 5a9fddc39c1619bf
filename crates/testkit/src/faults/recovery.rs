//! Power cuts while the store recovers from a power cut, five in a row.

use std::path::Path;

use tempfile::TempDir;

use crate::chance::Chance;

use super::disk::FaultDisk;
use super::platter::{Left, Platter};
use super::tally::{Broken, Extent, Tally};
use super::work::{Expectation, Opening, begin, commit, hold};

/// Cuts of a case, after the first.
const CUTS: usize = 5;
/// Steps before the first cut, at most.
const STEPS_MAX: usize = 30;

const KINDS: [&str; 2] = ["cut during recovery", "five cuts in a row"];

/// Cuts the power of a store at work, then five times of the store that recovers.
pub fn cut_recoveries(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS);
    let expected = Expectation::of(u32::try_from(STEPS_MAX).unwrap_or(0) + 2);
    let expected = expected.map_err(|error| Broken::at("the model", error))?;
    for case in extent.range() {
        let mut chance = Chance::seeded(seed ^ case.rotate_left(41));
        chain(&mut chance, &expected, &mut tally)
            .map_err(|error| Broken::at(format!("case {case}"), error))?;
    }
    Ok(tally)
}

fn chain(chance: &mut Chance, expected: &Expectation, tally: &mut Tally) -> Result<(), Broken> {
    let steps = 1 + u32::try_from(chance.below(STEPS_MAX)).unwrap_or(0);
    let mut left = cut(&folder()?, chance, |disk| {
        let store = Opening::default().on(disk)?;
        begin(&store)?;
        for number in 1..=steps {
            commit(&store, number)?;
            disk.acknowledge(u64::from(number));
        }
        Ok(())
    })?;
    let acknowledged = left.acknowledged;
    for _ in 0..CUTS {
        // Opening recovers; dropping moves the WAL into the database. The power goes somewhere in between.
        let next = cut(&left.folder, chance, |disk| Opening::default().on(disk).map(drop))?;
        tally.inject(KINDS[0], u64::from(next.had_work));
        left = Leftover { acknowledged, ..next };
    }
    tally.inject(KINDS[1], 1);
    let store = Opening::default().after(left.folder.path());
    let store = store.map_err(|error| Broken::at("opening what is left", error))?;
    // The first commit may be whole on the disk before anybody was told.
    hold(&store, expected, acknowledged.unwrap_or(0), acknowledged.unwrap_or(0) + 1)
}

struct Leftover {
    folder: TempDir,
    acknowledged: Option<u32>,
    /// Whether anything had been written before the cut.
    had_work: bool,
}

fn folder() -> Result<TempDir, Broken> {
    tempfile::tempdir().map_err(|error| Broken::at("a folder", error))
}

/// Does `work` on the disk and cuts its power somewhere on the way.
fn cut(
    on: &TempDir,
    chance: &mut Chance,
    work: impl FnOnce(&std::sync::Arc<FaultDisk>) -> divisi_store::Result<()>,
) -> Result<Leftover, Broken> {
    let root: &Path = on.path();
    let mut platter = Platter::of(root).map_err(|error| Broken::at("reading the files", error))?;
    let disk = FaultDisk::new(root);
    work(&disk).map_err(|error| Broken::at("recovering", error))?;
    let log = disk.log();
    let place = chance.below(log.len() + 1);
    let mut acknowledged = None;
    for op in &log[..place] {
        platter.apply(op);
        if let super::disk::Op::Acknowledged(number) = op {
            acknowledged = u32::try_from(*number).ok();
        }
    }
    let left = *chance.pick(&Left::ALL).unwrap_or(&Left::Nothing);
    let into = folder()?;
    let made = platter.cut(left, chance, root, into.path());
    made.map_err(|error| Broken::at("writing the files", error))?;
    Ok(Leftover { folder: into, acknowledged, had_work: place > 0 })
}
