use divisi_domain::id::{AgentId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::stats::{AgentStats, Outcome};

/// A registered worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The agent.
    pub agent: AgentId,
    /// Its kind.
    pub agent_type: Name,
    /// What it can do, sorted by the caller.
    pub capabilities: Vec<Name>,
    /// Attempts it may run at once.
    pub slots: u32,
    /// Code of its health: 1 available, 2 error, 3 maintenance. Whether it is busy is told by its leases.
    pub status: u8,
    /// How it did so far, exactly: what its stream gives. A row that is there keeps its own; only [`AgentOutcome`] moves
    /// them.
    pub stats: AgentStats,
    /// Position in order of registration: breaks ties.
    pub registered: u32,
}

/// How a run of an agent ended: moves the statistics of its row by the rule of [`AgentStats::after`], in the order of
/// commits, which is that of the agent's stream. Without a row nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentOutcome {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The agent.
    pub agent: AgentId,
    /// How.
    pub outcome: Outcome,
}
