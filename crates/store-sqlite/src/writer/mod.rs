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

use crate::connection::BUSY_WAIT;
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

/// Jobs after a removal, or after a try that a reader stood in the way of, that the WAL is emptied after without a quiet moment.
const EMPTY_JOBS: u32 = 16;
/// The same for what an earlier process may have left in it.
const EMPTY_FIRST_JOBS: u32 = 1_024;

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
        batch: Arc<Batch>,
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
    /// Makes commits fail with this code after they were written, as a failed sync would; 0: not.
    #[cfg(test)]
    pub(crate) fail: AtomicI32,
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
        match self.fail.load(Ordering::Relaxed) {
            0 => {}
            code => return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)),
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
    /// Something that was removed may still be in the WAL: jobs until that is emptied if there is no quiet moment before.
    removed: Option<u32>,
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
            removed: Some(EMPTY_FIRST_JOBS),
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
            self.empty_if_due();
        }
        self.checkpoint(CheckpointMode::TRUNCATE);
    }

    /// Waits; holds the reserve and moves the WAL into the database when nothing comes for a while. The file keeps its length: writing over it is
    /// cheaper to sync than growing it. After a removal it is emptied, since removed text would be in it; where a reader still
    /// needs it, that is tried again.
    fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        loop {
            match jobs.recv_timeout(IDLE_CHECKPOINT) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            match self.removed {
                Some(_) => self.empty(),
                None => drop(self.checkpoint(CheckpointMode::PASSIVE)),
            }
            self.reserve.hold();
            if self.removed.is_none() || self.broken.error().is_some() {
                return jobs.recv().ok();
            }
        }
    }

    /// What was removed is in the WAL still.
    fn note_removal(&mut self) {
        self.removed = Some(self.removed.map_or(EMPTY_JOBS, |jobs| jobs.min(EMPTY_JOBS)));
    }

    fn empty_if_due(&mut self) {
        match &mut self.removed {
            None => {}
            Some(0) => self.empty(),
            Some(jobs) => *jobs -= 1,
        }
    }

    /// Empties the WAL. Nobody waits for the readers that still need it: what was removed is remembered until it is gone.
    fn empty(&mut self) {
        let waits = |wait| self.connection.busy_timeout(wait).is_ok();
        let emptied = waits(Duration::ZERO) && self.checkpoint(CheckpointMode::TRUNCATE);
        waits(BUSY_WAIT);
        self.removed = (!emptied).then_some(EMPTY_JOBS);
    }

    /// Takes all batches that are queued, up to the limits, and commits them together. Gives back what is not a batch.
    fn gather(&mut self, jobs: &Receiver<Job>, batch: Arc<Batch>, done: Done) -> Option<Job> {
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

    /// Moves the WAL into the database; whether that was done as asked. Busy readers and a full disk only put it off; a failed
    /// write or sync breaks the store like one at a commit.
    fn checkpoint(&self, mode: CheckpointMode) -> bool {
        if self.broken.error().is_some() {
            return false;
        }
        let moved = self.connection.wal_checkpoint_v2(None::<&str>, mode);
        if let Err(error) = &moved
            && let Failure::Broken(cause) = Failure::of(error)
        {
            self.broken.set(&cause);
        }
        moved.is_ok()
    }
}

fn weight(batch: &Batch) -> usize {
    let events = batch.appends.iter().flat_map(|append| &append.events).map(|event| event.body.len());
    let blobs = batch.blobs.iter().map(|blob| blob.bytes.len());
    let snapshots = batch.snapshots.iter().map(|snapshot| snapshot.data.len());
    events.chain(blobs).chain(snapshots).sum()
}
