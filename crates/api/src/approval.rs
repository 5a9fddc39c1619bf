//! Questions to people.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::PlanView;

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

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// Nobody answered.
    Open,
    /// It may happen as it is.
    Approved,
    /// It may not happen.
    Rejected,
    /// Something else happens instead.
    Edited,
    /// No answer is needed any more: the task ended, or what was asked about is no more.
    Withdrawn,
}

/// What exactly is asked about: the thing that the digest is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Asked {
    /// A plan.
    Plan {
        /// As the manager or a person wrote it, with all its texts; the form that `PUT /tasks/{id}/plan` takes.
        written: Value,
        /// With phases and costs, where it is the present plan.
        plan: Option<Box<PlanView>>,
    },
    /// A tool call with side effects.
    ToolCall(AskedCall),
    /// A draft of the report.
    Publication {
        /// The draft in the form that the decision `edit` takes.
        report: Value,
        /// The draft for people.
        markdown: String,
        /// Whether the final review approved it; absent where there is no review of it.
        final_review: Option<bool>,
    },
    /// Something that cannot be shown.
    Lost {
        /// Why.
        sentence: String,
    },
}

/// A tool call as its agent asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskedCall {
    /// The effect.
    pub effect_id: String,
    /// Number of the subtask.
    pub subtask: u16,
    /// Title of the subtask.
    pub subtask_title: String,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Where it stands.
    pub state: ApprovalStatus,
    /// What exactly is asked about. A list leaves it out of settled questions, and of open ones beyond its limit:
    /// `GET /approvals/{id}` always has it.
    #[serde(default)]
    pub asked: Option<Asked>,
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
    pub state: ApprovalStatus,
}

/// What a person says about a tool call that was interrupted and may or may not have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionWord {
    /// It did not happen, or may happen twice: make the call again.
    Retry,
    /// It happened, and this is its result.
    Enter,
    /// Go on without a result.
    Skip,
    /// Give up the run that needs it.
    Fail,
}

/// `POST /tasks/{id}/resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// The call, as the task's `unknown_calls` name it.
    pub effect_id: String,
    /// What to do.
    pub resolution: ResolutionWord,
    /// The result, for `enter`: 1 to 10,000 characters.
    #[serde(default)]
    pub result: Option<String>,
}

/// A tool call that was interrupted and may or may not have happened: a person says which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnknownCallView {
    /// The effect: what `POST /tasks/{id}/resolve` names.
    pub effect_id: String,
    /// Number of the subtask.
    pub subtask: u16,
    /// The call; absent where its content is lost.
    pub call: Option<AskedCall>,
    /// Since when nobody knows.
    #[serde(with = "crate::time::rfc3339")]
    pub since: Timestamp,
}
