use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Why an attempt brought no usable answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum FailureClass {
    /// 429: too many requests or tokens for now.
    #[n(0)]
    RateLimited,
    /// 5xx, 529: the service cannot answer now.
    #[n(1)]
    Overloaded,
    /// The connection could not be made, was reset, or ended in the middle.
    #[n(2)]
    Connection,
    /// No answer within the deadline of the call.
    #[n(3)]
    TimedOut,
    /// The stream ended without a finish reason, stalled, or the answer was cut or empty.
    #[n(4)]
    Truncated,
    /// The answer is not JSON of the schema.
    #[n(5)]
    Unparsable,
    /// The input is longer than the model's context.
    #[n(6)]
    ContextTooLong,
    /// The model or its provider refused to answer.
    #[n(7)]
    Refused,
    /// The provider called the request malformed.
    #[n(8)]
    BadRequest,
    /// The key is wrong, missing or lacks a right.
    #[n(9)]
    Unauthorized,
    /// The provider does not know the model.
    #[n(10)]
    UnknownModel,
    /// The account's quota is spent: no waiting helps until someone pays.
    #[n(11)]
    QuotaSpent,
    /// Our own code panicked while performing the attempt.
    #[n(12)]
    Panicked,
    /// The tool reported a failure.
    #[n(13)]
    ToolFailed,
}

/// What the machine does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The same target may answer later.
    Transient,
    /// The same target may answer better when told what was wrong, once.
    AskAgain,
    /// This target will not answer this; another may.
    OtherTarget,
    /// Our own fault: counted against the effect.
    Poison,
}

impl FailureClass {
    /// What the machine does about it.
    pub const fn kind(self) -> FailureKind {
        match self {
            Self::RateLimited
            | Self::Overloaded
            | Self::Connection
            | Self::TimedOut
            | Self::Truncated
            | Self::ToolFailed => FailureKind::Transient,
            Self::Unparsable => FailureKind::AskAgain,
            Self::ContextTooLong
            | Self::Refused
            | Self::BadRequest
            | Self::Unauthorized
            | Self::UnknownModel
            | Self::QuotaSpent => FailureKind::OtherTarget,
            Self::Panicked => FailureKind::Poison,
        }
    }

    /// Whether a call that ended so may have happened all the same.
    pub const fn leaves_unknown(self) -> bool {
        match self {
            Self::Overloaded | Self::Connection | Self::TimedOut | Self::Truncated | Self::Panicked => true,
            Self::RateLimited
            | Self::Unparsable
            | Self::ContextTooLong
            | Self::Refused
            | Self::BadRequest
            | Self::Unauthorized
            | Self::UnknownModel
            | Self::QuotaSpent
            | Self::ToolFailed => false,
        }
    }

    /// Whether the provider turned the call away before it generated anything: nothing is charged for it.
    pub const fn turned_away(self) -> bool {
        match self {
            Self::RateLimited
            | Self::ContextTooLong
            | Self::BadRequest
            | Self::Unauthorized
            | Self::UnknownModel
            | Self::QuotaSpent => true,
            Self::Overloaded
            | Self::Connection
            | Self::TimedOut
            | Self::Truncated
            | Self::Unparsable
            | Self::Refused
            | Self::Panicked
            | Self::ToolFailed => false,
        }
    }

    /// The code that users and tables see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Connection => "connection_failed",
            Self::TimedOut => "timed_out",
            Self::Truncated => "truncated",
            Self::Unparsable => "unparsable",
            Self::ContextTooLong => "context_too_long",
            Self::Refused => "refused",
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::UnknownModel => "unknown_model",
            Self::QuotaSpent => "quota_spent",
            Self::Panicked => "panicked",
            Self::ToolFailed => "tool_failed",
        }
    }
}
