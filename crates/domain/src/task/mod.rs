//! The task machine: `decide(state, input) -> events`, `apply(state, event)`, `effects(state)`.

mod advance;
mod answer;
mod apply;
mod codec;
mod decide;
mod effects;
mod event;
mod input;
mod past;
mod phase;
mod refusal;
mod stale;
mod state;
mod submission;
mod view;

pub use crate::wait::WaitKind;
pub use answer::Recorded;
pub use codec::{CodecError, KINDS, decode, encode, kind_name};
pub use decide::decide;
pub use effects::{Effects, Wanted, Work, call_request, effects, overdue};
pub use event::{Event, Outcome, RevisionScope};
pub use input::{Answer, Envelope, Input, Report, Resolution};
pub use past::{Draft, DraftReview, Ending, PinnedPlan, RefusedPlan, Revision};
pub use phase::{FailureReason, Stage, TRANSITIONS, TaskState};
pub use refusal::Refusal;
pub use state::{Flying, RULES, Step, Task, Wait};
pub use submission::{OnBudget, Policy, Submission, TaskPriority};
