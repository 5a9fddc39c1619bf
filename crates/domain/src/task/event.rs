use minicbor::{Decode, Encode};

use super::answer::Recorded;
use super::phase::{FailureReason, Stage};
use super::submission::Submission;
use crate::approval::{ApprovalState, ApprovalSubject};
use crate::blob::{BlobRef, Digest};
use crate::budget::Booked;
use crate::id::AgentId;
use crate::model_step::{Cause, FailureClass, Target};
use crate::money::{MicroUsd, Usage};
use crate::path::EffectPath;
use crate::plan::Plan;
use crate::subtask::{CallPhase, CycleFailure};
use crate::time::Timestamp;
use crate::wait::WaitKind;

/// What a person wants changed in a finished task.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RevisionScope {
    /// From the analysis on.
    #[n(0)]
    FullTask,
    /// These subtasks, then everything that follows from them.
    #[n(1)]
    SpecificSubtasks(#[n(0)] Vec<u16>),
    /// The report alone.
    #[n(2)]
    FinalAnswer,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the encoder hands references")]
const fn was_asked(from_cache: &bool) -> bool {
    !*from_cache
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// With a usable answer.
    #[n(0)]
    Answered(#[n(0)] Recorded),
    /// With a failure, and what was wrong with the answer where there was one.
    #[n(1)]
    Failed {
        /// Its class.
        #[n(0)]
        class: FailureClass,
        /// The unusable answer or the sentence of the failure.
        #[n(1)]
        content: Option<BlobRef>,
    },
    /// The end of the process interrupted it.
    #[n(2)]
    Interrupted {
        /// Whether nothing else was in flight.
        #[n(0)]
        alone: bool,
    },
    /// It was stopped, because the task no longer wants it.
    #[n(3)]
    Cancelled,
}

/// An immutable fact of a task's stream. Numbers are never reused; a retired kind stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// The first event of a task: opens pass 1.
    #[n(1)]
    Submitted {
        /// Version of the rules of this pass.
        #[n(0)]
        rules: u32,
        /// What was submitted.
        #[n(1)]
        submission: Box<Submission>,
    },
    /// Opens a pass after a failure.
    #[n(2)]
    Resumed {
        /// Version of the rules of this pass.
        #[n(0)]
        rules: u32,
    },
    /// Opens a pass after completion.
    #[n(3)]
    RevisionRequested {
        /// Version of the rules of this pass.
        #[n(0)]
        rules: u32,
        /// What is to be done again.
        #[n(1)]
        scope: RevisionScope,
        /// The person's words.
        #[n(2)]
        request: BlobRef,
    },
    /// The workflow entered a stage.
    #[n(4)]
    Entered(#[n(0)] Stage),
    /// An attempt is about to be made.
    #[n(5)]
    EffectStarted {
        /// The effect.
        #[n(0)]
        path: EffectPath,
        /// The attempt, from 1.
        #[n(1)]
        attempt: u16,
        /// Where it goes; `None` for a tool.
        #[n(2)]
        target: Option<Target>,
        /// Why it is made.
        #[n(3)]
        cause: Cause,
        /// What it may cost.
        #[n(4)]
        reserved: MicroUsd,
        /// Whose slot it holds.
        #[n(5)]
        agent: Option<AgentId>,
    },
    /// An attempt ended.
    #[n(6)]
    EffectEnded {
        /// The effect.
        #[n(0)]
        path: EffectPath,
        /// The attempt.
        #[n(1)]
        attempt: u16,
        /// How it ended.
        #[n(2)]
        outcome: Outcome,
        /// Tokens, where known.
        #[n(3)]
        usage: Option<Usage>,
        /// What the ledger books for it.
        #[n(4)]
        booked: Booked,
        /// Nobody was asked: another task of the workspace was given this answer to the same request before.
        #[n(5)]
        #[cbor(default, skip_if = "was_asked")]
        from_cache: bool,
    },
    /// The next attempt of a model step is due.
    #[n(7)]
    AttemptScheduled {
        /// The effect.
        #[n(0)]
        path: EffectPath,
        /// Why it will be made.
        #[n(1)]
        cause: Cause,
        /// Preferred position in the route.
        #[n(2)]
        target: u8,
        /// Not earlier than this.
        #[n(3)]
        not_before: Option<Timestamp>,
        /// What it waits for, where it is more than the back-off.
        #[n(4)]
        waits: Option<WaitKind>,
    },
    /// A run of a subtask begins.
    #[n(8)]
    RunStarted {
        /// Number of the subtask.
        #[n(0)]
        subtask: u16,
        /// Cycle within the pass.
        #[n(1)]
        cycle: u8,
        /// Whether it must go to another specialist than before.
        #[n(2)]
        other_specialist: bool,
    },
    /// A run ended without a solution that was accepted, for another reason than its review.
    #[n(9)]
    RunFailed {
        /// Number of the subtask.
        #[n(0)]
        subtask: u16,
        /// Why.
        #[n(1)]
        failure: CycleFailure,
    },
    /// A subtask is finally accepted, failed or skipped.
    #[n(10)]
    SubtaskSettled {
        /// Number of the subtask.
        #[n(0)]
        subtask: u16,
        /// How.
        #[n(1)]
        settled: crate::plan::Settled,
    },
    /// A person is asked.
    #[n(11)]
    ApprovalRequested {
        /// Number of the approval in the task, from 1.
        #[n(0)]
        number: u32,
        /// About what.
        #[n(1)]
        subject: ApprovalSubject,
        /// The exact thing.
        #[n(2)]
        digest: Digest,
    },
    /// A person answered.
    #[n(12)]
    ApprovalDecided {
        /// Number of the approval.
        #[n(0)]
        number: u32,
        /// Where it stands now.
        #[n(1)]
        state: ApprovalState,
        /// The person's comment.
        #[n(2)]
        comment: Option<BlobRef>,
    },
    /// A person edited the plan.
    #[n(13)]
    PlanEdited {
        /// The edited plan with its texts.
        #[n(0)]
        content: BlobRef,
        /// The graph.
        #[n(1)]
        plan: Plan,
    },
    /// A tool call got its result without an attempt.
    #[n(14)]
    CallSettled {
        /// The call.
        #[n(0)]
        path: EffectPath,
        /// Its result without an attempt: refused, declined, skipped or entered by a person.
        #[n(1)]
        phase: CallPhase,
    },
    /// The task waits for something that only an input can end.
    #[n(15)]
    WaitStarted(#[n(0)] WaitKind),
    /// That wait is over.
    #[n(16)]
    WaitEnded(#[n(0)] WaitKind),
    /// The process came back: time between the two does not count.
    #[n(17)]
    Recovered {
        /// Last sign of life of the process before.
        #[n(0)]
        last_seen: Timestamp,
    },
    /// The cap was changed by a person.
    #[n(18)]
    CapChanged {
        /// The new cap.
        #[n(0)]
        cap: Option<MicroUsd>,
    },
    /// The pass ended with a result.
    #[n(19)]
    Completed {
        /// The report; `None` where the solutions are the result.
        #[n(0)]
        content: Option<BlobRef>,
        /// Whether the final review approved.
        #[n(1)]
        approved: bool,
        /// Subtasks that brought nothing; empty means full.
        #[n(2)]
        missing: Vec<u16>,
        /// Why it ended before the report, where it did.
        #[n(3)]
        reason: Option<FailureReason>,
    },
    /// The pass ended without a result.
    #[n(20)]
    Failed {
        /// Why.
        #[n(0)]
        reason: FailureReason,
    },
    /// A person cancelled the task.
    #[n(21)]
    Cancelled,
    /// A person rated the result.
    #[n(22)]
    Rated {
        /// 1–5.
        #[n(0)]
        stars: u8,
        /// Whether it was useful.
        #[n(1)]
        useful: bool,
        /// The person's comment.
        #[n(2)]
        comment: Option<BlobRef>,
    },
    /// The content was erased; this skeleton stays.
    #[n(23)]
    ContentErased,
}
