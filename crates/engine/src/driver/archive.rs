//! What is kept of tasks beside their log: the words by which they are found. And how tasks and their content go for good.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::{Millis, Timestamp};
use divisi_store::limits::LIST_ROWS_MAX;
use divisi_store::{
    DocumentIndex, IndexKind, Maintenance, Order, Pruned, Reads, StoreError, TaskQuery, TaskRow,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::reading::{ReadError, read_state, read_task};
use crate::content::{ContentError, Contents};
use crate::core::TaskKey;
use crate::view::{entry_key, entry_keys, result_entry, submitted_entries};

/// Content that was referred to a moment ago may belong to a commit that is on its way.
const GRACE: Millis = Millis::from_mins(10);
/// Rows looked at between two questions whether to go on.
const PAGE_ROWS: u32 = 200;

/// What went wrong. The log is never touched by it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArchiveError {
    /// The store or the index failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Content is missing.
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// The store with its search index. Every order of steps here leaves something that the next start completes: words go
/// from the index before their task goes from the store, and a task is looked at again until its words are there.
pub struct Archive {
    store: Arc<dyn Maintenance>,
    index: Arc<dyn DocumentIndex>,
    /// One change at a time, so that nothing that is being erased is indexed again.
    turn: Mutex<()>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").finish_non_exhaustive()
    }
}

/// Why a task cannot run or end: what its log or its content is damaged by. `None`: nothing is wrong with it.
pub fn unreadable(reads: &dyn Reads, key: TaskKey) -> Result<Option<String>, StoreError> {
    if reads.task(key.workspace, key.task)?.is_none() {
        return Ok(None);
    }
    Ok(match read_task(reads, key) {
        Ok(Some(_)) => None,
        Ok(None) => Some("its log is empty".to_owned()),
        Err(ReadError::Store(error) | ReadError::Content(ContentError::Store(error)))
            if !error.is_damage() =>
        {
            return Err(error);
        }
        Err(error) => Some(error.to_string()),
    })
}

impl Archive {
    /// Over a store and the index beside it.
    pub fn new(store: Arc<dyn Maintenance>, index: Arc<dyn DocumentIndex>) -> Self {
        Self { store, index, turn: Mutex::default() }
    }

    /// The index.
    pub fn index(&self) -> &Arc<dyn DocumentIndex> {
        &self.index
    }

