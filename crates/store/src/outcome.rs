//! Answers of a commit.

use divisi_domain::id::{AgentId, InputId, WorkspaceId};

use crate::event::StoredEvent;
use crate::stream::StreamRef;

/// What became of a batch. In all three cases the store works; see [`crate::StoreError`] for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Durable. `seqs[i]` is the last sequence number of `appends[i].stream`.
    Committed {
        /// One per append, in order.
        seqs: Vec<u64>,
    },
    /// An input of the batch was recorded before: nothing was written now. `first[i]` belongs to `appends[i]`.
    AlreadyCommitted {
        /// One per append, in order.
        first: Vec<FirstOutcome>,
    },
    /// A condition of the batch did not hold: nothing was written, no input either.
    Refused(Refusal),
}

/// What the first commit of an append's inputs wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstOutcome {
    /// The stream.
    pub stream: StreamRef,
    /// Those of the append's inputs that are recorded. Where some are missing, commit again without these.
    pub recorded: Vec<InputId>,
    /// The stream's last sequence number right after the latest of those commits; without any, its last one now.
    pub last_seq: u64,
    /// The events that were written for the recorded inputs, in order.
    pub events: Vec<StoredEvent>,
}

/// The first condition that did not hold, in the order versions, leases, reservations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The stream moved on.
    VersionConflict {
        /// The stream.
        stream: StreamRef,
        /// Its last sequence number.
        actual: u64,
    },
    /// Every slot of the agent is taken.
    LeaseUnavailable {
        /// The agent.
        agent: AgentId,
    },
    /// The workspace's cap does not allow the amount.
    ReservationRefused {
        /// The workspace.
        workspace: WorkspaceId,
    },
}
