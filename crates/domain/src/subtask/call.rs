use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::blob::{BlobRef, Digest};
use crate::name::Name;
use crate::time::Timestamp;

/// What may be said about an effect that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// In our own store, in the same transaction as its event.
    #[n(0)]
    ExactlyOnce,
    /// The callee takes the effect's path as idempotency key: it is made again with the same key.
    #[n(1)]
    Idempotent,
    /// Model calls and read-only tools: it is made again.
    #[n(2)]
    AtLeastOnce,
    /// Other tools: an interrupted one waits for a person.
    #[n(3)]
    AtMostOnce,
}

/// A tool call that a turn asks for, as the runner understood it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CallRequest {
    /// The tool.
    #[n(0)]
    pub tool: Name,
    /// Hash of tool and canonical arguments: equal calls have equal digests.
    #[n(1)]
    pub digest: Digest,
    /// What may be said when it is interrupted.
    #[n(2)]
    pub class: EffectClass,
    /// Whether it changes anything outside.
    #[n(3)]
    pub side_effects: bool,
    /// Why it is not performed at all: unknown tool, not allowed, arguments that fail its schema.
    #[n(4)]
    pub refused: Option<Name>,
}

/// How far a call of a turn is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum CallPhase {
    /// Its [`ToolStep`] is open.
    #[n(0)]
    Open,
    /// It has a result for the model.
    #[n(1)]
    Answered {
        /// The result.
        #[n(0)]
        content: BlobRef,
        /// Whether the tool succeeded.
        #[n(1)]
        ok: bool,
    },
    /// Policy refused it; nothing was executed.
    #[n(2)]
    Refused,
    /// A person declined it; nothing was executed.
    #[n(3)]
    Declined,
    /// A person decided to go on without its result.
    #[n(4)]
    Skipped,
    /// It failed for good and left no word about it.
    #[n(5)]
    Failed,
}

/// A call of a turn with how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CallRecord {
    /// What was asked.
    #[n(0)]
    pub request: CallRequest,
    /// How far it is.
    #[n(1)]
    pub phase: CallPhase,
}

/// A tool call that has no result yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ToolStep {
    /// Number of the last attempt, from 1; 0 before the first.
    #[n(0)]
    pub attempt: u16,
    /// Attempts that failed for a passing reason.
    #[n(1)]
    pub failures: u8,
    /// How often the end of the process interrupted an attempt.
    #[n(2)]
    pub interruptions: u8,
    /// Counts against the call itself.
    #[n(3)]
    pub poison: u8,
    /// Where it stands.
    #[n(4)]
    pub phase: ToolPhase,
}

/// Where an open tool call stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ToolPhase {
    /// It waits for the approval with this number.
    #[n(0)]
    AwaitingApproval {
        /// Number of the approval.
        #[n(0)]
        number: u32,
    },
    /// An attempt is to be made.
    #[n(1)]
    Due {
        /// Not earlier than this.
        #[n(0)]
        not_before: Option<Timestamp>,
    },
    /// An attempt was started and has no outcome.
    #[n(2)]
    InFlight {
        /// When it started.
        #[n(0)]
        since: Timestamp,
    },
    /// It was interrupted and may or may not have happened: a person decides.
    #[n(3)]
    OutcomeUnknown {
        /// Since when.
        #[n(0)]
        since: Timestamp,
    },
}

impl ToolStep {
    /// A call that may be made at once.
    pub fn due() -> Self {
        Self {
            attempt: 0,
            failures: 0,
            interruptions: 0,
            poison: 0,
            phase: ToolPhase::Due { not_before: None },
        }
    }

    /// A call that waits for an approval first.
    pub fn awaiting(number: u32) -> Self {
        Self { phase: ToolPhase::AwaitingApproval { number }, ..Self::due() }
    }

    /// Whether an attempt is in flight.
    pub fn in_flight(&self) -> bool {
        matches!(self.phase, ToolPhase::InFlight { .. })
    }
}
