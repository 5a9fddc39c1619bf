use std::ffi::CStr;
use std::path::PathBuf;

use divisi_domain::id::WorkspaceId;
use divisi_store::{IndexKey, Result, Search, StoreError};
use rusqlite::Connection;

use super::{query, schema, search};
use crate::folder::DataFolder;
use crate::pool::Pool;

/// Searches the index of a data folder, whoever writes it.
#[derive(Debug)]
pub struct SqliteSearch {
    path: PathBuf,
    pool: Pool,
}

impl SqliteSearch {
    /// Opens the index of a folder; `None` where there is none yet. Nothing is created or changed.
    pub fn open(folder: &DataFolder) -> Result<Option<Self>> {
        let path = folder.index();
        if !path.is_file() {
            return Ok(None);
        }
        Self::with_readers(path, 1, folder.disk().vfs()).map(Some)
    }

    pub(super) fn with_readers(path: PathBuf, readers: usize, vfs: Option<&CStr>) -> Result<Self> {
        let pool = (0..readers).map(|_| schema::open_reader(&path, vfs)).collect::<Result<_>>()?;
        Ok(Self { path, pool: Pool::of(pool) })
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.pool.with(|connection| read(connection).map_err(|error| self.failed(&error)))
    }

    /// Damage is noted beside the file, so that the next start makes it anew.
    fn failed(&self, error: &rusqlite::Error) -> StoreError {
        schema::note_damage(&self.path, error);
        crate::error::read_error(error)
    }
}

impl Search for SqliteSearch {
    fn find(&self, workspace: WorkspaceId, query: &str, most: usize) -> Result<Vec<IndexKey>> {
        let Some(words) = query::words(query) else { return Ok(Vec::new()) };
        self.read(|connection| search::find(connection, workspace, &words, most))
    }
}
