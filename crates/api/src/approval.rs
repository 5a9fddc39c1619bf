//! Questions to people.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// The plan.
    Plan,
    /// A tool call with side effects.
    Tool,
    /// The result, before it is published.
    Publication,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalView {
    /// `task_….N`: the task and the number of the question.
    pub approval_id: String,
    /// The task.
    pub task_id: TaskId,
    /// Number in the task.
    pub number: u32,
    /// What is asked about.
    pub kind: ApprovalKind,
    /// The title of the task.
    pub title: String,
    /// What an answer is bound to.
    pub digest: String,
    /// `open`, `approved`, `rejected`, `edited` or `withdrawn`.
    pub state: String,
    /// When it was asked.
    #[serde(with = "crate::time::rfc3339")]
    pub asked_at: Timestamp,
    /// When it was settled.
    #[serde(with = "crate::time::optional")]
    pub decided_at: Option<Timestamp>,
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionWord {
    /// Do it.
    Approve,
    /// Do not.
    Reject,
    /// Do this instead.
    Edit,
}

/// `POST /approvals/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The decision.
    pub decision: DecisionWord,
    /// The digest of what the person saw.
    pub digest: String,
    /// What is to happen instead, for `edit`.
    #[serde(default)]
    pub edited: Option<Value>,
    /// A word to the manager.
    #[serde(default)]
    pub comment: Option<String>,
}

/// The answer to [`Decide`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The question.
    pub approval_id: String,
    /// Where it stands now.
    pub state: String,
}
