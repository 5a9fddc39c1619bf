use minicbor::{Decode, Encode};

use super::event::RevisionScope;
use super::submission::Submission;
use crate::approval::Decision;
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
        /// Whether something of an answer had come, so that also a refusal may be charged.
        generated: bool,
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
