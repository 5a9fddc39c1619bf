//! Agents.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `GET /agents/status`, one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// The agent.
    pub agent_id: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub agent_type: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// `idle`, `busy`, `error` or `maintenance`.
    pub status: String,
    /// Attempts that run.
    pub current_tasks: u32,
    /// Attempts that may run at once.
    pub max_concurrent_tasks: u32,
    /// Attempts that ended.
    pub completed: u64,
    /// Success rate in thousandths; absent while nothing ended.
    pub success_milli: Option<u16>,
    /// Mean response time in milliseconds; absent while nothing ended.
    pub avg_response_ms: Option<u32>,
}

/// `GET /tasks/{id}/agents`, one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskAgent {
    /// The agent.
    pub agent_id: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub agent_type: String,
    /// Subtasks it works or worked on.
    pub subtasks: Vec<u16>,
    /// What it did, oldest first.
    pub activities: Vec<Activity>,
}

/// One thing that an agent did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// When.
    #[serde(with = "crate::time::rfc3339")]
    pub timestamp: Timestamp,
    /// A code.
    pub action: String,
    /// For people.
    pub description: String,
}

/// A list of agents of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskAgents {
    /// The task.
    pub task_id: TaskId,
    /// In the order in which they came in.
    pub agents: Vec<TaskAgent>,
}
