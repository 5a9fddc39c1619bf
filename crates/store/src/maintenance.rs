//! What people and `doctor` do to a store: delete, prune, collect, verify, rebuild.

use divisi_domain::blob::BlobRef;
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::time::{Millis, Timestamp};

use crate::contract::Store;
use crate::error::Result;
use crate::rows::{AgentRow, ApprovalRow, ProjectionChange, SolutionRow, SubtaskRow, TaskRow, UsageRow};
use crate::stream::StreamRef;

/// What a prune removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Whole tasks.
    pub tasks: u64,
}

/// What a blob collection removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Files that no stream refers to.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// An event's checksum is wrong: its task is to be quarantined.
    Event {
        /// The stream.
        stream: StreamRef,
        /// The first event of the damaged record.
        seq: u64,
    },
    /// A stream's sequence has a gap.
    Gap {
        /// The stream.
        stream: StreamRef,
        /// The event that should have been there.
        seq: u64,
    },
    /// A blob is not what its name says, or its file is missing.
    Blob {
        /// The stream that refers to it.
        stream: StreamRef,
        /// The blob.
        blob: BlobRef,
    },
    /// A snapshot's checksum is wrong; harmless, it is not used.
    Snapshot {
        /// The stream.
        stream: StreamRef,
    },
    /// The database itself.
    Database {
        /// What its own check said.
        report: String,
    },
}

/// What a verification looked at and found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Streams read.
    pub streams: u64,
    /// Events whose checksum was computed.
    pub events: u64,
    /// Blobs hashed.
    pub blobs: u64,
    /// What is wrong; at most [`Verified::DAMAGE_MAX`] are listed.
    pub damage: Vec<Damage>,
}

impl Verified {
    /// Findings listed at most.
    pub const DAMAGE_MAX: usize = 1_000;

    /// Adds a finding while there is room.
    pub fn note(&mut self, damage: Damage) {
        if self.damage.len() < Self::DAMAGE_MAX {
            self.damage.push(damage);
        }
    }
}

/// All projection rows of one task, for comparing them with what a replay gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskProjection {
    /// The task's row.
    pub task: Option<TaskRow>,
    /// By number.
    pub subtasks: Vec<SubtaskRow>,
    /// By pass, kind, subtask, version.
    pub solutions: Vec<SolutionRow>,
    /// By path, then attempt.
    pub usage: Vec<UsageRow>,
    /// By number.
    pub approvals: Vec<ApprovalRow>,
}

impl TaskProjection {
    /// All rows, as changes.
    pub fn into_changes(self) -> Vec<ProjectionChange> {
        let mut changes: Vec<_> = self.task.into_iter().map(ProjectionChange::Task).collect();
        changes.extend(self.subtasks.into_iter().map(ProjectionChange::Subtask));
        changes.extend(self.solutions.into_iter().map(ProjectionChange::Solution));
        changes.extend(self.usage.into_iter().map(ProjectionChange::Usage));
        changes.extend(self.approvals.into_iter().map(ProjectionChange::Approval));
        changes
    }
}

/// How the names begin under which the attempts of a task hold slots and money.
pub fn holders_of(task: TaskId) -> String {
    format!("{task}/")
}

/// A store that can be tended. Calls block; changes are durable on return.
pub trait Maintenance: Store {
    /// Removes a task: events, rows, snapshot, references to content. `false`: unknown, or not finished (its row is open).
    fn delete_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool>;

    /// [`Self::delete_task`] whatever the row says: for a task whose log cannot be read, which therefore never ends. The
    /// slots that its attempts hold are freed; what they reserved of a budget counts as spent. `false`: unknown.
    fn discard_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool>;

    /// Deletes the workspace's finished tasks whose last pass ended before `older_than`.
    fn prune(&self, workspace: WorkspaceId, older_than: Timestamp) -> Result<Pruned>;

    /// Erases the content of a task (blobs, titles, snapshot) and keeps the skeleton: events and numbers. `false`: unknown.
    fn erase_content(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool>;

    /// Removes files that no stream refers to and that are older than `grace` at `now`: what deleted tasks and crashed
    /// commits left. The grace keeps files whose commit is still on its way.
    fn collect_blobs(&self, now: Timestamp, grace: Millis) -> Result<Collected>;

    /// Reads everything and checks every checksum. Slow; other work goes on.
    fn verify(&self) -> Result<Verified>;

    /// A task's rows as they are.
    fn projection(&self, workspace: WorkspaceId, task: TaskId) -> Result<TaskProjection>;

    /// Replaces all rows of a task by `rows`. `false`: the task is unknown.
    fn replace_projection(&self, workspace: WorkspaceId, task: TaskId, rows: TaskProjection) -> Result<bool>;

    /// Replaces an agent's row with its statistics. `false`: the agent has no event.
    fn replace_agent(&self, row: AgentRow) -> Result<bool>;
}
