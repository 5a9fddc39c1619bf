//! What a task or one of its steps may wait for.

use minicbor::{Decode, Encode};

/// Why a task waits. Waits that follow from the state (a pending approval) are not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum WaitKind {
    /// For a running slot, or for an agent with a free slot.
    #[n(0)]
    Queued,
    /// A person stopped it; `resume` ends the wait.
    #[n(1)]
    Parked,
    /// For a person's decision.
    #[n(2)]
    Approval,
    /// The cap does not allow the next call.
    #[n(3)]
    Budget,
    /// A provider's or a workspace's limit does not allow the next call yet.
    #[n(4)]
    Quota,
    /// No provider answers at the moment.
    #[n(5)]
    Provider,
    /// The store does not take commits.
    #[n(6)]
    Store,
    /// An interrupted effect may or may not have happened; a person decides.
    #[n(7)]
    OutcomeUnknown,
}

impl WaitKind {
    /// The name in tables, API and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Parked => "parked",
            Self::Approval => "approval",
            Self::Budget => "budget",
            Self::Quota => "quota",
            Self::Provider => "provider",
            Self::Store => "store",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }

    /// Whether only a person can end it: time, room and providers do not.
    pub const fn is_for_person(self) -> bool {
        match self {
            Self::Parked | Self::Approval | Self::Budget | Self::OutcomeUnknown => true,
            Self::Queued | Self::Quota | Self::Provider | Self::Store => false,
        }
    }
}
