//! The plan of a task with the state of each subtask.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a subtask stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubtaskStatus {
    /// Waits for its dependencies or its turn.
    Pending,
    /// An agent works on it.
    Running,
    /// The manager reviews its solution.
    InReview,
    /// Runs again after a review.
    Revising,
    /// Done.
    Accepted,
    /// Brought nothing in all its runs.
    Failed,
    /// Not done, since what it needs was not there.
    Skipped,
}

/// A subtask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubtaskView {
    /// Unique in the task.
    pub number: u16,
    /// One line.
    pub title: String,
    /// What to do.
    pub description: String,
    /// Agent type of the specialist.
    pub agent_type: String,
    /// The agent that works or worked on it last.
    pub agent: Option<String>,
    /// Where it stands.
    pub status: SubtaskStatus,
    /// The phase of the plan, from 0.
    pub phase: u16,
    /// Numbers of the subtasks it depends on.
    pub dependencies: Vec<u16>,
    /// Runs so far.
    pub runs: u32,
    /// Turn of the run that is on, from 1.
    pub turn: Option<u32>,
    /// What is being done now.
    pub activity: Option<String>,
    /// The last review, in hundredths of a point.
    pub score_hundredths: Option<u16>,
    /// Micro-USD spent on it.
    pub spent_micro_usd: u64,
    /// Estimated tokens.
    pub estimated_tokens: u64,
    /// Estimated seconds.
    pub estimated_seconds: u64,
    /// Estimated micro-USD.
    pub estimated_micro_usd: u64,
    /// When its first run began.
    #[serde(with = "crate::time::optional")]
    pub started_at: Option<Timestamp>,
    /// When it was settled.
    #[serde(with = "crate::time::optional")]
    pub completed_at: Option<Timestamp>,
}

/// `GET /tasks/{id}/plan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    /// The task.
    pub task_id: TaskId,
    /// By number; empty while there is no plan.
    pub subtasks: Vec<SubtaskView>,
    /// How many phases there are.
    pub phases: u16,
    /// Numbers on the longest path by estimated time.
    pub critical_path: Vec<u16>,
    /// The most that the rest of the task can cost while its providers answer, where that is known. Calls that fail for
    /// passing reasons begin anew as often as it takes: only a cap bounds those.
    pub worst_case_micro_usd: Option<u64>,
    /// Number of the approval that waits, where the plan waits for one.
    pub approval: Option<u32>,
    /// What an approval of this plan is bound to.
    pub digest: Option<String>,
    /// The plan as [`PlanEdit`] takes it back, where the plan waits for approval.
    pub draft: Option<Value>,
}

/// `PUT /tasks/{id}/plan`: a plan in the form in which the manager writes it, while the plan waits for approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanEdit(pub Value);
