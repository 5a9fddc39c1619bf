use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::past::{Draft, Ending, PinnedPlan, RefusedPlan, Revision};
use super::phase::Stage;
use super::submission::Submission;
use crate::approval::{Approval, ApprovalSubject};
use crate::blob::BlobRef;
use crate::budget::{AttemptKey, Ledger};
use crate::clock::Clock;
use crate::id::{AgentId, TaskId};
use crate::model_step::{ModelStep, Target};
use crate::money::MicroUsd;
use crate::name::Name;
use crate::path::{EffectPath, Node};
use crate::plan::{Complexity, Settled};
use crate::shared::Shared;
use crate::subtask::{Subtask, ToolStep};
use crate::time::Timestamp;
use crate::wait::WaitKind;

/// Version of `decide`, `apply` and `effects` that new passes adopt.
pub const RULES: u32 = 1;

/// An effect of the present pass that has no result yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Step {
    /// A model must answer.
    #[n(0)]
    Model(#[n(0)] ModelStep),
    /// A tool must answer.
    #[n(1)]
    Tool(#[n(0)] ToolStep),
}

impl Step {
    /// Whether an attempt is in flight.
    pub fn in_flight(&self) -> bool {
        match self {
            Self::Model(step) => step.in_flight(),
            Self::Tool(step) => step.in_flight(),
        }
    }

    /// Counts against the effect itself.
    pub fn poison(&self) -> u8 {
        match self {
            Self::Model(step) => step.poison,
            Self::Tool(step) => step.poison,
        }
    }

    /// Number of the last attempt.
    pub fn attempt(&self) -> u16 {
        match self {
            Self::Model(step) => step.attempt,
            Self::Tool(step) => step.attempt,
        }
    }
}

/// A wait that only an input can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Wait {
    /// For what.
    #[n(0)]
    pub kind: WaitKind,
    /// Since when.
    #[n(1)]
    pub since: Timestamp,
}

/// A task: what `apply` makes of its events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Task {
    /// Its id, also the name of its stream.
    #[n(0)]
    pub id: TaskId,
    /// Sequence number of the last event.
    #[n(1)]
    pub seq: u64,
    /// Version of the rules of this pass.
    #[n(2)]
    pub rules: u32,
    /// What was submitted.
    #[n(3)]
    pub submission: Shared<Submission>,
    /// The pass, from 1.
    #[n(4)]
    pub pass: u16,
    /// Where the workflow is.
    #[n(5)]
    pub stage: Stage,
    /// The most progress of this pass, in per cent.
    #[n(6)]
    pub progress: u8,
    /// A wait that only an input can end.
    #[n(7)]
    pub wait: Option<Wait>,
    /// The analysis, once there is one.
    #[n(8)]
    pub analysis: Option<BlobRef>,
    /// How hard the task is.
    #[n(9)]
    pub complexity: Complexity,
    /// The selection, once there is one.
    #[n(10)]
    pub selection: Option<BlobRef>,
    /// Agent types that plans may use.
    #[n(11)]
    pub specialists: Vec<Name>,
    /// The plan, once one passed its checks.
    #[n(12)]
    pub plan: Option<Shared<PinnedPlan>>,
    /// Plans that were not taken, oldest first; those of a failed pass are kept for the one that resumes it.
    #[n(13)]
    pub refused_plans: Vec<RefusedPlan>,
    /// By number, those of earlier plans included.
    #[n(14)]
    pub subtasks: BTreeMap<u16, Shared<Subtask>>,
    /// Open effects of this pass.
    #[n(15)]
    pub steps: BTreeMap<Node, Step>,
    /// What the coordinator collected.
    #[n(16)]
    pub coordination: Option<BlobRef>,
    /// All drafts, oldest first.
    #[n(17)]
    pub drafts: Vec<Draft>,
    /// Money.
    #[n(18)]
    pub ledger: Ledger,
    /// Every approval that was asked for; number = position + 1.
    #[n(19)]
    pub approvals: Vec<Approval>,
    /// Active time left for the present stage of the manager.
    #[n(20)]
    pub clock: Clock,
    /// How the last pass ended.
    #[n(21)]
    pub ending: Option<Ending>,
    /// Changes that were asked for, oldest first.
    #[n(22)]
    pub revisions: Vec<Revision>,
    /// When it was submitted.
    #[n(23)]
    pub created_at: Timestamp,
    /// When the last event was recorded.
    #[n(24)]
    pub updated_at: Timestamp,
    /// Whether its content was erased.
    #[n(25)]
    pub erased: bool,
    /// The last rating, 1–5.
    #[n(26)]
    pub stars: Option<u8>,
    /// Effects that are quarantined.
    #[n(27)]
    pub quarantined: Vec<EffectPath>,
    /// The highest subtask number that any plan of this task had.
    #[n(28)]
    pub numbers_used: u16,
    /// Where the model calls in flight went, and who makes them.
    #[n(29)]
    pub flying: BTreeMap<AttemptKey, Flying>,
    /// Whether an attempt of this pass has started.
    #[n(30)]
    pub began: bool,
    /// When this pass was opened.
    #[n(31)]
    pub opened_at: Timestamp,
    /// How many approvals had been asked for when the present stage was entered.
    #[n(32)]
    pub asked_before: u32,
    /// What had been spent when this pass was opened.
    #[n(33)]
    pub spent_before: MicroUsd,
}

