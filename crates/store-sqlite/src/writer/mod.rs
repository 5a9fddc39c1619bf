//! The writer thread: takes what is queued, commits it in one transaction with one sync, answers. It owns the only
//! connection that writes.

mod append;
pub(crate) mod apply;
pub(crate) mod group;
mod hot;
mod keys;
mod rows;
mod shared;
mod statements;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use divisi_store::packed::Packed;
use divisi_store::{Batch, Done, StoreError};
use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use crate::error::Failure;
use crate::reserve::Reserve;
use hot::HotStreams;
use keys::Keys;
use shared::Shared;
use statements::Statements;

/// Batches that may wait for the writer; a commit beyond that waits before it is queued.
pub(crate) const QUEUE_JOBS_MAX: usize = 1_024;
/// Batches of one transaction.
const GROUP_BATCHES_MAX: usize = 512;
/// Bytes of bodies and contents after which a transaction takes no further batch.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// WAL frames (of 4 KiB) after which a commit is followed by a checkpoint.
const CHECKPOINT_FRAMES: i32 = 4_096;
/// Quiet time after which the WAL is moved into the database.
const IDLE_CHECKPOINT: Duration = Duration::from_millis(500);

/// Groups committed without a quiet moment after which the reserve is made all the same; tried again after twice as many.
const RESERVE_GROUPS: u64 = 16;

/// Work inside a transaction of its own; called again if the first try found the disk full.
pub(crate) type Task = Box<dyn FnMut(&mut Writer<'_>) -> rusqlite::Result<()> + Send>;
/// Its answer, when durable.
pub(crate) type TaskDone = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What a task does to what the writer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskKind {
    /// Touches nothing that the writer keeps in memory.
    Note,
    /// May have changed anything: memory is read anew.
    Rewrite,
    /// As `Rewrite`, and may use the reserve of a full disk.
    Removal,
}

/// What the writer is asked to do.
pub(crate) enum Job {
    Commit {
        batch: Batch,
        done: Done,
    },
    /// Anything else.
    Task {
        task: Task,
        kind: TaskKind,
        done: TaskDone,
    },
    Stop,
}

/// Why the store is broken, once it is. Shared with everybody who queues.
#[derive(Debug, Clone, Default)]
pub(crate) struct Broken(Arc<Mutex<Option<String>>>);

impl Broken {
    pub(crate) fn error(&self) -> Option<StoreError> {
        self.0.lock().clone().map(|cause| StoreError::Broken { cause })
    }

    /// The first cause stays.
    pub(crate) fn set(&self, cause: &str) {
        let mut broken = self.0.lock();
        if broken.is_none() {
            tracing::error!(cause, "the store is broken: no commit is answered with success from here");
            *broken = Some(cause.to_owned());
        }
    }
}

/// Hears of each commit how long the WAL has become.
#[derive(Debug, Default)]
pub(crate) struct WalWatch {
    pub(crate) frames: AtomicI32,
    /// Makes commits fail after they were written, as a failed sync would.
    #[cfg(test)]
    pub(crate) fail: std::sync::atomic::AtomicBool,
    #[cfg(feature = "planted")]
    pub(crate) planted: Option<crate::planted::Planted>,
}

impl WalWatch {
    /// What a commit that SQLite reports as done comes to; a test may say otherwise.
    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "only tests inject a failure")
    )]
    fn verdict(&self) -> rusqlite::Result<()> {
        #[cfg(test)]
        if self.fail.load(Ordering::Relaxed) {
            let code = rusqlite::ffi::SQLITE_IOERR_FSYNC;
            return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        }
        Ok(())
    }
}

pub(crate) struct Writer<'c> {
    pub(crate) connection: &'c Connection,
    statements: Statements<'c>,
    hot: HotStreams,
    keys: Keys,
    shared: Shared,
    packed: Packed,
    reserve: Reserve,
    /// Groups committed so far.
    groups: u64,
    broken: Broken,
    watch: Arc<WalWatch>,
    /// Something was removed whose text is still in the WAL.
    removed: bool,
}

