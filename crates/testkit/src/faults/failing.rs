//! Calls that fail: after the first write or sync that does, nothing is acknowledged any more, and what was is recovered.

use std::sync::Arc;

use divisi_domain::time::Timestamp;
use divisi_store::{Store, StoreError};
use divisi_store_sqlite::SqliteStore;

use crate::chance::Chance;

use super::disk::FaultDisk;
use super::platter::{Left, Platter};
use super::tally::{Broken, Extent, Tally};
use super::work::{Expectation, Opening, begin, commit, hold};

/// The first cases fail the first call, the second, and so on up to this one; later cases any call of a long run.
const EXACT_MAX: u64 = 200;
/// Steps of a long run: enough for a checkpoint.
const LONG_STEPS: u32 = 100;
/// Commits that are tried after a failure.
const TRIES: u32 = 3;

const KINDS: [&str; 3] =
    ["failed write or sync", "recovered from the page cache", "recovered from a cut disk"];

/// Fails one call a case.
pub fn failing_calls(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::expecting(&KINDS);
    let expected = Expectation::of(LONG_STEPS + TRIES + 1).map_err(|error| Broken::at("the model", error))?;
    let calls = if extent.range().end > EXACT_MAX { calls_of_a_long_run()? } else { 0 };
    for case in extent.range() {
        let k = if case < EXACT_MAX { case + 1 } else { 1 + Chance::seeded(seed ^ case).next() % calls };
        fail(k, seed ^ case, &expected, &mut tally)
            .map_err(|error| Broken::at(format!("case {case}: call {k} fails"), error))?;
    }
    Ok(tally)
}

fn ready() -> Result<(tempfile::TempDir, Arc<FaultDisk>, SqliteStore), Broken> {
    let root = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let disk = FaultDisk::new(root.path());
    let store = Opening::default().on(&disk).map_err(|error| Broken::at("opening", error))?;
    begin(&store).map_err(|error| Broken::at("opening the workspace", error))?;
    Ok((root, disk, store))
}

fn calls_of_a_long_run() -> Result<u64, Broken> {
    let (_root, disk, store) = ready()?;
    disk.forget_log();
    let before = disk.calls();
    for number in 1..=LONG_STEPS {
        commit(&store, number).map_err(|error| Broken::at("working without faults", error))?;
    }
    Ok(disk.calls() - before)
}

fn fail(k: u64, seed: u64, expected: &Expectation, tally: &mut Tally) -> Result<(), Broken> {
    let (root, disk, store) = ready()?;
    disk.fail_at(k);
    let mut acknowledged = 0;
    for number in 1.. {
        let failed_before = disk.failed() > 0;
        match commit(&store, number) {
            Ok(_) if failed_before => {
                return Err(Broken(format!("commit {number} was acknowledged after a call had failed")));
            }
            Ok(_) => acknowledged = number,
            Err(StoreError::Broken { .. }) => break,
            Err(error) => return Err(Broken(format!("commit {number} was refused so: {error}"))),
        }
        if number > LONG_STEPS + 1 {
            return Err(Broken("the call never came".into()));
        }
    }
    tally.inject(KINDS[0], disk.failed());
    stays_broken(&store, acknowledged)?;
    drop(store);
    let again = Opening::default().after(root.path());
    let again = again.map_err(|error| Broken::at("opening again", error))?;
    hold(&again, expected, acknowledged, acknowledged + 1)?;
    drop(again);
    tally.inject(KINDS[1], 1);
    cut(&disk, seed, expected, acknowledged)?;
    tally.inject(KINDS[2], 1);
    Ok(())
}

/// The store takes nothing more, whatever the disk does.
fn stays_broken(store: &SqliteStore, acknowledged: u32) -> Result<(), Broken> {
    for number in 1..=TRIES {
        let tried = commit(store, acknowledged + number);
        if !matches!(tried, Err(StoreError::Broken { .. })) {
            return Err(Broken(format!("after a failed call a commit came to {tried:?}")));
        }
    }
    match store.heartbeat(Timestamp::from_millis(1)) {
        Err(StoreError::Broken { .. }) => Ok(()),
        beat => Err(Broken(format!("after a failed call a heartbeat came to {beat:?}"))),
    }
}

/// What the failed sync did not cover may be gone for ever.
fn cut(disk: &FaultDisk, seed: u64, expected: &Expectation, acknowledged: u32) -> Result<(), Broken> {
    let mut platter = Platter::default();
    disk.log().iter().for_each(|op| platter.apply(op));
    let into = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let mut chance = Chance::seeded(seed);
    let left = *chance.pick(&Left::ALL).unwrap_or(&Left::Nothing);
    let made = platter.cut(left, &mut chance, disk.root(), into.path());
    made.map_err(|error| Broken::at("writing the files", error))?;
    let store = Opening::default().after(into.path());
    let store = store.map_err(|error| Broken::at("opening what is left", error))?;
    hold(&store, expected, acknowledged, acknowledged + 1)
}
