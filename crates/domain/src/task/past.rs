//! What a task remembers of its plans, drafts, endings and revisions.

use minicbor::{Decode, Encode};

use super::event::RevisionScope;
use super::phase::{FailureReason, Stage};
use crate::blob::BlobRef;
use crate::plan::Plan;
use crate::time::Timestamp;

/// The plan with its texts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PinnedPlan {
    /// The plan as the manager or a person wrote it.
    #[n(0)]
    pub content: BlobRef,
    /// The checked graph.
    #[n(1)]
    pub plan: Plan,
}

/// A draft of the report with the verdict on it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Draft {
    /// The pass that brought it.
    #[n(0)]
    pub pass: u16,
    /// The round of the pass.
    #[n(1)]
    pub round: u8,
    /// The draft.
    #[n(2)]
    pub content: BlobRef,
    /// The final review of it.
    #[n(3)]
    pub review: Option<DraftReview>,
}

/// The final review of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DraftReview {
    /// The review's text; `None` where a person asked for the change.
    #[n(0)]
    pub content: Option<BlobRef>,
    /// Whether it was approved.
    #[n(1)]
    pub approved: bool,
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Ending {
    /// The stage before the end: a resumed pass goes on from there.
    #[n(0)]
    pub from: Stage,
    /// The result, where the report is it.
    #[n(1)]
    pub content: Option<BlobRef>,
    /// Whether the final review approved.
    #[n(2)]
    pub approved: bool,
    /// Subtasks that brought nothing.
    #[n(3)]
    pub missing: Vec<u16>,
    /// Why it ended so.
    #[n(4)]
    pub reason: Option<FailureReason>,
    /// When.
    #[n(5)]
    pub at: Timestamp,
}

impl Ending {
    /// Whether something is missing in what completed: a subtask, or what would have followed.
    pub fn is_partial(&self) -> bool {
        !self.missing.is_empty() || self.reason.is_some()
    }
}

/// A change that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Revision {
    /// The pass that it opened.
    #[n(0)]
    pub pass: u16,
    /// What is done again.
    #[n(1)]
    pub scope: RevisionScope,
    /// The person's words.
    #[n(2)]
    pub request: BlobRef,
}

/// A plan that was not taken, and why: what the next round is told.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RefusedPlan {
    /// The plan as written.
    #[n(0)]
    pub content: BlobRef,
    /// The errors, or a person's comment.
    #[n(1)]
    pub why: Option<BlobRef>,
    /// Whether a person rejected it.
    #[n(2)]
    pub by_person: bool,
    /// The pass that it was written in.
    #[n(3)]
    pub pass: u16,
}
