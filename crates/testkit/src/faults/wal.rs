//! A damaged WAL: the store opens at a whole commit or refuses, it never shows what was not committed.

use std::fs;
use std::path::Path;

use divisi_store_sqlite::{Disk, SystemDisk};

use crate::chance::Chance;

use super::disk::FaultDisk;
use super::platter::{Left, Platter};
use super::tally::{Broken, Extent, Tally};
use super::work::{Expectation, FOLDER, Opening, begin, commit};

/// Commits that lie in the WAL.
const STEPS: u32 = 12;
/// Bits flipped at once, at most.
const FLIPS_MAX: usize = 3;

const KINDS: [&str; 2] = ["torn WAL", "flipped bits in the WAL"];

/// Damages the WAL of a store that died, once a case.
pub fn damaged_wal(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS);
    let expected = Expectation::of(STEPS).map_err(|error| Broken::at("the model", error))?;
    let died = died()?;
    let file = died.path().join(FOLDER).join("divisi.db-wal");
    let whole = fs::read(&file).map_err(|error| Broken::at("reading the WAL", error))?;
    for case in extent.range() {
        let mut chance = Chance::seeded(seed ^ case.rotate_left(9));
        let (kind, damaged) = damage(&whole, &mut chance);
        fs::write(&file, damaged).map_err(|error| Broken::at("writing the WAL", error))?;
        open(died.path(), &expected, &mut tally)
            .map_err(|error| Broken::at(format!("case {case}: {kind}"), error))?;
        tally.inject(kind, 1);
    }
    Ok(tally)
}

/// The files of a process that died after its last commit was durable, the WAL not moved into the database.
fn died() -> Result<tempfile::TempDir, Broken> {
    let root = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let disk = FaultDisk::new(root.path());
    let store = Opening::default().on(&disk).map_err(|error| Broken::at("opening", error))?;
    begin(&store).map_err(|error| Broken::at("opening the workspace", error))?;
    for number in 1..=STEPS {
        commit(&store, number).map_err(|error| Broken::at("working without faults", error))?;
    }
    let mut platter = Platter::default();
    disk.log().iter().for_each(|op| platter.apply(op));
    let into = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let made = platter.cut(Left::Nothing, &mut Chance::seeded(0), root.path(), into.path());
    made.map_err(|error| Broken::at("writing the files", error))?;
    Ok(into)
}

fn damage(whole: &[u8], chance: &mut Chance) -> (&'static str, Vec<u8>) {
    if chance.happens(40) {
        let torn = chance.below(whole.len());
        return (KINDS[0], whole[..torn].to_vec());
    }
    let mut flipped = whole.to_vec();
    for _ in 0..=chance.below(FLIPS_MAX) {
        let at = chance.below(flipped.len());
        flipped[at] ^= 1 << chance.below(8);
    }
    (KINDS[1], flipped)
}

/// Opens a copy of the folder.
fn open(died: &Path, expected: &Expectation, tally: &mut Tally) -> Result<(), Broken> {
    let into = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    copy(died, into.path()).map_err(|error| Broken::at("copying the files", error))?;
    let Ok(store) = Opening::default().after(into.path()) else {
        tally.see("refused to open", 1);
        return Ok(());
    };
    let steps = expected.steps_of(&store)?;
    let verified =
        divisi_store::Maintenance::verify(&store).map_err(|error| Broken::at("verifying", error))?;
    if !verified.damage.is_empty() {
        return Err(Broken(format!("opened with {steps} commits and this damage: {:?}", verified.damage)));
    }
    tally.see(if steps == STEPS { "opened with every commit" } else { "opened at an earlier commit" }, 1);
    Ok(())
}

/// Copies a folder and all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            SystemDisk.create_folder(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
