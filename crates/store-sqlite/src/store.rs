use std::sync::Arc;
use std::sync::mpsc::{SendError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use divisi_domain::blob::BlobRef;
use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::limits::RESERVE_BYTES;
use divisi_store::validation::{check_batch, named_workspaces};
use divisi_store::{Batch, BlobKey, CommitOutcome, Done, Result, Store, StoreError, StreamRef, blob_ref};
use parking_lot::RwLock;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::connection::{open_writer, unusable};
use crate::error::io_error;
use crate::files::{BlobFiles, PutError};
use crate::folder::DataFolder;
use crate::kinds::{self, KindName};
use crate::ownership::Ownership;
use crate::reader::SqliteReader;
use crate::recent::{Change, Recent};
use crate::reserve::Reserve;
use crate::writer::apply::file_blobs;
use crate::writer::{self, Broken, Job, QUEUE_JOBS_MAX, TaskKind, WalWatch, Writer};

/// Settings of a store.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Read connections, that is reads at once.
    pub readers: usize,
    /// Disk space kept for essential batches; 0 = none.
    pub reserve_bytes: u64,
    /// What the views call the event kinds.
    pub kinds: &'static [KindName],
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 4, reserve_bytes: RESERVE_BYTES, kinds: &[] }
    }
}

/// The store of a data folder that this process owns. Dropping it finishes what is queued, empties the WAL and gives the
/// folder free.
#[derive(Debug)]
pub struct SqliteStore {
    reader: SqliteReader,
    files: Arc<BlobFiles>,
    keys: RwLock<FxHashMap<WorkspaceId, BlobKey>>,
    recent: Arc<Recent>,
    jobs: SyncSender<Job>,
    broken: Broken,
    thread: Option<JoinHandle<()>>,
    _ownership: Ownership,
}

impl SqliteStore {
    /// Opens or creates the database of `folder`, brings it up to date and starts the writer.
    pub fn open(folder: &DataFolder, ownership: Ownership, options: StoreOptions) -> Result<Self> {
        let path = folder.database();
        let mut connection = open_writer(folder)?;
        kinds::fill(&mut connection, options.kinds).map_err(|error| unusable(&path, &error))?;
        Self::start(folder, ownership, options, connection, Arc::default())
    }

    /// As [`Self::open`], with a bug in it.
    #[cfg(feature = "planted")]
    pub fn open_planted(
        folder: &DataFolder,
        ownership: Ownership,
        options: StoreOptions,
        bug: crate::planted::Planted,
    ) -> Result<Self> {
        let path = folder.database();
        let connection = open_writer(folder)?;
        bug.configure(&connection).map_err(|error| unusable(&path, &error))?;
        let watch = WalWatch { planted: Some(bug), ..WalWatch::default() };
        Self::start(folder, ownership, options, connection, Arc::new(watch))
    }

    pub(crate) fn start(
        folder: &DataFolder,
        ownership: Ownership,
        options: StoreOptions,
        connection: Connection,
        watch: Arc<WalWatch>,
    ) -> Result<Self> {
        let files = Arc::new(BlobFiles::new(folder));
        let reader = SqliteReader::with_files(folder, options.readers, Arc::clone(&files))?;
        let reserve = Reserve::new(folder.reserve(), options.reserve_bytes, Arc::clone(folder.disk()));
        let (jobs, queue) = sync_channel(QUEUE_JOBS_MAX);
        let broken = Broken::default();
        let shared = broken.clone();
        let thread = Builder::new()
            .name("store-writer".into())
            .spawn(move || writer::run(connection, &queue, reserve, &shared, watch))
            .map_err(|error| io_error("starting the writer", &error))?;
        let keys = RwLock::new(FxHashMap::default());
        let store = Self {
            reader,
            files,
            keys,
            recent: Arc::default(),
            jobs,
            broken,
            thread: Some(thread),
            _ownership: ownership,
        };
        store.load_keys()?;
        Ok(store)
    }

    pub(crate) const fn reader(&self) -> &SqliteReader {
        &self.reader
    }

    pub(crate) fn files(&self) -> &BlobFiles {
        &self.files
    }

    /// Each workspace that was ever opened here has its key in memory.
    pub(crate) fn known_blob_key(&self, workspace: WorkspaceId) -> Result<Option<BlobKey>> {
        match self.keys.read().get(&workspace) {
            Some(key) => Ok(Some(*key)),
            None => self.reader.select_blob_key(workspace),
        }
    }

    /// A content from memory, where this process has just written it, else from the disk.
    pub(crate) fn recent_blob(&self, stream: &StreamRef, blob: &BlobRef) -> Result<Option<Arc<[u8]>>> {
        match self.recent.get(stream, blob) {
            Some(bytes) => Ok(Some(bytes)),
            None => self.reader.read_blob(stream, blob),
        }
    }

