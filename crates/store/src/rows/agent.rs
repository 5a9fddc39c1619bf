use divisi_domain::id::{AgentId, WorkspaceId};
use divisi_domain::name::Name;

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
    /// Code of the status (idle, busy, error, maintenance).
    pub status: u8,
    /// Attempts that ended.
    pub completed: u64,
    /// Success rate in thousandths, moving average.
    pub success_milli: u16,
    /// Response time in milliseconds, moving average.
    pub avg_ms: u32,
    /// Position in order of registration: breaks ties.
    pub registered: u32,
}
