use std::sync::Arc;

use divisi_store::Result;
use rusqlite::Connection;

use crate::connection::open_reader;
use crate::error::read_error;
use crate::files::BlobFiles;
use crate::folder::DataFolder;
use crate::pool::Pool;

/// Reads of a data folder, whoever owns it: works beside the owner, and without one.
#[derive(Debug)]
pub struct SqliteReader {
    pool: Pool,
    files: Arc<BlobFiles>,
}

impl SqliteReader {
    /// Opens a folder that has a database; nothing is created or changed.
    pub fn open(folder: &DataFolder, connections: usize) -> Result<Self> {
        Self::with_files(folder, connections, Arc::new(BlobFiles::new(folder)))
    }

    pub(crate) fn with_files(folder: &DataFolder, connections: usize, files: Arc<BlobFiles>) -> Result<Self> {
        let connections = (0..connections.max(1)).map(|_| open_reader(folder)).collect::<Result<_>>()?;
        Ok(Self { pool: Pool::of(connections), files })
    }

    pub(crate) fn files(&self) -> &BlobFiles {
        &self.files
    }

    /// One read on a free connection.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.pool.with(|connection| read(connection).map_err(|error| read_error(&error)))
    }

    /// Several reads that see the same state.
    pub(crate) fn read_together<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let value = read(&transaction)?;
            transaction.finish()?;
            Ok(value)
        })
    }
}
