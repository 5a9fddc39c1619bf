//! The two traits that the engine runs on.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;

use crate::answer::KeptAnswer;
use crate::batch::Batch;
use crate::blob::BlobKey;
use crate::budget::BudgetRow;
use crate::error::{Result, StoreError};
use crate::event::StoredEvent;
use crate::outcome::CommitOutcome;
use crate::query::{OpenTask, TaskPage, TaskQuery};
use crate::rows::{AgentRow, ApprovalRow, SolutionRow, SubtaskRow, TaskRow, UsageRow};
use crate::snapshot::Snapshot;
use crate::stream::StreamRef;

/// Called exactly once, when the batch is durable or is not. It runs on the store's writer: hand the answer on, do not work.
pub type Done = Box<dyn FnOnce(Result<CommitOutcome>) + Send>;

/// Blocking reads of committed data. Each sees one consistent state. What belongs to another workspace is not found:
/// `None` or empty, never an error.
pub trait Reads: Send + Sync {
    /// All workspaces of the folder, in order of their ids.
    fn workspaces(&self) -> Result<Vec<WorkspaceId>>;

    /// The key for [`crate::blob_ref`]; `None` for a workspace that was never opened.
    fn blob_key(&self, workspace: WorkspaceId) -> Result<Option<BlobKey>>;

    /// When the latest event was appended or the latest heartbeat was left, whichever is later.
    fn last_seen(&self) -> Result<Option<Timestamp>>;

    /// Events with `seq > after`, in order, at most `limit` and at most [`crate::limits::READ_EVENTS_MAX`].
    /// Fails with [`StoreError::Corrupt`] where a checksum is wrong or an event is missing, this
    /// stream alone.
    fn events(&self, stream: &StreamRef, after: u64, limit: usize) -> Result<Vec<StoredEvent>>;

    /// The last sequence number, 0 for a stream that recorded only inputs; `None` for an unknown one.
    fn last_seq(&self, stream: &StreamRef) -> Result<Option<u64>>;

    /// Tasks of all workspaces with an open row, by priority (larger first), then in order of their first commit. For the
    /// next page pass the last one of this; at most [`crate::limits::LIST_ROWS_MAX`] a page.
    fn open_tasks(&self, after: Option<&OpenTask>, limit: usize) -> Result<Vec<OpenTask>>;

    /// How many tasks of all workspaces have an open row and wait for none of `resting` (codes of
    /// [`crate::Waiting::kind`]).
    fn open_count(&self, resting: &[u8]) -> Result<u64>;

    /// One task's row.
    fn task(&self, workspace: WorkspaceId, task: TaskId) -> Result<Option<TaskRow>>;

    /// A page of tasks.
    fn tasks(&self, workspace: WorkspaceId, query: &TaskQuery) -> Result<TaskPage>;

    /// A task's subtasks, by number.
    fn subtasks(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SubtaskRow>>;

    /// A task's solutions, by pass, kind, subtask, version.
    fn solutions(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SolutionRow>>;

    /// A task's model calls, by path, then attempt.
    fn usage(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<UsageRow>>;

    /// The models, by provider and name, that a call of any workspace's was charged more for since `since` than was reserved.
    fn exceeded(&self, since: Timestamp) -> Result<Vec<(Name, Name)>>;

    /// A task's approvals, by number.
    fn approvals(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<ApprovalRow>>;

    /// The workspace's inbox: open approvals, oldest first, at most [`crate::limits::LIST_ROWS_MAX`].
    fn open_approvals(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ApprovalRow>>;

    /// The workspace's agents, in order of registration, then id.
    fn agents(&self, workspace: WorkspaceId) -> Result<Vec<AgentRow>>;

    /// The holders of an agent's slots, sorted.
    fn leases(&self, workspace: WorkspaceId, agent: AgentId) -> Result<Vec<String>>;

    /// The account of a capped workspace.
    fn budget(&self, workspace: WorkspaceId) -> Result<Option<BudgetRow>>;

    /// Content that `stream` refers to, checked against its name. `None`: the stream has no such blob (any more).
    fn blob(&self, stream: &StreamRef, blob: &BlobRef) -> Result<Option<Arc<[u8]>>>;

    /// The answer that is kept for a request, where it has not expired at `now`. Its content is read like any other of
    /// its stream.
    fn kept_answer(
        &self,
        workspace: WorkspaceId,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>>;

    /// The stream's snapshot, if it is of exactly these versions and whole.
    fn snapshot(&self, stream: &StreamRef, rules: u32, state_version: u16) -> Result<Option<Snapshot>>;
}

/// A store that one process owns.
pub trait Store: Reads {
    /// Commits `batch`, all or nothing, and then calls `done`. Batches are applied and answered in the order of the calls; one that
    /// breaks the contract is answered at once.
    ///
    /// Blocks while the store's bounded queue is full (back-pressure) and while blobs over
    /// [`crate::limits::BLOB_INLINE_BYTES_MAX`] are written and synced, so that they never stall the writer.
    fn commit(&self, batch: Arc<Batch>, done: Done);

    /// Makes `workspace` known, with `fresh` (random bytes of the caller) as its key unless it has one. Durable on return.
    /// Gives the key that counts. A commit for a workspace that was never opened is [`StoreError::Invalid`].
    fn open_workspace(&self, workspace: WorkspaceId, fresh: BlobKey) -> Result<BlobKey>;

    /// Leaves a sign of life for [`Reads::last_seen`]; need not be synced at once.
    fn heartbeat(&self, at: Timestamp) -> Result<()>;
}

/// [`Store::commit`] for callers that may block: tests, the CLI, maintenance.
pub fn commit_blocking(store: &dyn Store, batch: impl Into<Arc<Batch>>) -> Result<CommitOutcome> {
    let (answer, wait) = sync_channel(1);
    store.commit(
        batch.into(),
        Box::new(move |outcome| {
            let _ = answer.send(outcome);
        }),
    );
    wait.recv().unwrap_or(Err(StoreError::Closed))
}
