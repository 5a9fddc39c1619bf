//! What a task used and what it cost.

use divisi_domain::id::TaskId;
use serde::{Deserialize, Serialize};

/// Sums over calls of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsageLine {
    /// Of what: an agent, a subtask, a pass, a model.
    pub key: String,
    /// Attempts that went out.
    pub calls: u64,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// The part of the tokens in that providers read from their own caches.
    #[serde(default)]
    pub cache_read_tokens: u64,
    /// The part of the tokens in that providers wrote to their own caches.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// Micro-USD.
    pub cost_micro_usd: u64,
    /// How many of the calls are estimates.
    pub estimated_calls: u64,
    /// How many of the calls asked nobody: their answers were kept from other tasks, and cost nothing.
    #[serde(default)]
    pub cached_calls: u64,
}

/// `GET /tasks/{id}/usage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageView {
    /// The task.
    pub task_id: TaskId,
    /// Everything.
    pub total: UsageLine,
    /// The part of the cost beyond what was reserved, in micro-USD: providers did not keep within the limits they were
    /// sent.
    pub excess_micro_usd: u64,
    /// By purpose.
    pub purposes: Vec<UsageLine>,
    /// By agent.
    pub agents: Vec<UsageLine>,
    /// By subtask.
    pub subtasks: Vec<UsageLine>,
    /// By revision: `pass1` is the first.
    pub revisions: Vec<UsageLine>,
    /// By provider and model.
    pub models: Vec<UsageLine>,
}
