//! What a run injected and saw: a run without injections proves nothing.

use std::collections::{BTreeMap, BTreeSet};

/// Kinds of injected faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Injection {
    /// The process died.
    Crash,
    /// The process was asked to stop, and stopped in order.
    OrderlyStop,
    /// The process died during recovery.
    CrashInRecovery,
    /// A commit was applied and its answer lost, without a crash.
    AnswerLost,
    /// A commit was not applied and no answer given, without a crash.
    CommitLost,
    /// A crash lost a commit that was on its way.
    CrashBeforeCommit,
    /// A crash came between a commit and its answer.
    CrashAfterCommit,
    /// A crash interrupted an attempt in flight.
    CrashInFlight,
    /// The disk was full.
    StoreFull,
    /// The result of an attempt was delivered twice.
    DuplicateResult,
    /// A provider failed.
    ProviderFault,
    /// An answer was no JSON of its schema.
    Unparsable,
    /// The clock of the process went back.
    ClockBack,
    /// The clock of the process went forward.
    ClockForward,
    /// A person cancelled.
    Cancel,
    /// A person parked a task.
    Park,
    /// A person declined.
    Decline,
    /// A person asked for a revision.
    Revise,
    /// A command was given twice with one input id.
    RepeatedCommand,
    /// The process died in five recoveries in a row.
    FiveDeathsInRecovery,
    /// The clock of the process was set ten years forward.
    ClockTenYearsForward,
    /// The clock of the process was set ten years back.
    ClockTenYearsBack,
    /// The clock of the process stood still for minutes.
    ClockFrozen,
    /// A step killed the process that tried it.
    PoisonStep,
    /// A step panicked.
    PanickingStep,
    /// A model answered with 2 MiB of nothing.
    HugeOutput,
    /// A model asked for the same tool, and would have done so for ever.
    EndlessCalls,
    /// Someone else held an agent's slots, and a start was refused for want of one.
    SlotRefused,
    /// The workspace's cap was lowered, and a start was refused for want of room under it.
    CapRefused,
    /// A task came to its own cap.
    TaskCapReached,
    /// A user's deadline ended a task.
    UserDeadline,
    /// A user's deadline passed while no process ran.
    DeadlineWhileDown,
    /// The disk was full for minutes.
    DiskFull,
    /// A person cancelled while the disk was full, and it was done.
    CancelWhileFull,
}

impl Injection {
    /// What only harsh histories have.
    pub const HARSH: [Self; 8] = [
        Self::FiveDeathsInRecovery,
        Self::ClockTenYearsForward,
        Self::ClockTenYearsBack,
        Self::ClockFrozen,
        Self::PoisonStep,
        Self::PanickingStep,
        Self::HugeOutput,
        Self::EndlessCalls,
    ];

    /// Every kind of every history: a campaign in which one of them never happened is red.
    pub const ALL: [Self; 26] = [
        Self::Crash,
        Self::OrderlyStop,
        Self::CrashInRecovery,
        Self::AnswerLost,
        Self::CommitLost,
        Self::CrashBeforeCommit,
        Self::CrashAfterCommit,
        Self::CrashInFlight,
        Self::StoreFull,
        Self::DuplicateResult,
        Self::ProviderFault,
        Self::Unparsable,
        Self::ClockBack,
        Self::ClockForward,
        Self::Cancel,
        Self::Park,
        Self::Decline,
        Self::Revise,
        Self::RepeatedCommand,
        Self::SlotRefused,
        Self::CapRefused,
        Self::TaskCapReached,
        Self::UserDeadline,
        Self::DeadlineWhileDown,
        Self::DiskFull,
        Self::CancelWhileFull,
    ];
}

/// What many histories must come to at least once.
const SOMETIMES: [&str; 19] = [
    "state TaskAnalysis",
    "state SpecialistSelection",
    "state TaskDecomposition",
    "state SpecialistExecution",
    "state ManagerReview",
    "state RevisionRequired",
    "state Coordination",
    "state Synthesis",
    "state ManagerFinalReview",
    "state Completed",
    "state Failed",
    "state Cancelled",
    "an attempt was aborted",
    "a tool call was approved or declined",
    "an outcome was unknown",
    "a task waited for its budget",
    "a step that kills was tried 5 times",
    "a prompt was measured",
    "a call waited for its provider's allowance",
];

/// What one or many runs came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs.
    pub seeds: u64,
    /// Tasks that were acknowledged.
    pub acknowledged: u64,
    /// Tasks that completed, failed, were cancelled.
    pub completed: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks that were cancelled.
    pub cancelled: u64,
    /// Attempts performed.
    pub attempts: u64,
    /// Events committed.
    pub events: u64,
    /// Faults observed, by kind.
    pub injections: BTreeMap<Injection, u64>,
    /// Situations that must be reached at least sometimes.
    pub reached: BTreeSet<String>,
    /// Hash of everything that was committed and performed, in order; of several histories the sum, whichever came first.
    pub trace: u64,
}

impl Summary {
    /// Counts an injected fault.
    pub fn inject(&mut self, kind: Injection) {
        *self.injections.entry(kind).or_default() += 1;
    }

    /// Adds another run.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.acknowledged += other.acknowledged;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.attempts += other.attempts;
        self.events += other.events;
        for (kind, count) in &other.injections {
            *self.injections.entry(*kind).or_default() += count;
        }
        self.reached.extend(other.reached.iter().cloned());
        self.trace = self.trace.wrapping_add(other.trace);
    }

    /// Situations that many histories must have come to, and did not.
    pub fn never_reached(&self) -> Vec<&'static str> {
        SOMETIMES.into_iter().filter(|label| !self.reached.contains(*label)).collect()
    }

    /// Kinds of faults that never happened.
    pub fn never_injected(&self) -> Vec<Injection> {
        let never = |kind: &Injection| !self.injections.contains_key(kind);
        Injection::ALL.into_iter().chain(Injection::HARSH).filter(never).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_histories_does_not_tell_which_came_first() {
        let of = |seed: u64| Summary {
            seeds: 1,
            trace: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ..Summary::default()
        };
        let sum = |seeds: [u64; 3]| {
            let mut sum = Summary::default();
            for seed in seeds {
                sum.add(&of(seed));
            }
            (sum.seeds, sum.trace)
        };
        assert_eq!(sum([1, 2, 3]), sum([3, 1, 2]));
        assert_ne!(sum([1, 2, 3]), sum([1, 2, 4]));
    }
}
