use minicbor::{Decode, Encode};

use crate::name::Name;
use crate::time::Timestamp;
use crate::wait::WaitKind;

/// Where an attempt goes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Target {
    /// Position in the purpose's route, from 0.
    #[n(0)]
    pub index: u8,
    /// Provider.
    #[n(1)]
    pub provider: Name,
    /// Model, by the provider's own name.
    #[n(2)]
    pub model: Name,
}

/// Why an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Cause {
    /// The first one.
    #[n(0)]
    First,
    /// The same target again after a transient failure.
    #[n(1)]
    Retry,
    /// Another target.
    #[n(2)]
    Failover,
    /// The same target, told what was wrong with its answer.
    #[n(3)]
    Reask,
    /// The attempt before was interrupted by the end of the process.
    #[n(4)]
    Interrupted,
    /// All targets had failed; a new series after a wait.
    #[n(5)]
    NewSeries,
}

/// The attempt that is to be made next.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Due {
    /// Why.
    #[n(0)]
    pub cause: Cause,
    /// Preferred position in the route.
    #[n(1)]
    pub target: u8,
    /// Not earlier than this.
    #[n(2)]
    pub not_before: Option<Timestamp>,
    /// What it waits for, where that is more than a back-off.
    #[n(3)]
    pub waits: Option<WaitKind>,
    /// Since when it is due.
    #[n(4)]
    pub since: Timestamp,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum StepPhase {
    /// An attempt is to be made.
    #[n(0)]
    Due(#[n(0)] Due),
    /// An attempt was started and has no outcome.
    #[n(1)]
    InFlight {
        /// Position in the route that was admitted.
        #[n(0)]
        target: u8,
        /// When it started.
        #[n(1)]
        since: Timestamp,
    },
}

/// Where a step stands, as diagrams show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepState {
    /// An attempt may be made at once.
    Due,
    /// It waits for a back-off or for what an input or time will bring.
    Resting,
    /// An attempt is in flight.
    InFlight,
    /// It has its answer, or the task does not want it any more.
    Over,
}

impl StepState {
    /// The name in diagrams and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "Due",
            Self::Resting => "Resting",
            Self::InFlight => "InFlight",
            Self::Over => "Over",
        }
    }
}

/// Every transition of a model step that may happen. A test fails when one is never exercised, and when
/// another happens.
pub const TRANSITIONS: &[(StepState, StepState)] = {
    use StepState::{Due, InFlight, Over, Resting};
    &[
        (Due, InFlight),
        // Shared state lets it wait.
        (Due, Resting),
        (Resting, InFlight),
        // A person does not want to wait.
        (Resting, Due),
        // Interrupted, failed, asked again, failed over.
        (InFlight, Due),
        (InFlight, Over),
        // The pass or the run ended.
        (Due, Over),
        (Resting, Over),
    ]
};
