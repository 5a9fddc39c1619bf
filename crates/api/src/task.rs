//! Tasks: what is submitted, and how a task is shown.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::approval::UnknownCallView;
use crate::attachment::Attachment;

/// How urgent a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// After the others.
    Low,
    /// The usual.
    #[default]
    Medium,
    /// Before the others.
    High,
    /// Before all others.
    Urgent,
}

impl Priority {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

/// How much people are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing.
    FullAutonomous,
    /// The plan.
    Assisted,
    /// The plan, tool calls with side effects, and publication.
    Manual,
    /// What the crew's automation rules say.
    Hybrid,
}

/// What the user knows about a task besides its description.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    /// The field it belongs to.
    pub domain: Option<String>,
    /// Wall time after which the result is not wanted any more.
    #[serde(with = "crate::time::optional")]
    pub deadline: Option<Timestamp>,
    /// The same as a span in milliseconds from when the task is accepted, by the clock of whoever runs it: at most
    /// [`crate::limits::TIMEOUT_MS_MAX`], and not beside `deadline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// What to keep to.
    pub constraints: Vec<String>,
}

/// A spending cap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// US dollars for the whole task.
    pub max_usd: f64,
}

/// `POST /tasks`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTask {
    /// 1–500 characters; derived from the description where none is given.
    #[serde(default)]
    pub title: Option<String>,
    /// 20–10,000 characters; from 1 where no title is given.
    pub description: String,
    /// How urgent.
    #[serde(default)]
    pub priority: Priority,
    /// What else is known.
    #[serde(default)]
    pub context: Context,
    /// Files.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Name of a crew of the server; `research` where none is given.
    #[serde(default)]
    pub crew: Option<String>,
    /// The text of a crew file, instead of a name.
    #[serde(default)]
    pub crew_file: Option<String>,
    /// The model for every call, as `provider/model`; the crew's own, else the usual ones, where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The provider of that model; its usual model where no model is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What matters most when models are chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// How much people are asked; the crew's or the workspace's mode where none is given.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// A cap on spending; none where none is given.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Stop for approval of the plan whatever the mode says.
    #[serde(default)]
    pub plan_only: bool,
}

/// What matters most when models are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The best answer.
    Best,
    /// The lowest cost.
    Cheap,
    /// That nothing leaves the machine.
    Local,
}

/// The answer to [`CreateTask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The task.
    pub task_id: TaskId,
    /// Where it stands.
    pub status: TaskStatus,
    /// When it was accepted.
    #[serde(with = "crate::time::rfc3339")]
    pub created_at: Timestamp,
    /// When it may be done; absent where nothing is known.
    #[serde(with = "crate::time::optional")]
    pub estimated_completion: Option<Timestamp>,
}

/// The coarse public state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not begun.
    Pending,
    /// Analysis, selection, plan or first work.
    InProgress,
    /// A person is asked.
    AwaitingApproval,
    /// The manager reviews.
    ManagerReview,
    /// A revision was asked for.
    RevisionPending,
    /// Work is done again.
    RevisionInProgress,
    /// Findings are collected.
    Coordination,
    /// The report is written.
    Synthesis,
    /// Ended with a result.
    Completed,
    /// Ended without one.
    Failed,
    /// Ended by a person.
    Cancelled,
}

impl TaskStatus {
    /// All, in the order of the workflow.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::InProgress,
        Self::AwaitingApproval,
        Self::ManagerReview,
        Self::RevisionPending,
        Self::RevisionInProgress,
        Self::Coordination,
        Self::Synthesis,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::AwaitingApproval => "awaiting_approval",
            Self::ManagerReview => "manager_review",
            Self::RevisionPending => "revision_pending",
            Self::RevisionInProgress => "revision_in_progress",
            Self::Coordination => "coordination",
            Self::Synthesis => "synthesis",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// From the word on the wire.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether a pass has ended.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// How complete a completed task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// Everything that was planned.
    Full,
    /// With gaps that are named.
    Partial,
}

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitKind {
    /// A running slot or a free agent.
    Queued,
    /// `resume`.
    Parked,
    /// A person's decision.
    Approval,
    /// A higher cap.
    Budget,
    /// Room in a provider's or the workspace's limit.
    Quota,
    /// A provider that answers.
    Provider,
    /// A store that takes commits.
    Store,
    /// A person's word on whether something happened.
    OutcomeUnknown,
}

/// A wait with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// For what.
    pub kind: WaitKind,
    /// Since when.
    #[serde(with = "crate::time::rfc3339")]
    pub since: Timestamp,
    /// A sentence that says what to do.
    pub detail: String,
}

/// A task in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSummary {
    /// The task.
    pub task_id: TaskId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// 0 to 100.
    pub progress: u8,
    /// How urgent.
    pub priority: Priority,
    /// Name of its crew.
    pub crew: String,
    /// Of a completed task.
    pub completion: Option<Completion>,
    /// What it waits for, where it waits.
    pub waiting_for: Option<WaitKind>,
    /// Code of a failure.
    pub reason: Option<String>,
    /// Micro-USD spent so far.
    pub spent_micro_usd: u64,
    /// When it was submitted.
    #[serde(with = "crate::time::rfc3339")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(with = "crate::time::rfc3339")]
    pub updated_at: Timestamp,
    /// When its last pass ended.
    #[serde(with = "crate::time::optional")]
    pub completed_at: Option<Timestamp>,
}

/// Where in a list a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// From 1.
    pub page: u32,
    /// Rows of a page.
    pub limit: u32,
    /// Tasks that match.
    pub total: u64,
    /// Pages there are.
    pub pages: u64,
    /// Whether `total` is all; otherwise there are more.
    pub total_exact: bool,
}

