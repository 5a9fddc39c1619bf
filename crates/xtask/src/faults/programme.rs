//! The kinds of faults.

use divisi_testkit::chaos::race;
use divisi_testkit::faults::{
    Broken, Extent, Tally, cut_recoveries, damaged_wal, failing_calls, flipped_bits, flipped_index,
    full_disks, many_timers, planted_bugs, power_cuts,
};

use super::fuzz::fuzz;
use super::processes::{owners, stopped};
use super::volume::volume;

/// One kind of fault.
pub(super) struct Programme {
    pub(super) name: &'static str,
    /// What a case is, for people.
    pub(super) what: &'static str,
    /// Cases in `make test`.
    pub(super) small: u64,
    /// Cases of a full run.
    pub(super) full: u64,
    /// Cases that are run before the result is kept.
    pub(super) chunk: u64,
    /// Whether it needs the machine for itself.
    pub(super) alone: bool,
    pub(super) run: fn(Extent, u64) -> Result<Tally, Broken>,
}

/// All of them.
pub(super) const PROGRAMMES: &[Programme] = &[
    Programme {
        name: "power",
        what: "the power is cut before a sync or after an acknowledgement; what was not synced is lost, or left in part, or torn",
        small: 160,
        full: 8_000,
        chunk: 200,
        alone: false,
        run: power_cuts,
    },
    Programme {
        name: "planted",
        what: "a store that never syncs, and one that answers before it commits, must be caught by power cuts",
        small: 1,
        full: 10,
        chunk: 5,
        alone: false,
        run: |extent, seed| {
            let mut tally = Tally::default();
            for case in extent.range() {
                tally.add(&planted_bugs(seed ^ case)?);
            }
            Ok(tally)
        },
    },
    Programme {
        name: "failing",
        what: "the k-th write or sync fails (k = 1…200, then any of a long run): no acknowledgement after it, clean recovery",
        small: 24,
        full: 1_000,
        chunk: 50,
        alone: false,
        run: failing_calls,
    },
    Programme {
        name: "full",
        what: "the disk becomes full: a clear refusal, reads go on, cancelling works, nothing is lost, work resumes without restart",
        small: 10,
        full: 400,
        chunk: 25,
        alone: false,
        run: full_disks,
    },
    Programme {
        name: "flips",
        what: "one bit flips in an event, an input id, a snapshot, a content or a content file: found, and nothing else is hit",
        small: 50,
        full: 5_000,
        chunk: 500,
        alone: false,
        run: flipped_bits,
    },
    Programme {
        name: "wal",
        what: "the WAL of a dead process is torn or has flipped bits: it opens at a whole commit or refuses",
        small: 60,
        full: 5_000,
        chunk: 500,
        alone: false,
        run: damaged_wal,
    },
    Programme {
        name: "fuzz",
        what: "changed bytes for a reader: events, records, snapshots, plans, crews, each kind of document; a value or an error, never a panic, and read as written",
        small: 11_000,
        full: 2_200_000,
        chunk: 20_000,
        alone: false,
        run: fuzz,
    },
    Programme {
        name: "recovery",
        what: "a power cut, then five more while the store recovers, each leaving the next disk",
        small: 15,
        full: 2_000,
        chunk: 100,
        alone: false,
        run: cut_recoveries,
    },
    Programme {
        name: "races",
        what: "cancelling, resuming, revising, results and repetitions race, some after a crash: each pass ends exactly once",
        small: 2_000,
        full: 20_000,
        chunk: 2_000,
        alone: false,
        run: races,
    },
    Programme {
        name: "index",
        what: "one bit flips in the full-text index: found when it is opened or verified, and made anew",
        small: 30,
        full: 4_000,
        chunk: 200,
        alone: false,
        run: flipped_index,
    },
    Programme {
        name: "timers",
        what: "very many durable timers are due in one moment, in the process that set them and at the start of the next (2,000 in the first case, 100,000 in each other): every task goes on once and ends",
        small: 1,
        full: 2,
        chunk: 1,
        alone: false,
        run: many_timers,
    },
    Programme {
        name: "owners",
        what: "four real processes race for one data folder, twice; the owner is killed in between: one has it, the others say who",
        small: 2,
        full: 100,
        chunk: 10,
        alone: true,
        run: owners,
    },
    Programme {
        name: "stopped",
        what: "a real process is stopped for 60 s in the middle of its work (SIGSTOP) and goes on: every task completes",
        small: 0,
        full: 5,
        chunk: 1,
        alone: true,
        run: stopped,
    },
    Programme {
        name: "volume",
        what: "a real volume of 64 MiB becomes full, and has space again",
        small: 0,
        full: 100,
        chunk: 25,
        alone: true,
        run: volume,
    },
];

fn races(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::default();
    for case in extent.range() {
        let raced = race(seed.wrapping_mul(1 << 32) ^ case);
        let raced = raced.map_err(|error| Broken::at(format!("case {case}"), error))?;
        tally.inject("cancellation taken", raced.cancels);
        tally.inject("resumption or revision taken", raced.retries);
        tally.inject("result in the race", raced.results);
        tally.inject("input repeated", raced.repeats);
        tally.inject("command refused", raced.refused);
        tally.see("passes, each with one end", raced.passes);
    }
    Ok(tally)
}
