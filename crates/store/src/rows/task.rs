use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;

/// How complete a completed task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completion {
    /// Everything that was planned.
    Full,
    /// With gaps that the result names.
    Partial,
}

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// Code of the kind (queued, parked, approval…).
    pub kind: u8,
    /// Since when.
    pub since: Timestamp,
}

/// A task as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
    /// Preview text; erased with the content. At most [`crate::limits::TITLE_BYTES_MAX`].
    pub title: String,
    /// Code of the state; stage and status follow from it.
    pub state: u8,
    /// Code of the priority; a larger one runs earlier.
    pub priority: u8,
    /// Code of the mode.
    pub mode: u8,
    /// The crew's name.
    pub crew: Name,
    /// 0 to 100.
    pub progress: u8,
    /// When it was submitted; never changes.
    pub created_at: Timestamp,
    /// When this row last changed.
    pub updated_at: Timestamp,
    /// When its last pass ended.
    pub completed_at: Option<Timestamp>,
    /// Of a completed task.
    pub completion: Option<Completion>,
    /// Of a task that waits.
    pub waiting: Option<Waiting>,
    /// Code word of a failure or a cancellation.
    pub reason: Option<Name>,
    /// Its spending cap.
    pub cap: Option<MicroUsd>,
    /// Settled so far.
    pub spent: MicroUsd,
    /// Held by running attempts.
    pub reserved: MicroUsd,
    /// The pass, from 1.
    pub pass: u16,
    /// Not in a terminal state: to be recovered at start.
    pub open: bool,
    /// The last event that is in this row.
    pub last_seq: u64,
}
