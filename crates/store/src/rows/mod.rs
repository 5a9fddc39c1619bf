//! Projection rows: tables derived from events, written in the batch of those events, rebuildable from them.
//! Numbers called codes are the domain's; the store keeps and filters them, and does not know what they mean.

mod agent;
mod approval;
mod solution;
mod subtask;
mod task;
mod usage;

pub use agent::{AgentOutcome, AgentRow};
pub use approval::{ApprovalRow, ApprovalState};
pub use solution::{SolutionKind, SolutionRow};
pub use subtask::SubtaskRow;
pub use task::{Completion, TaskRow, Waiting};
pub use usage::UsageRow;

use divisi_domain::id::{TaskId, WorkspaceId};

/// A row to be inserted or replaced, by its key. The task of a row has events already or gets them in the same batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectionChange {
    /// Key: task.
    Task(TaskRow),
    /// Key: task, number.
    Subtask(SubtaskRow),
    /// Key: task, kind, subtask, version, pass.
    Solution(SolutionRow),
    /// Key: task, path, attempt.
    Usage(UsageRow),
    /// Key: task, number.
    Approval(ApprovalRow),
    /// Key: agent. Where the row is there, all but its statistics is replaced.
    Agent(AgentRow),
    /// Moves the statistics of an agent's row that is there or comes earlier in the batch. May come more than once for an agent.
    AgentOutcome(AgentOutcome),
}

impl ProjectionChange {
    /// The tenant of the row.
    pub const fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Task(row) => row.workspace,
            Self::Subtask(row) => row.workspace,
            Self::Solution(row) => row.workspace,
            Self::Usage(row) => row.workspace,
            Self::Approval(row) => row.workspace,
            Self::Agent(row) => row.workspace,
            Self::AgentOutcome(row) => row.workspace,
        }
    }
    /// The task of the row; `None` for an agent's.
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task(row) => Some(row.task),
            Self::Subtask(row) => Some(row.task),
            Self::Solution(row) => Some(row.task),
            Self::Usage(row) => Some(row.task),
            Self::Approval(row) => Some(row.task),
            Self::Agent(_) | Self::AgentOutcome(_) => None,
        }
    }
}
