//! Full-text search in a file of its own, with its own writer: indexing never stalls a commit, and a lost or damaged
//! index is made anew.

mod checksum;
mod query;
mod reader;
mod schema;
mod search;
mod writer;

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::limits::INDEX_TEXT_BYTES_MAX;
use divisi_store::{DocumentIndex, IndexEntry, IndexKey, Result, Search, StoreError};

use crate::error::io_error;
use crate::folder::DataFolder;
pub use reader::SqliteSearch;
pub use schema::IndexOrigin;
use writer::Job;

/// Writes that may wait; a put beyond that waits before it is queued.
const QUEUE_JOBS_MAX: usize = 256;
/// Read connections.
const READERS: usize = 2;
/// Entries that a rebuild hands over at once.
const REBUILD_CHUNK: usize = 256;

/// The index of a data folder that this process owns. Dropping it finishes what is queued.
#[derive(Debug)]
pub struct SqliteIndex {
    reader: SqliteSearch,
    jobs: SyncSender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteIndex {
    /// Opens the index; a missing, damaged or outdated one is made anew, empty. Whatever its origin, the caller brings it
    /// up to the store by [`DocumentIndex::stamps`], or fills it with [`DocumentIndex::rebuild`].
    pub fn open(folder: &DataFolder) -> Result<(Self, IndexOrigin)> {
        let path = folder.index();
        let vfs = folder.disk().vfs();
        let (connection, origin) = schema::open(&path, vfs)?;
        let reader = SqliteSearch::with_readers(path, READERS, vfs)?;
        let (jobs, queue) = sync_channel(QUEUE_JOBS_MAX);
        let thread = Builder::new()
            .name("index-writer".into())
            .spawn(move || writer::run(connection, &queue))
            .map_err(|error| io_error("starting the index's writer", &error))?;
        Ok((Self { reader, jobs, thread: Some(thread) }, origin))
    }

    fn send(&self, job: Job) -> Result<()> {
        self.jobs.send(job).map_err(|_| StoreError::Closed)
    }
}

impl Search for SqliteIndex {
    fn find(&self, workspace: WorkspaceId, query: &str, most: usize) -> Result<Vec<IndexKey>> {
        self.reader.find(workspace, query, most)
    }
}

impl DocumentIndex for SqliteIndex {
    fn put(&self, entries: Vec<IndexEntry>) -> Result<()> {
        if entries.iter().any(|entry| entry.text.len() + entry.title.len() > INDEX_TEXT_BYTES_MAX) {
            return Err(StoreError::invalid(format!("an indexed text over {INDEX_TEXT_BYTES_MAX} bytes")));
        }
        self.send(Job::Put(entries))
    }

    fn delete(&self, keys: Vec<IndexKey>) -> Result<()> {
        self.send(Job::Delete(keys))
    }

    fn flush(&self) -> Result<()> {
        let (answer, answered) = sync_channel(1);
        self.send(Job::Flush(answer))?;
        answered.recv().unwrap_or(Err(StoreError::Closed))
    }

    fn stamps(&self, keys: &[IndexKey]) -> Result<Vec<Option<Timestamp>>> {
        self.reader.read(|connection| keys.iter().map(|key| search::stamp(connection, key)).collect())
    }

    fn rebuild(&self, entries: &mut dyn Iterator<Item = IndexEntry>) -> Result<u64> {
        self.send(Job::Clear)?;
        let mut count = 0;
        loop {
            let chunk: Vec<_> = entries.take(REBUILD_CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            count += chunk.len() as u64;
            self.put(chunk)?;
        }
        self.flush()?;
        Ok(count)
    }

    fn verify(&self) -> Result<bool> {
        let (answer, answered) = sync_channel(1);
        self.send(Job::Verify(answer))?;
        answered.recv().unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for SqliteIndex {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the index's writer panicked");
        }
    }
}
