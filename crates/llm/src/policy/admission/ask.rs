//! The question and its answers.

use divisi_domain::id::WorkspaceId;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::plan::Priority;
use divisi_domain::time::Timestamp;

use crate::policy::breaker::{Permit, StepKey};
use crate::policy::limiter::{Caller, Ticket};
use crate::policy::routes::RouteTarget;

/// Tokens that a provider may add around each message and tool.
const FRAMING_TOKENS_PER_PART: u64 = 32;
/// Tokens that a provider may add around the whole.
const FRAMING_TOKENS: u64 = 256;

/// How long the input of a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputSize {
    /// UTF-8 bytes of all texts, tools and schemas, and the number of messages and tools. A token is at
    /// least one byte, so that this bounds the tokens.
    Bytes {
        /// UTF-8 bytes.
        bytes: u64,
        /// Messages and tools.
        parts: u64,
    },
    /// The same, and the tokens by the tokenizer of the target at a position of the route. What is put around texts is not
    /// among them.
    Counted {
        /// UTF-8 bytes.
        bytes: u64,
        /// Messages and tools.
        parts: u64,
        /// Tokens at that target.
        tokens: u64,
        /// Its position.
        target: u8,
    },
    /// Tokens in all.
    Tokens(u64),
    /// Nobody measured it: as long as the model takes.
    Unmeasured,
}

/// The most input tokens that a call to the target at `position`, which takes `input_tokens_max`, can be counted as.
pub fn input_tokens_bound(size: InputSize, position: u8, input_tokens_max: u32) -> u64 {
    let framed = |tokens: u64, parts: u64| {
        tokens.saturating_add(parts.saturating_mul(FRAMING_TOKENS_PER_PART)).saturating_add(FRAMING_TOKENS)
    };
    match size {
        InputSize::Unmeasured => u64::from(input_tokens_max),
        InputSize::Tokens(tokens) => tokens,
        InputSize::Counted { bytes, parts, tokens, target } if target == position => {
            framed(tokens.min(bytes), parts)
        }
        InputSize::Counted { bytes, parts, .. } | InputSize::Bytes { bytes, parts } => framed(bytes, parts),
    }
}

/// One wire attempt that wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The same each time that this attempt asks.
    pub ticket: Ticket,
    /// The model step that the attempt belongs to.
    pub step: StepKey,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Orders those of the workspace that wait.
    pub priority: Priority,
    /// The input.
    pub input: InputSize,
    /// Output tokens that the call asks for.
    pub output_tokens_max: u32,
    /// What may still be reserved; `None` without a cap.
    pub left: Option<MicroUsd>,
    /// The first position of the route to try: the model-step machine says.
    pub first_target: u8,
    /// Positions that the step has given up, as bits.
    pub given_up: u8,
    /// Positions whose provider takes calls of others first, as bits: they wait for one of the few at once that it takes.
    pub yields: u8,
    /// Whether this repeats a call to the target after a transient failure.
    pub retry: bool,
}

impl Ask {
    pub(super) const fn caller(&self) -> Caller {
        Caller { ticket: self.ticket, workspace: self.workspace, priority: self.priority }
    }
}

/// Why a call must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The provider's allowance of requests or tokens.
    RateLimited,
    /// The circuit of every target is open.
    CircuitOpen,
    /// A probe is on its way.
    Probing,
    /// The provider has as many calls in flight as it takes at once. Ask again when one has ended.
    Busy,
    /// The target's retry budget is spent.
    RetryBudget,
}

/// Why a call may not go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefuseReason {
    /// No target is left: none is configured, or the step has given all up.
    #[error("no model is left to ask for this")]
    NoTarget,
    /// It does not fit under the cap.
    #[error("the call may cost up to {needed} and {left} of the cap is left")]
    OverCap {
        /// The upper bound of the call.
        needed: MicroUsd,
        /// What may still be reserved.
        left: MicroUsd,
    },
    /// Nobody priced the model, and there is a cap.
    #[error(
        "{provider}/{model} has no price, so that no cap can be kept: set its price or a ceiling for unknown models"
    )]
    Unpriced {
        /// The provider.
        provider: Name,
        /// The model.
        model: Name,
    },
    /// The model did not keep within the limits it was sent, and there is a cap.
    #[error("{provider}/{model} used more than it was allowed and is not asked under a cap any more")]
    StoppedUnderCaps {
        /// The provider.
        provider: Name,
        /// The model.
        model: Name,
    },
    /// The input is longer than every target takes.
    #[error("the input has {tokens} tokens and the models take at most {max}")]
    TooLong {
        /// Tokens of the input.
        tokens: u64,
        /// The most that one of the targets takes.
        max: u32,
    },
}

/// A call that may go now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Position in the route.
    pub index: u8,
    /// Where it goes.
    pub target: RouteTarget,
    /// The most that it can cost.
    pub reserved: MicroUsd,
    /// Nobody priced the model, and there is no cap: what it costs is not known.
    pub unpriced: bool,
    /// Output tokens that the call may ask for here.
    pub output_tokens_max: u32,
    /// Input tokens that `reserved` pays for.
    pub input_tokens_bound: u64,
    /// When it was admitted.
    pub(super) at: Timestamp,
    /// Whether it was counted as a retry.
    pub(super) retry: bool,
    pub(super) tokens: u64,
    pub(super) permit: Permit,
    pub(super) step: StepKey,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may go; hand this back with the outcome.
    Admit(Box<Admitted>),
    /// Ask again then.
    Wait {
        /// When.
        until: Timestamp,
        /// For what.
        reason: WaitReason,
    },
    /// It may not go, and waiting does not help.
    Refuse(RefuseReason),
}