/// `GET /tasks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskList {
    /// The page's rows.
    pub tasks: Vec<TaskSummary>,
    /// Where they are.
    pub pagination: Page,
    /// For the next page without counting; absent on the last.
    pub cursor: Option<TaskId>,
}

/// `GET /tasks/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskView {
    /// The task.
    pub task_id: TaskId,
    /// Its title.
    pub title: String,
    /// The question or order.
    pub description: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// The finer stage.
    pub current_stage: String,
    /// The state of the workflow, as in the documentation.
    pub state: String,
    /// 0 to 100.
    pub progress: u8,
    /// How urgent.
    pub priority: Priority,
    /// How much people are asked.
    pub mode: Mode,
    /// Name of its crew.
    pub crew: String,
    /// Version of the crew that is pinned.
    pub crew_version: String,
    /// Digest of the crew that is pinned.
    pub crew_digest: String,
    /// The attached files.
    pub attachments: Vec<AttachmentView>,
    /// What it waits for, where it waits.
    pub waiting_for: Option<Waiting>,
    /// Tool calls that were interrupted and may or may not have happened: `POST /tasks/{id}/resolve` says which.
    pub unknown_calls: Vec<UnknownCallView>,
    /// What of it cannot be read, as sentences.
    pub problems: Vec<String>,
    /// Of a completed task.
    pub completion: Option<Completion>,
    /// Of a completed task: whether the final review approved.
    pub approved: Option<bool>,
    /// What a partial result lacks, as sentences.
    pub missing: Vec<String>,
    /// Code of a failure.
    pub reason: Option<String>,
    /// The failure as a sentence.
    pub reason_detail: Option<String>,
    /// Counts from 1; `revise` and `resume` open the next.
    pub pass: u16,
    /// The spending cap, in micro-USD.
    pub cap_micro_usd: Option<u64>,
    /// Spent so far, in micro-USD.
    pub spent_micro_usd: u64,
    /// The part of what was spent that is an estimate: the whole reservation of calls without final usage.
    pub estimated_micro_usd: u64,
    /// The part of what was spent beyond the reservations: providers did not keep within the limits they were sent.
    pub excess_micro_usd: u64,
    /// Reserved by calls that run, in micro-USD.
    pub reserved_micro_usd: u64,
    /// Model calls so far.
    pub model_calls: u64,
    /// How many of them asked nobody: their answers were kept from other tasks, and cost nothing.
    #[serde(default)]
    pub cached_calls: u64,
    /// When it was submitted.
    #[serde(with = "crate::time::rfc3339")]
    pub created_at: Timestamp,
    /// When its last event was recorded.
    #[serde(with = "crate::time::rfc3339")]
    pub updated_at: Timestamp,
    /// When its last pass ended.
    #[serde(with = "crate::time::optional")]
    pub completed_at: Option<Timestamp>,
    /// Number of its last event.
    pub last_seq: u64,
    /// The last rating, 1 to 5.
    pub rating: Option<u8>,
    /// Whether its content was erased: what is left are events and numbers.
    pub erased: bool,
}

/// An attached file as a task shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentView {
    /// Its name.
    pub file: String,
    /// By which citations name it: `D1`, `D2`, …
    pub source: String,
    /// Why it could not be read.
    pub unreadable: Option<String>,
}

/// `POST /tasks/{id}/revise`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revise {
    /// What is to be changed.
    pub revision_request: String,
    /// Parts of the result it is about; empty means all.
    #[serde(default)]
    pub specific_areas: Vec<String>,
    /// How urgent.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// What is done again.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Numbers of subtasks, for the scope `specific_subtasks`.
    #[serde(default)]
    pub subtasks: Vec<u16>,
}

/// What a revision does again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// From the analysis on.
    FullTask,
    /// Some subtasks and what follows from them.
    SpecificSubtasks,
    /// The report alone.
    FinalAnswer,
}

/// The answer to [`Revise`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revised {
    /// The task.
    pub task_id: TaskId,
    /// `rev_` with task and pass.
    pub revision_id: String,
    /// `revision_pending`.
    pub status: TaskStatus,
    /// When it may be done; absent where nothing is known.
    #[serde(with = "crate::time::optional")]
    pub estimated_completion: Option<Timestamp>,
}

/// The answer to `POST /tasks/{id}/resume` and to `POST /tasks/{id}/park`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The task.
    pub task_id: TaskId,
    /// Where it stands now.
    pub status: TaskStatus,
}

/// `POST /tasks/{id}/rating`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// 1 to 5.
    pub rating: u8,
    /// Whether the result was of use; from 3 on where nothing is said.
    #[serde(default)]
    pub was_useful: Option<bool>,
    /// Why.
    #[serde(default)]
    pub comments: Option<String>,
    /// What had to be changed before it could be used.
    #[serde(default)]
    pub modifications: Option<String>,
}

/// The answer to [`Rate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rated {
    /// The task.
    pub task_id: TaskId,
    /// As it was given.
    pub rating: u8,
    /// As it counts.
    pub was_useful: bool,
}

/// The answer to `DELETE /tasks/{id}?erase=true`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// The task.
    pub task_id: TaskId,
    /// Where it stands; that does not change.
    pub status: TaskStatus,
    /// What happened.
    pub message: String,
}

/// The answer to `DELETE /tasks/{id}?remove=true`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The task that was there.
    pub task_id: TaskId,
    /// What happened.
    pub message: String,
}

/// The answer to `DELETE /tasks/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The task.
    pub task_id: TaskId,
    /// `cancelled`.
    pub status: TaskStatus,
    /// What happened.
    pub message: String,
}
