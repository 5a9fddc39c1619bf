//! A registered worker, as the scheduler sees it.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::score::{Score, score};
use crate::id::AgentId;
use crate::name::Name;
use crate::stats::AgentStats;

/// Whether an agent may be given work at all; set by people and by failures, not by load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Health {
    /// It may.
    #[default]
    #[n(0)]
    Available,
    /// It failed in a way of its own.
    #[n(1)]
    Error,
    /// A person took it out.
    #[n(2)]
    Maintenance,
}

/// What people see of health and load together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing to do.
    Idle,
    /// At work.
    Busy,
    /// It failed in a way of its own.
    Error,
    /// A person took it out.
    Maintenance,
}

impl Status {
    /// The name in API and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Error => "error",
            Self::Maintenance => "maintenance",
        }
    }
}

/// What a worker says of itself when it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Registration {
    /// The worker.
    #[n(0)]
    pub id: AgentId,
    /// Its kind.
    #[n(1)]
    pub agent_type: Name,
    /// What it can do.
    #[n(2)]
    pub capabilities: BTreeSet<Name>,
    /// Attempts that it can run at once; at least one.
    #[n(3)]
    pub slots: u16,
}

/// What a subtask asks of its agent. Both given: both must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// A kind of worker.
    pub agent_type: Option<Name>,
    /// Something that it can do.
    pub capability: Option<Name>,
}

/// A registered worker. Its load is the number of attempts that run on it (leases in the store).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// As registered.
    pub registration: Registration,
    /// Whether it may be given work.
    pub health: Health,
    /// Slots in use.
    pub load: u16,
    /// How it did so far.
    pub stats: AgentStats,
}

impl Agent {
    /// What people see.
    pub const fn status(&self) -> Status {
        match self.health {
            Health::Error => Status::Error,
            Health::Maintenance => Status::Maintenance,
            Health::Available if self.load == 0 => Status::Idle,
            Health::Available => Status::Busy,
        }
    }

    /// Lower wins.
    pub fn score(&self) -> Score {
        score(self.load, self.registration.slots, &self.stats)
    }

    /// Whether it could be given an attempt now.
    pub const fn free(&self) -> bool {
        matches!(self.health, Health::Available) && self.load < self.registration.slots
    }

    /// Whether it is what a subtask asks for, free or not.
    pub fn fits(&self, wanted: &Wanted) -> bool {
        let own = &self.registration;
        wanted.agent_type.as_ref().is_none_or(|kind| *kind == own.agent_type)
            && wanted.capability.as_ref().is_none_or(|one| own.capabilities.contains(one))
    }
}
