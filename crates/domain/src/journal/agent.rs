use minicbor::{Decode, Encode};

use super::codec::JournalEvent;
use crate::scheduling::Registration;
use crate::stats::{AgentStats, Outcome};

/// An immutable fact of an agent's stream. Numbers are never reused.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AgentEvent {
    /// What it is from now on. Said again where it changed, and where two tasks used it first at once.
    #[n(1)]
    Registered {
        /// The worker.
        #[n(0)]
        registration: Registration,
        /// Its place in the order of registration; that of the first event counts.
        #[n(1)]
        position: u32,
    },
    /// A run of it ended.
    #[n(2)]
    Ended(#[n(0)] Outcome),
}

impl JournalEvent for AgentEvent {
    const KINDS: &'static [(u16, &'static str)] = &[(1, "agent_registered"), (2, "run_ended")];

    fn kind(&self) -> u16 {
        match self {
            Self::Registered { .. } => 1,
            Self::Ended(_) => 2,
        }
    }
}

/// An agent: what its events make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRecord {
    /// As last registered.
    pub registration: Registration,
    /// Its place in the order of registration.
    pub position: u32,
    /// How it did so far.
    pub stats: AgentStats,
}

impl AgentRecord {
    /// The agent after one more event; `None` while nothing has registered it.
    pub fn after(before: Option<Self>, event: &AgentEvent) -> Option<Self> {
        match (before, event) {
            (None, AgentEvent::Registered { registration, position }) => Some(Self {
                registration: registration.clone(),
                position: *position,
                stats: AgentStats::default(),
            }),
            (Some(known), AgentEvent::Registered { registration, .. }) => {
                Some(Self { registration: registration.clone(), ..known })
            }
            (Some(known), AgentEvent::Ended(outcome)) => {
                Some(Self { stats: known.stats.after(*outcome), ..known })
            }
            (None, AgentEvent::Ended(_)) => None,
        }
    }
}