    /// `done`, told first to the contents that are kept in memory.
    fn remembering(&self, batch: &Batch, done: Done) -> Done {
        let change = Change::of(batch);
        if change.is_nothing() {
            return done;
        }
        let recent = Arc::clone(&self.recent);
        Box::new(move |outcome| {
            if matches!(outcome, Ok(CommitOutcome::Committed { .. })) {
                recent.take(change);
            }
            done(outcome);
        })
    }

    fn load_keys(&self) -> Result<()> {
        for workspace in self.reader.select_workspaces()? {
            if let Some(key) = self.reader.select_blob_key(workspace)? {
                self.keys.write().insert(workspace, key);
            }
        }
        Ok(())
    }

    /// What does not need the database: shape, workspaces, names of contents.
    fn check(&self, batch: &Batch) -> Result<()> {
        if let Some(error) = self.broken.error() {
            return Err(error);
        }
        check_batch(batch)?;
        let keys = self.keys.read();
        if let Some(unknown) = named_workspaces(batch).find(|workspace| !keys.contains_key(workspace)) {
            return Err(StoreError::invalid(format!("{unknown} was never opened")));
        }
        for new in &batch.blobs {
            let key = keys.get(&new.stream.workspace);
            if key.is_none_or(|key| blob_ref(key, &new.bytes) != new.blob) {
                return Err(StoreError::invalid("a blob's reference is not the keyed hash of its bytes"));
            }
        }
        Ok(())
    }

    /// Writes the files of a batch; gives their names back, to be settled when the batch is.
    fn put_files(&self, batch: &Batch) -> Result<Vec<BlobRef>> {
        let mut put = Vec::new();
        for (blob, new) in file_blobs(batch) {
            if let Err(error) = self.files.put(blob, &new.bytes) {
                self.files.all_settled(&put);
                return Err(self.not_put(&error));
            }
            put.push(*blob);
        }
        Ok(put)
    }

    /// What the store's user is told of a content file that was not put. A file that was begun and not finished breaks
    /// the store like a commit that failed.
    fn not_put(&self, error: &PutError) -> StoreError {
        match error {
            PutError::NotBegun(error) => io_error("creating a content file", error),
            PutError::Failed(error) => match io_error("writing a content file", error) {
                StoreError::Unavailable { cause, .. } => {
                    self.broken.set(&cause);
                    StoreError::Broken { cause }
                }
                full => full,
            },
        }
    }

    /// Runs `work` on the writer, in a transaction; durable on return.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        kind: TaskKind,
        mut work: impl FnMut(&mut Writer<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (give, value) = sync_channel(2);
        let (answer, answered) = sync_channel(1);
        let task = Box::new(move |writer: &mut Writer<'_>| {
            let _ = give.try_send(work(writer)?);
            Ok(())
        });
        let done = Box::new(move |outcome| {
            let _ = answer.send(outcome);
        });
        self.jobs.send(Job::Task { task, kind, done }).map_err(|_| StoreError::Closed)?;
        let ran = answered.recv().unwrap_or(Err(StoreError::Closed));
        if kind == TaskKind::Removal {
            self.recent.clear();
        }
        ran?;
        value.try_iter().last().ok_or(StoreError::Closed)
    }
}

impl Store for SqliteStore {
    fn commit(&self, batch: Arc<Batch>, done: Done) {
        let files = match self.check(&batch).and_then(|()| self.put_files(&batch)) {
            Ok(files) => files,
            Err(error) => return done(Err(error)),
        };
        let done = self.remembering(&batch, done);
        let done: Done = if files.is_empty() {
            done
        } else {
            let held = Arc::clone(&self.files);
            Box::new(move |outcome| {
                held.all_settled(&files);
                done(outcome);
            })
        };
        if let Err(SendError(Job::Commit { done, .. })) = self.jobs.send(Job::Commit { batch, done }) {
            done(Err(StoreError::Closed));
        }
    }

    fn open_workspace(&self, workspace: WorkspaceId, fresh: BlobKey) -> Result<BlobKey> {
        if let Some(key) = self.keys.read().get(&workspace) {
            return Ok(*key);
        }
        let key = self.run(TaskKind::Note, move |writer| {
            let insert = "INSERT INTO workspaces (uuid, blob_key) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            writer.connection.execute(insert, (workspace.as_bytes(), fresh.0))?;
            let select = "SELECT blob_key FROM workspaces WHERE uuid = ?1";
            writer.connection.query_row(select, [workspace.as_bytes()], |row| row.get(0).map(BlobKey))
        })?;
        self.keys.write().insert(workspace, key);
        Ok(key)
    }

    fn heartbeat(&self, at: Timestamp) -> Result<()> {
        self.run(TaskKind::Note, move |writer| {
            let sql = "INSERT OR REPLACE INTO heartbeat (id, at) VALUES (1, ?1)";
            writer.connection.prepare_cached(sql)?.execute([at.as_millis()]).map(|_| ())
        })
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}
