use minicbor::{Decode, Encode};

use super::event::RevisionScope;
use super::submission::Submission;
use crate::approval::{Decision, DecisionRefused};
use crate::blob::BlobRef;
use crate::id::{AgentId, InputId};
use crate::model_step::{FailureClass, Target};
use crate::money::{MicroUsd, Usage};
use crate::name::Name;
use crate::path::EffectPath;
use crate::plan::{Complexity, PlanDraft, PlanRules};
use crate::review::Scores;
use crate::subtask::CallRequest;
use crate::time::{Millis, Timestamp};

use crate::wait::WaitKind;

/// An input with what it needs of time and chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Unique in the stream.
    pub id: InputId,
    /// When it is decided. Never earlier than the last event.
    pub at: Timestamp,
    /// Randomness for jitter.
    pub entropy: u64,
    /// What the machine is told.
    pub input: Input,
}

/// What a usable answer says, before the machine checked it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The analysis of the task.
    Analysis {
        /// The analysis.
        content: BlobRef,
        /// How hard the task is.
        complexity: Complexity,
    },
    /// The chosen specialists.
    Selection {
        /// The selection with its reasons.
        content: BlobRef,
        /// Known agent types, a generalist that fills gaps included.
        specialists: Vec<Name>,
    },
    /// A plan, and what it is checked against.
    Plan {
        /// The plan with its texts.
        content: BlobRef,
        /// As written.
        draft: PlanDraft,
        /// What holds for it.
        rules: PlanRules,
        /// Where the errors of this draft would be kept; ignored where it is valid.
        errors: BlobRef,
    },
    /// A turn that asks for tools.
    Calls {
        /// The turn as it came.
        content: BlobRef,
        /// The calls.
        calls: Vec<CallRequest>,
    },
    /// A turn that hands in a solution.
    Solution {
        /// The solution.
        content: BlobRef,
    },
    /// The result of a tool call.
    ToolResult {
        /// What the tool returned, or the sentence of its failure.
        content: BlobRef,
        /// Whether it succeeded.
        ok: bool,
    },
    /// Scores on a solution.
    Review {
        /// The review's text.
        content: BlobRef,
        /// The four scores.
        scores: Scores,
    },
    /// What the coordinator collected.
    Coordination {
        /// The findings.
        content: BlobRef,
    },
    /// A draft of the report.
    Report {
        /// The draft.
        content: BlobRef,
    },
    /// The verdict on a draft.
    FinalReview {
        /// The review's text.
        content: BlobRef,
        /// Whether it may be published.
        approved: bool,
    },
}

/// How an attempt ended, as the runner reports it.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// With a usable answer.
    Answered(Answer),
    /// With a failure.
    Failed {
        /// Its class.
        class: FailureClass,
        /// The unusable answer or the sentence of the failure.
        content: Option<BlobRef>,
        /// What the provider asked for.
        retry_after: Option<Millis>,
    },
}

/// What a person decides about an effect whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Resolution {
    /// Make the call again.
    #[n(0)]
    Retry,
    /// This is its result.
    #[n(1)]
    Enter(#[n(0)] BlobRef),
    /// Go on without a result.
    #[n(2)]
    Skip,
    /// Give the run up.
    #[n(3)]
    Fail,
}

/// What a machine is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A person submits a task. Only for a stream without events.
    Submit(Box<Submission>),
    /// The runner has a running slot for it.
    Admit,
    /// Shared state admitted an attempt: an agent's slot, a target, room in the limits.
    Start {
        /// The effect.
        path: EffectPath,
        /// The attempt that [`super::effects`] asked for.
        attempt: u16,
        /// Where it goes; `None` for a tool.
        target: Option<Target>,
        /// Its proven upper bound.
        reserved: MicroUsd,
        /// Whose slot it holds.
        agent: Option<AgentId>,
    },
    /// Shared state lets an attempt wait for longer than the runner keeps in memory.
    Defer {
        /// The effect.
        path: EffectPath,
        /// What it waits for.
        waits: WaitKind,
        /// Until when, where that is known.
        until: Option<Timestamp>,
    },
    /// No agent of the crew can ever do this.
    NoCapableAgent {
        /// The effect.
        path: EffectPath,
    },
    /// An attempt ended.
    Ended {
        /// The effect.
        path: EffectPath,
        /// The attempt.
        attempt: u16,
        /// How.
        report: Report,
        /// Final usage, where the provider reported it.
        usage: Option<Usage>,
        /// What that usage costs at the target's price; `None` where usage is unknown.
        cost: Option<MicroUsd>,
        /// Whether the call may have reached whoever charges for it.
        sent: bool,
    },
    /// After a crash: an attempt had started and has no outcome.
    Interrupted {
        /// The effect.
        path: EffectPath,
        /// The attempt.
        attempt: u16,
        /// Whether nothing else of the process was in flight.
        alone: bool,
    },
    /// The process came back.
    Recovered {
        /// Last sign of life of the process before.
        last_seen: Timestamp,
    },
    /// A timer of [`super::effects`] is due.
    TimerDue,
    /// A person answers an approval.
    Decide {
        /// Number of the approval.
        number: u32,
        /// The answer, bound to what the person saw.
        decision: Decision,
    },
    /// A person edits the plan while it waits for approval.
    EditPlan {
        /// The edited plan with its texts.
        content: BlobRef,
        /// As written.
        draft: PlanDraft,
        /// What holds for it.
        rules: PlanRules,
    },
    /// A person stops the task for now.
    Park,
    /// A person lets a parked or waiting task go on, or opens the next pass of a failed one.
    Resume {
        /// Version of the rules of this binary.
        rules: u32,
    },
    /// A person cancels the task for ever.
    Cancel,
    /// A person wants a finished task changed.
    Revise {
        /// Version of the rules of this binary.
        rules: u32,
        /// What is to be done again.
        scope: RevisionScope,
        /// The person's words.
        request: BlobRef,
    },
    /// A person changes the cap.
    ChangeCap {
        /// The new cap.
        cap: Option<MicroUsd>,
    },
    /// A person says what happened to an effect whose outcome is unknown.
    Resolve {
        /// The effect.
        path: EffectPath,
        /// What to do.
        resolution: Resolution,
    },
    /// A person rates the result.
    Rate {
        /// 1–5.
        stars: u8,
        /// Whether it was useful.
        useful: bool,
        /// The person's comment.
        comment: Option<BlobRef>,
    },
    /// A person erases the content.
    Erase,
}

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
