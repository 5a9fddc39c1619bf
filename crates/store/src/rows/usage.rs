use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::money::{MicroUsd, Usage};
use divisi_domain::name::Name;
use divisi_domain::path::EffectPath;
use divisi_domain::time::Timestamp;

/// One wire attempt of a model call and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
    /// The effect.
    pub path: EffectPath,
    /// The try, from 1.
    pub attempt: u16,
    /// Who called.
    pub agent: Option<AgentId>,
    /// Number of the subtask it was for.
    pub subtask: Option<u16>,
    /// What for (analyse, review…).
    pub purpose: Name,
    /// The provider.
    pub provider: Name,
    /// The model.
    pub model: Name,
    /// Tokens.
    pub usage: Usage,
    /// What was settled.
    pub cost: MicroUsd,
    /// The provider gave no final usage: `usage` and `cost` are bounds.
    pub estimated: bool,
    /// The part of the cost beyond what was reserved: the model did not keep within the limits it was sent.
    pub excess: MicroUsd,
    /// Nobody was asked: the answer was kept from another task.
    pub from_cache: bool,
    /// When it was settled.
    pub at: Timestamp,
}
