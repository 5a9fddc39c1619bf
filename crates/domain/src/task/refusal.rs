use crate::approval::DecisionRefused;
use crate::path::EffectPath;

/// Why an input changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stream has events already.
    #[error("this task exists already")]
    Exists,
    /// The stream has no events.
    #[error("there is no such task")]
    Unknown,
    /// The task has ended, and this is only for one that has not.
    #[error("the task is {state} already: nothing of it runs any more")]
    Terminal {
        /// Its state.
        state: &'static str,
    },
    /// The task has not ended, and this is only for one that has.
    #[error("the task is in {state}: wait until it has completed, or cancel it")]
    NotCompleted {
        /// Its state.
        state: &'static str,
    },
    /// There is nothing that `resume` could do.
    #[error("the task is {state}: there is nothing to resume")]
    NothingToResume {
        /// Its state.
        state: &'static str,
    },
    /// A cancelled task never runs again.
    #[error("the task was cancelled: submit it anew")]
    Cancelled,
    /// No effect of the state asks for this attempt.
    #[error("no effect {path} attempt {attempt} is due")]
    NotDue {
        /// The effect.
        path: EffectPath,
        /// The attempt.
        attempt: u16,
    },
    /// The reservation does not fit under the cap now, but others are open: wait for them.
    #[error("the cap has no room until an open reservation is settled")]
    BudgetBusy,
    /// There is no such approval.
    #[error("there is no approval {number} in this task")]
    NoSuchApproval {
        /// Its number.
        number: u32,
    },
    /// The answer does not count.
    #[error(transparent)]
    Decision(#[from] DecisionRefused),
    /// This kind of thing cannot be edited.
    #[error("approval {number} can be approved or rejected, not edited")]
    NotEditable {
        /// Its number.
        number: u32,
    },
    /// The edited plan has errors.
    #[error("the edited plan has {} errors", errors.len())]
    PlanInvalid {
        /// All of them.
        errors: Vec<crate::plan::PlanError>,
    },
    /// No plan waits for approval.
    #[error("no plan waits for approval: it can be edited only then")]
    NoPlanWaits,
    /// The cap would lie below what is committed.
    #[error("{0}")]
    CapTooLow(String),
    /// The subtask does not exist.
    #[error("subtask {number} does not exist in this task")]
    NoSuchSubtask {
        /// Its number.
        number: u16,
    },
    /// Nothing waits with this path.
    #[error("no effect {path} waits for a decision on its outcome")]
    NoUnknownOutcome {
        /// The effect.
        path: EffectPath,
    },
    /// No subtask was named.
    #[error("no subtask was named: name at least one that is to be done again")]
    NothingToRevise,
    /// The content is gone.
    #[error("the content of this task was erased: submit it anew")]
    Erased,
    /// The answer is of another kind than the effect asks for.
    #[error("the answer is not what the effect {path} asks for")]
    UnfitAnswer {
        /// The effect.
        path: EffectPath,
    },
    /// A rating is 1 to 5 stars.
    #[error("a rating is 1 to 5 stars")]
    NoRating,
}
