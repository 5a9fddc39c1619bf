//! One question and its one answer.

use minicbor::{Decode, Encode};

use crate::blob::{BlobRef, Digest};
use crate::path::EffectPath;
use crate::time::Timestamp;

/// What is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub enum ApprovalSubject {
    /// The plan of this pass.
    #[n(0)]
    Plan,
    /// A tool call with side effects.
    #[n(1)]
    Tool(#[n(0)] EffectPath),
    /// The result, before it is called completed.
    #[n(2)]
    Publication,
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum ApprovalState {
    /// Nobody answered.
    #[n(0)]
    Pending,
    /// It may happen as it is.
    #[n(1)]
    Approved,
    /// It may not happen.
    #[n(2)]
    Rejected,
    /// Something else may happen instead.
    #[n(3)]
    Edited {
        /// Digest of what was written instead.
        #[n(0)]
        digest: Digest,
        /// What was written instead.
        #[n(1)]
        content: BlobRef,
    },
    // Number 4 is free: nothing expires yet.
    /// The task ended, or what was asked about is no more.
    #[n(5)]
    Void,
}

impl ApprovalState {
    /// The name in API and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Edited { .. } => "edited",
            Self::Void => "void",
        }
    }
}

/// Every transition of an approval that may happen, by name. Nothing expires yet: an answer may come at any time.
pub const TRANSITIONS: &[(&str, &str)] =
    &[("pending", "approved"), ("pending", "rejected"), ("pending", "edited"), ("pending", "void")];

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Approval {
    /// Unique in the task.
    #[n(0)]
    pub number: u32,
    /// What it is about.
    #[n(1)]
    pub subject: ApprovalSubject,
    /// Of exactly what is approved.
    #[n(2)]
    pub digest: Digest,
    /// When it was asked.
    #[n(3)]
    pub asked_at: Timestamp,
    /// Where it stands.
    #[n(4)]
    pub state: ApprovalState,
    /// When it was answered or became void.
    #[n(5)]
    pub settled_at: Option<Timestamp>,
    /// What the person wrote beside it.
    #[n(6)]
    pub comment: Option<BlobRef>,
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Verdict {
    /// Do it.
    #[n(0)]
    Approve,
    /// Do not.
    #[n(1)]
    Reject,
    /// Do this instead.
    #[n(2)]
    Edit {
        /// Digest of what was written instead.
        #[n(0)]
        digest: Digest,
        /// What was written instead.
        #[n(1)]
        content: BlobRef,
    },
}

/// An answer as it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Decision {
    /// Of what the person saw.
    #[n(0)]
    pub digest: Digest,
    /// What they decided.
    #[n(1)]
    pub verdict: Verdict,
    /// What they wrote beside it.
    #[n(2)]
    pub comment: Option<BlobRef>,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionRefused {
    /// What was seen is not what is asked about.
    #[error(
        "Approval {number} asks about {asked}, but this decision is about {given}. Read what is asked now and decide again."
    )]
    OtherDigest {
        /// The question.
        number: u32,
        /// What it asks about.
        asked: Digest,
        /// What was decided on.
        given: Digest,
    },
    /// It was answered already, or needs no answer any more.
    #[error("Approval {number} is {state} already. Nothing was changed.")]
    Settled {
        /// The question.
        number: u32,
        /// Where it stands.
        state: &'static str,
    },
}

impl Approval {
    /// A new question.
    pub const fn ask(number: u32, subject: ApprovalSubject, digest: Digest, asked_at: Timestamp) -> Self {
        let state = ApprovalState::Pending;
        Self { number, subject, digest, asked_at, state, settled_at: None, comment: None }
    }

    /// Whether somebody may still answer.
    pub const fn pending(&self) -> bool {
        matches!(self.state, ApprovalState::Pending)
    }

    /// The state that a decision leads to, or why it does not count. Checks only; see [`Self::settle`].
    pub fn decide(&self, decision: &Decision) -> Result<ApprovalState, DecisionRefused> {
        if !self.pending() {
            return Err(DecisionRefused::Settled { number: self.number, state: self.state.as_str() });
        }
        if decision.digest != self.digest {
            let (asked, given) = (self.digest, decision.digest);
            return Err(DecisionRefused::OtherDigest { number: self.number, asked, given });
        }
        Ok(match decision.verdict {
            Verdict::Approve => ApprovalState::Approved,
            Verdict::Reject => ApprovalState::Rejected,
            // Written anew without a change is an approval.
            Verdict::Edit { digest, .. } if digest == self.digest => ApprovalState::Approved,
            Verdict::Edit { digest, content } => ApprovalState::Edited { digest, content },
        })
    }

    /// Applies a recorded end. The first one stands.
    pub fn settle(&mut self, state: ApprovalState, at: Timestamp, comment: Option<BlobRef>) {
        if self.pending() && state != ApprovalState::Pending {
            self.state = state;
            self.settled_at = Some(at);
            self.comment = comment;
        }
    }
}
