//! A store in memory: plain maps behind one lock, no thread, so that simulations are deterministic. It keeps the whole
//! contract except durability, and passes the conformance suite.

mod commit;
mod lists;
mod maintenance;
mod reads;
mod rows;
mod shelf;

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::time::Timestamp;
use parking_lot::Mutex;

use crate::answer::KeptAnswer;
use crate::batch::Batch;
use crate::blob::BlobKey;
use crate::budget::Accounts;
use crate::contract::{Done, Store};
use crate::error::{Result, StoreError};
use crate::lease::Slots;
use crate::rows::AgentRow;
use crate::stream::StreamRef;
use rows::TaskRows;
use shelf::Shelf;

/// The store in memory. `commit` calls `done` before it returns.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: BTreeMap<WorkspaceId, BlobKey>,
    shelves: BTreeMap<StreamRef, Shelf>,
    rows: BTreeMap<StreamRef, TaskRows>,
    agents: BTreeMap<(WorkspaceId, AgentId), AgentRow>,
    answers: BTreeMap<(WorkspaceId, Digest), KeptAnswer>,
    slots: Slots,
    accounts: Accounts,
    heartbeat: Option<Timestamp>,
    /// Counts streams and records, in order of their commits.
    clock: u64,
    /// The answer to batches that are not essential, of one task or of all.
    failing: Option<(StoreError, Option<TaskId>)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on the store is as one on a full disk, or no longer: only essential batches are taken.
    pub fn set_full(&self, full: bool) {
        self.state.lock().failing = full.then_some((StoreError::Full, None));
    }

    /// From now on batches of one task, or of all, that are not essential are answered with this error and not saved;
    /// `None` for no longer.
    pub fn set_failing(&self, error: Option<StoreError>, task: Option<TaskId>) {
        self.state.lock().failing = error.map(|error| (error, task));
    }

    /// Changes a stored event's body behind the checksum's back, so that tests can see what a reader does then.
    /// `false`: no such event.
    pub fn damage_event(&self, stream: &StreamRef, seq: u64) -> bool {
        self.state.lock().shelves.get_mut(stream).is_some_and(|shelf| shelf.damage(seq))
    }

    /// As [`Self::damage_event`], for content.
    pub fn damage_blob(&self, stream: &StreamRef, blob: &BlobRef) -> bool {
        let mut state = self.state.lock();
        let held = state.shelves.get_mut(stream).and_then(|shelf| shelf.blobs.get_mut(blob));
        held.map(|bytes| *bytes = [bytes.as_ref(), b"!"].concat().into()).is_some()
    }
}

impl State {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

impl Store for MemoryStore {
    fn commit(&self, batch: Arc<Batch>, done: Done) {
        let mut state = self.state.lock();
        let of_task = |task: TaskId| batch.appends.iter().any(|append| append.stream.stream == task.into());
        let concerns = |task: &Option<TaskId>| task.is_none_or(of_task);
        let failing = state.failing.clone().filter(|(_, task)| !batch.essential && concerns(task));
        let outcome = match failing {
            Some((error, _)) => Err(error),
            None => state.commit(batch),
        };
        drop(state);
        done(outcome);
    }

    fn open_workspace(&self, workspace: WorkspaceId, fresh: BlobKey) -> Result<BlobKey> {
        Ok(*self.state.lock().keys.entry(workspace).or_insert(fresh))
    }

    fn heartbeat(&self, at: Timestamp) -> Result<()> {
        self.state.lock().heartbeat = Some(at);
        Ok(())
    }
}
