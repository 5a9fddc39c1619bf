//! What follows a review (spec/workflow.md, Subtasks): reruns with the feedback, then once a different
//! specialist, then the end.

use minicbor::{Decode, Encode};

use super::score::Verdict;

/// Who runs a subtask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Rerun {
    /// The agent that wrote the solution.
    #[n(0)]
    SameSpecialist,
    /// Any other that can; where there is none, the same.
    #[n(1)]
    OtherSpecialist,
}

/// What follows a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// The solution is accepted and never run again.
    Accept,
    /// The next cycle, at once.
    Rerun(Rerun),
    /// No cycle is left.
    FinallyFail,
}

/// What follows the verdict on the solution of `cycle` (0 is the first run). Cycles 1 to `cycles_max`
/// are the reruns, `cycles_max + 1` is the last one, by a different specialist.
pub const fn after_review(verdict: Verdict, cycle: u8, cycles_max: u8) -> Next {
    match verdict {
        Verdict::Accepted => Next::Accept,
        Verdict::NeedsRevision | Verdict::Rejected if cycle > cycles_max => Next::FinallyFail,
        Verdict::NeedsRevision if cycle < cycles_max => Next::Rerun(Rerun::SameSpecialist),
        Verdict::NeedsRevision | Verdict::Rejected => Next::Rerun(Rerun::OtherSpecialist),
    }
}