/// A model call in flight.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Flying {
    /// Where it went.
    #[n(0)]
    pub target: Target,
    /// Who makes it.
    #[n(1)]
    pub agent: Option<AgentId>,
}

impl Task {
    /// The path of a node in the present pass.
    pub fn path(&self, node: Node) -> EffectPath {
        EffectPath { pass: self.pass, node }
    }

    /// The open step at `path`, if the path is of this pass.
    pub fn step(&self, path: EffectPath) -> Option<&Step> {
        (path.pass == self.pass).then(|| self.steps.get(&path.node)).flatten()
    }

    /// Subtasks of the present plan, by number.
    pub fn planned(&self) -> impl Iterator<Item = &Subtask> {
        let numbers = self.plan.iter().flat_map(|pinned| &pinned.plan.nodes).map(|node| node.number);
        numbers.filter_map(|number| self.subtasks.get(&number).map(|subtask| &**subtask))
    }

    /// How a subtask ended, if it did.
    pub fn settled(&self, number: u16) -> Option<Settled> {
        self.subtasks.get(&number).and_then(|subtask| subtask.settled())
    }

    /// The number that the next plan may begin with.
    pub fn next_subtask(&self) -> u16 {
        self.numbers_used.saturating_add(1)
    }

    /// The draft that the final review looks at.
    pub fn draft(&self) -> Option<&Draft> {
        self.drafts.last()
    }

    /// The last draft of what this pass works on; that of a result which is being revised is none.
    pub fn present_draft(&self) -> Option<&Draft> {
        self.draft().filter(|draft| draft.pass >= self.first_pass())
    }

    /// The change that this pass is for: it opened the pass, or the failed one that the pass resumes.
    pub fn revision(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The first pass that works on what this one works on.
    pub fn first_pass(&self) -> u16 {
        self.revision().map_or(1, |revision| revision.pass)
    }

    /// The user's own deadline. It does not hold for a pass that a person opened after it.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.submission.deadline.filter(|deadline| self.pass == 1 || *deadline > self.opened_at)
    }

    /// Plans of this pass that were not taken.
    pub fn refused_of_pass(&self) -> impl DoubleEndedIterator<Item = &RefusedPlan> {
        self.refused_plans.iter().filter(|refused| refused.pass == self.pass)
    }

    /// Plans with errors that the manager wrote one after the other, up to now.
    pub fn faulty_plans(&self) -> usize {
        self.refused_of_pass().rev().take_while(|refused| !refused.by_person).count()
    }

    /// What was asked about `subject` since the present stage was entered; the last question counts.
    pub fn asked(&self, subject: ApprovalSubject) -> Option<&Approval> {
        let before = usize::try_from(self.asked_before).unwrap_or(usize::MAX);
        let here = self.approvals.get(before..).unwrap_or_default();
        here.iter().rev().find(|approval| approval.subject == subject)
    }

    /// The pending approval of the plan or the result, whichever the stage waits for.
    pub fn pending_approval(&self) -> Option<&Approval> {
        self.approvals
            .iter()
            .rev()
            .find(|approval| approval.pending() && !matches!(approval.subject, ApprovalSubject::Tool(_)))
    }

    /// What this pass has spent so far.
    pub fn pass_spent(&self) -> MicroUsd {
        self.ledger.spent().saturating_sub(self.spent_before)
    }

    /// Whether the last pass has ended.
    pub fn is_terminal(&self) -> bool {
        matches!(self.stage, Stage::Completed | Stage::Failed | Stage::Cancelled)
    }
}