/// The thread's body; returns when it is told to stop or nobody can ask any more.
pub(crate) fn run(
    mut connection: Connection,
    jobs: &Receiver<Job>,
    reserve: Reserve,
    broken: &Broken,
    watch: Arc<WalWatch>,
) {
    let hears = Arc::clone(&watch);
    let hook = move |_: &mut Wal, frames: i32| {
        hears.frames.store(frames, Ordering::Relaxed);
        Ok(())
    };
    if let Err(error) = connection.wal_hook(Some(hook)) {
        broken.set(&error.to_string());
    }
    match Writer::new(&connection, reserve, broken.clone(), watch) {
        Ok(mut writer) => writer.serve(jobs),
        Err(error) => {
            broken.set(&error.to_string());
            refuse_all(jobs, broken);
        }
    }
}

fn refuse_all(jobs: &Receiver<Job>, broken: &Broken) {
    while let Ok(job) = jobs.recv() {
        let error = broken.error().unwrap_or(StoreError::Closed);
        match job {
            Job::Commit { done, .. } => done(Err(error)),
            Job::Task { done, .. } => done(Err(error)),
            Job::Stop => return,
        }
    }
}

impl<'c> Writer<'c> {
    fn new(
        connection: &'c Connection,
        reserve: Reserve,
        broken: Broken,
        watch: Arc<WalWatch>,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            statements: Statements::prepare(connection)?,
            hot: HotStreams::default(),
            keys: Keys::default(),
            shared: Shared::load(connection)?,
            packed: Packed::default(),
            reserve,
            groups: 0,
            broken,
            watch,
            removed: false,
        })
    }

    fn serve(&mut self, jobs: &Receiver<Job>) {
        let mut held = None;
        loop {
            let job = match held.take() {
                Some(job) => job,
                None => match self.next(jobs) {
                    Some(job) => job,
                    None => break,
                },
            };
            match job {
                Job::Stop => break,
                Job::Task { task, kind, done } => self.run_task(task, kind, done),
                Job::Commit { batch, done } => held = self.gather(jobs, batch, done),
            }
            self.checkpoint_if_long();
        }
        self.checkpoint(CheckpointMode::TRUNCATE);
    }

    /// Waits; holds the reserve and moves the WAL into the database when nothing comes for a while. The file keeps its length: writing over it is
    /// cheaper to sync than growing it. After a removal it is emptied, since removed text would be in it.
    fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        match jobs.recv_timeout(IDLE_CHECKPOINT) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let removed = std::mem::take(&mut self.removed);
                self.checkpoint(if removed { CheckpointMode::TRUNCATE } else { CheckpointMode::PASSIVE });
                self.reserve.hold();
                jobs.recv().ok()
            }
        }
    }

    /// Takes all batches that are queued, up to the limits, and commits them together. Gives back what is not a batch.
    fn gather(&mut self, jobs: &Receiver<Job>, batch: Batch, done: Done) -> Option<Job> {
        let mut bytes = weight(&batch);
        let mut group = vec![(batch, done)];
        let mut held = None;
        while group.len() < GROUP_BATCHES_MAX && bytes < GROUP_BYTES_MAX {
            match jobs.try_recv() {
                Ok(Job::Commit { batch, done }) => {
                    bytes += weight(&batch);
                    group.push((batch, done));
                }
                Ok(other) => {
                    held = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.commit_group(group);
        self.groups += 1;
        if self.groups >= RESERVE_GROUPS && self.groups.is_power_of_two() {
            self.reserve.hold_first();
        }
        held
    }

    fn checkpoint_if_long(&mut self) {
        if self.watch.frames.load(Ordering::Relaxed) >= CHECKPOINT_FRAMES {
            self.watch.frames.store(0, Ordering::Relaxed);
            self.checkpoint(CheckpointMode::PASSIVE);
        }
    }

    /// Moves the WAL into the database. Busy readers and a full disk only put it off; a failed write or sync breaks the
    /// store like one at a commit.
    fn checkpoint(&mut self, mode: CheckpointMode) {
        if self.broken.error().is_some() {
            return;
        }
        if let Err(error) = self.connection.wal_checkpoint_v2(None::<&str>, mode)
            && let Failure::Broken(cause) = Failure::of(&error)
        {
            self.broken.set(&cause);
        }
    }
}

fn weight(batch: &Batch) -> usize {
    let events = batch.appends.iter().flat_map(|append| &append.events).map(|event| event.body.len());
    let blobs = batch.blobs.iter().map(|blob| blob.bytes.len());
    let snapshots = batch.snapshots.iter().map(|snapshot| snapshot.data.len());
    events.chain(blobs).chain(snapshots).sum()
}
