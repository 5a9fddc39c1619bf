//! A few faults of each kind. All of them run by `cargo xtask faults`.

use divisi_testkit::faults::{
    Broken, Extent, Tally, cut_recoveries, damaged_wal, failing_calls, flipped_bits, full_disks,
    planted_bugs, power_cuts,
};

#[test]
fn every_kind_of_fault_is_survived() {
    type Programme = fn(Extent, u64) -> Result<Tally, Broken>;
    let programmes: [(&str, Programme, u64); 6] = [
        ("power", power_cuts, 12),
        ("failing", failing_calls, 6),
        ("full", full_disks, 3),
        ("flips", flipped_bits, 10),
        ("wal", damaged_wal, 10),
        ("recovery", cut_recoveries, 3),
    ];
    for (name, programme, cases) in programmes {
        let tally =
            programme(Extent { from: 0, cases }, 1).unwrap_or_else(|broken| panic!("{name}: {broken}"));
        assert!(tally.injected.values().all(|times| *times > 0), "{name}: {tally:?}");
    }
}

#[test]
fn planted_bugs_are_caught() {
    assert_eq!(planted_bugs(1).unwrap().injected.len(), 2);
}

/// The power goes after the first commit was synced and before anybody was told: it may be there.
#[test]
fn a_commit_that_nobody_was_told_of_may_survive_five_cuts() {
    let tally = cut_recoveries(Extent { from: 391, cases: 1 }, 1).unwrap();
    assert_eq!(tally.injected["five cuts in a row"], 1);
}
