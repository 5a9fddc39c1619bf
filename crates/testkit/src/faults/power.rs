//! Power cuts: after each sync and acknowledgement the files are made anew as a cut would have left them, and opened.

use std::path::Path;

use divisi_store_sqlite::Planted;

use crate::chance::Chance;

use super::disk::{FaultDisk, Op};
use super::platter::{Left, Platter};
use super::tally::{Broken, Extent, Tally};
use super::work::{Expectation, Opening, begin, commit_noted, hold};

/// Steps of a run: enough for several checkpoints of the WAL.
const STEPS: u32 = 260;
/// Steps after which the store is closed and opened again.
const SESSION_STEPS: u32 = 110;
/// Cuts within which a planted bug must be caught.
const PLANTED_CUTS_MAX: u64 = 400;

const KINDS: [&str; 5] = [
    "cut, nothing left",
    "cut, beginning left",
    "cut, some left",
    "cut, sectors torn",
    "cut with unsynced changes",
];

/// What was done, up to the cut.
struct Recording {
    disk: std::sync::Arc<FaultDisk>,
    _root: tempfile::TempDir,
    /// Places in the log before which the power may go.
    places: Vec<usize>,
    log: Vec<Op>,
}

fn record(steps: u32, planted: Option<Planted>) -> Result<Recording, Broken> {
    let root = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let disk = FaultDisk::new(root.path());
    let failed = |error| Broken::at("working without faults", error);
    let opening = Opening { planted, ..Opening::default() };
    let mut store = opening.on(&disk).map_err(failed)?;
    begin(&store).map_err(failed)?;
    disk.acknowledge(0);
    for number in 1..=steps {
        commit_noted(&store, number, &disk).map_err(failed)?;
        if number.is_multiple_of(SESSION_STEPS) {
            drop(store);
            store = opening.on(&disk).map_err(failed)?;
        }
    }
    drop(store);
    let log = disk.log();
    let places = (0..=log.len())
        .filter(|place| {
            let after_ack = place.checked_sub(1).map(|before| &log[before]);
            matches!(log.get(*place), Some(Op::Sync(_) | Op::SyncFolder(_)))
                || matches!(after_ack, Some(Op::Acknowledged(_)))
                || *place == log.len()
        })
        .collect();
    Ok(Recording { disk, _root: root, places, log })
}

/// Cuts the power `extent.cases` times, spread over a whole run by `extent.from` and the seed.
pub fn power_cuts(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let recording = record(STEPS, None)?;
    let expected = Expectation::of(STEPS + 1).map_err(|error| Broken::at("the model", error))?;
    let mut tally = Tally::expecting(&KINDS);
    let syncs = recording.log.iter().filter(|op| matches!(op, Op::Sync(_) | Op::SyncFolder(_))).count();
    tally.see("syncs in a run", syncs as u64);
    cuts(&recording, &expected, extent, seed, &mut tally)?;
    Ok(tally)
}

/// Where in the log case `case` cuts: consecutive cases lie far from each other, and in the end each place has its turn.
fn place_of(case: u64, places: &[usize]) -> usize {
    let stride = (places.len() * 618 / 1_000) | 1;
    let turn = usize::try_from(case / Left::ALL.len() as u64).unwrap_or(0);
    places[(turn % places.len() * stride + turn / places.len()) % places.len()]
}

fn cuts(
    recording: &Recording,
    expected: &Expectation,
    extent: Extent,
    seed: u64,
    tally: &mut Tally,
) -> Result<(), Broken> {
    let mut cases: Vec<(usize, u64)> =
        extent.range().map(|case| (place_of(case, &recording.places), case)).collect();
    cases.sort_unstable();
    let mut platter = Platter::default();
    let (mut done, mut acknowledged) = (0, None);
    for (place, case) in cases {
        for op in &recording.log[done..place] {
            platter.apply(op);
            if let Op::Acknowledged(number) = op {
                acknowledged = u32::try_from(*number).ok();
            }
        }
        done = place;
        let left = Left::ALL[usize::try_from(case).unwrap_or(0) % Left::ALL.len()];
        let mut chance = Chance::seeded(seed ^ case.rotate_left(32));
        cut(recording, &platter, left, &mut chance, expected, acknowledged)
            .map_err(|error| Broken::at(format!("case {case}, {left:?}, before operation {place}"), error))?;
        tally.inject(KINDS[left as usize], 1);
        tally.inject(KINDS[4], u64::from(platter.unsynced() > 0));
    }
    Ok(())
}

fn cut(
    recording: &Recording,
    platter: &Platter,
    left: Left,
    chance: &mut Chance,
    expected: &Expectation,
    acknowledged: Option<u32>,
) -> Result<(), Broken> {
    let into = tempfile::tempdir().map_err(|error| Broken::at("a folder", error))?;
    let made = platter.cut(left, chance, recording.disk.root(), into.path());
    made.map_err(|error| Broken::at("writing the files", error))?;
    examine(into.path(), expected, acknowledged)
}

/// Opens what is left. Before the first acknowledgement there may be nothing, but it must open.
fn examine(root: &Path, expected: &Expectation, acknowledged: Option<u32>) -> Result<(), Broken> {
    let store = Opening::default().after(root).map_err(|error| Broken::at("opening what is left", error))?;
    hold(&store, expected, acknowledged.unwrap_or(0), acknowledged.map_or(0, |number| number + 1))
}

/// Plants each bug of the store; one that no cut finds means that the programme is blind.
pub fn planted_bugs(seed: u64) -> Result<Tally, Broken> {
    let steps = 40;
    let expected = Expectation::of(steps + 1).map_err(|error| Broken::at("the model", error))?;
    let mut tally = Tally::default();
    for bug in Planted::ALL {
        let name = match bug {
            Planted::SkipFsync => "planted skip_fsync",
            Planted::AckBeforeCommit => "planted ack_before_commit",
        };
        let recording = record(steps, Some(bug))?;
        let caught = (0..PLANTED_CUTS_MAX).find_map(|from| {
            cuts(&recording, &expected, Extent { from, cases: 1 }, seed, &mut Tally::default()).err()
        });
        if caught.is_none() {
            return Err(Broken(format!("the {name} was not caught by {PLANTED_CUTS_MAX} cuts")));
        }
        tally.inject(name, 1);
    }
    Ok(tally)
}