    fn reads(&self) -> &dyn Reads {
        self.store.as_ref()
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what of a task is not in the index yet; completes its erasure where that was begun.
    pub fn record(&self, key: TaskKey) -> Result<(), ArchiveError> {
        let Some(row) = self.store.task(key.workspace, key.task)? else { return Ok(()) };
        self.record_rows(key.workspace, &[row])
    }

    fn record_rows(&self, workspace: WorkspaceId, rows: &[TaskRow]) -> Result<(), ArchiveError> {
        let _turn = self.turn();
        let keys: Vec<_> = rows.iter().map(|row| TaskKey::new(workspace, row.task)).collect();
        let stamps = |kind| {
            let keys: Vec<_> = keys.iter().map(|key| entry_key(*key, kind)).collect();
            self.index.stamps(&keys)
        };
        let (words, results) = (stamps(IndexKind::Task)?, stamps(IndexKind::Result)?);
        for ((row, key), known) in rows.iter().zip(&keys).zip(words.into_iter().zip(results)) {
            match self.record_one(row, *key, known) {
                Err(ArchiveError::Store(error @ (StoreError::Broken { .. } | StoreError::Closed))) => {
                    return Err(error.into());
                }
                // A damaged task keeps no other from being found.
                Err(error) => tracing::warn!(task = %row.task, %error, "this task could not be indexed"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn record_one(
        &self,
        row: &TaskRow,
        key: TaskKey,
        (words, result): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<(), ArchiveError> {
        let ended = row.completed_at.filter(|_| !row.open);
        let erased = row.title.is_empty();
        let current = words.is_some() && (ended.is_none() || ended == result);
        if !erased && current {
            return Ok(());
        }
        let Some((task, _)) = read_state(self.reads(), key)? else { return Ok(()) };
        if task.erased {
            let left = self.store.blob(&key.stream(), &task.submission.crew_content)?.is_some();
            return if left || words.is_some() || result.is_some() {
                self.remove_content(key)
            } else {
                Ok(())
            };
        }
        let contents = Contents::of(self.reads(), key.stream());
        let mut entries = if words.is_none() { submitted_entries(&contents, &task)? } else { Vec::new() };
        entries.extend(result_entry(&contents, &task)?);
        Ok(self.index.put(entries)?)
    }

    /// Removes what a task says, for good; its events and numbers stay. Its log says already that this is wanted.
    pub fn erase(&self, key: TaskKey) -> Result<(), ArchiveError> {
        let _turn = self.turn();
        self.remove_content(key)
    }

    fn remove_content(&self, key: TaskKey) -> Result<(), ArchiveError> {
        let forgotten = self.forget(&[key]);
        self.store.erase_content(key.workspace, key.task)?;
        forgotten
    }

    fn forget(&self, tasks: &[TaskKey]) -> Result<(), ArchiveError> {
        self.index.delete(tasks.iter().flat_map(|key| entry_keys(*key)).collect())?;
        Ok(self.index.flush()?)
    }

    /// Deletes a finished task whole. `false`: there is none, or it has not ended.
    pub fn delete(&self, key: TaskKey) -> Result<bool, ArchiveError> {
        let _turn = self.turn();
        let row = self.store.task(key.workspace, key.task)?;
        if row.is_none_or(|row| row.open) {
            return Ok(false);
        }
        self.forget(&[key])?;
        Ok(self.store.delete_task(key.workspace, key.task)?)
    }

    /// Removes the files that deleted tasks and crashed commits left.
    pub fn collect(&self, now: Timestamp) -> Result<(), ArchiveError> {
        self.store.collect_blobs(now, GRACE)?;
        Ok(())
    }

    /// Deletes a task that cannot be read, and therefore never ends; with the reason. `None`: it can be read, or there is
    /// none.
    pub fn discard(&self, key: TaskKey) -> Result<Option<String>, ArchiveError> {
        let _turn = self.turn();
        let Some(why) = unreadable(self.reads(), key)? else { return Ok(None) };
        self.forget(&[key])?;
        Ok(self.store.discard_task(key.workspace, key.task)?.then_some(why))
    }

    /// Deletes the finished tasks whose last pass ended before `older_than`.
    pub fn prune(&self, workspace: WorkspaceId, older_than: Timestamp) -> Result<Pruned, ArchiveError> {
        let _turn = self.turn();
        self.pages(workspace, Order::Ascending, &|| true, |rows| {
            let old = |row: &&TaskRow| !row.open && row.completed_at.is_some_and(|at| at < older_than);
            let keys: Vec<_> = rows.iter().filter(old).map(|row| TaskKey::new(workspace, row.task)).collect();
            if keys.is_empty() { Ok(()) } else { self.forget(&keys) }
        })?;
        Ok(self.store.prune(workspace, older_than)?)
    }

    /// Brings the index up to what the store has, the newest task first, as long as `go_on` says so.
    pub fn catch_up(&self, workspace: WorkspaceId, go_on: &dyn Fn() -> bool) -> Result<(), ArchiveError> {
        self.pages(workspace, Order::Descending, go_on, |rows| self.record_rows(workspace, rows))
    }

    /// Empties the index and fills it again, the oldest task first. Says how many tasks there are.
    pub fn rebuild(&self) -> Result<u64, ArchiveError> {
        self.index.rebuild(&mut std::iter::empty())?;
        let mut tasks = 0;
        for workspace in self.store.workspaces()? {
            self.pages(workspace, Order::Ascending, &|| true, |rows| {
                tasks += rows.len() as u64;
                self.record_rows(workspace, rows)
            })?;
        }
        self.index.flush()?;
        Ok(tasks)
    }

    fn pages(
        &self,
        workspace: WorkspaceId,
        order: Order,
        go_on: &dyn Fn() -> bool,
        mut each: impl FnMut(&[TaskRow]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        const { assert!(PAGE_ROWS as usize <= LIST_ROWS_MAX, "a page is read at once") };
        let mut after = None;
        while go_on() {
            let query = TaskQuery { order, after, limit: PAGE_ROWS, ..TaskQuery::default() };
            let page = self.store.tasks(workspace, &query)?;
            let Some(last) = page.rows.last() else { return Ok(()) };
            after = Some(last.task);
            each(&page.rows)?;
        }
        Ok(())
    }

    /// Keeps the index up to date until `stop`. A failure is told to the log alone: the index is a cache, tasks go on.
    pub async fn follow(
        self: Arc<Self>,
        mut changes: Receiver<TaskKey>,
        stop: impl Future<Output = ()> + Send,
    ) {
        let stopping = Arc::new(AtomicBool::new(false));
        tokio::select! {
            () = self.keep_up(&mut changes, &stopping) => {}
            () = stop => {}
        }
        stopping.store(true, Ordering::Relaxed);
        // What was committed last is told already; what is missed here is found at the next start.
        while let Ok(key) = changes.try_recv() {
            self.in_background(move |archive| archive.record(key)).await;
        }
        self.in_background(|archive| {
            let _turn = archive.turn();
            Ok(archive.index.flush()?)
        })
        .await;
    }

    async fn keep_up(self: &Arc<Self>, changes: &mut Receiver<TaskKey>, stopping: &Arc<AtomicBool>) {
        loop {
            let asked = Arc::clone(stopping);
            self.in_background(move |archive| archive.catch_up_all(&|| !asked.load(Ordering::Relaxed))).await;
            loop {
                match changes.recv().await {
                    Ok(key) => self.in_background(move |archive| archive.record(key)).await,
                    // More happened than is remembered: all are looked at.
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }

    fn catch_up_all(&self, go_on: &dyn Fn() -> bool) -> Result<(), ArchiveError> {
        for workspace in self.store.workspaces()? {
            self.catch_up(workspace, go_on)?;
        }
        Ok(())
    }

    async fn in_background(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<(), ArchiveError> + Send + 'static,
    ) {
        let archive = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&archive)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the search index is behind; the next start completes it");
            }
            Err(error) => tracing::error!(%error, "indexing panicked"),
        }
    }
}
