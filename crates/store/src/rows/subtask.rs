use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;

/// A subtask as the graph shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtaskRow {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
    /// Number within the task; never reused.
    pub number: u16,
    /// Preview text; erased with the content.
    pub title: String,
    /// The kind of worker it needs.
    pub agent_type: Name,
    /// Who works on it.
    pub agent: Option<AgentId>,
    /// Code of the status.
    pub status: u8,
    /// Score of the last review, in hundredths of a point.
    pub score_hundredths: Option<u16>,
    /// Runs so far, the first included.
    pub cycles: u8,
    /// Phase of the plan, from 0.
    pub phase: u16,
    /// When its first run began.
    pub started_at: Option<Timestamp>,
    /// When it was accepted, skipped, finally failed or replaced with its plan.
    pub completed_at: Option<Timestamp>,
}
