//! Tending a data folder that nobody runs.

use std::sync::Arc;

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_engine::driver::Archive;
use divisi_store::{Maintenance, Reads, StoreError};
use divisi_store_sqlite::{DataFolder, Ownership, SqliteIndex, SqliteReader, SqliteStore, StoreOptions};

use super::folder::Places;
use super::session::SessionError;

/// A store of this process alone, without an engine.
pub(crate) struct Tended {
    /// The store.
    pub(crate) store: Arc<dyn Maintenance>,
    /// The store with its search index, where that can be opened.
    pub(crate) archive: Result<Archive, StoreError>,
    /// The folder's workspace.
    pub(crate) workspace: WorkspaceId,
}

impl Tended {
    /// Takes the folder. Refused while another process runs it.
    pub(crate) fn open(places: &Places) -> Result<Self, SessionError> {
        let folder = DataFolder::existing(&places.data)?.ok_or(SessionError::Empty)?;
        let Some(ownership) = Ownership::acquire(&folder)? else {
            let pid = Ownership::owner(&folder)?.and_then(|owner| owner.pid);
            return Err(SessionError::Running(
                pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
            ));
        };
        let store: Arc<dyn Maintenance> =
            Arc::new(SqliteStore::open(&folder, ownership, StoreOptions::default())?);
        let workspace = *store.workspaces()?.first().ok_or(SessionError::Empty)?;
        let index = SqliteIndex::open(&folder);
        let archive = index.map(|(index, _)| Archive::new(Arc::clone(&store), Arc::new(index)));
        Ok(Self { store, archive, workspace })
    }

    /// The newest task.
    pub(crate) fn newest(&self) -> Result<Option<TaskId>, SessionError> {
        let query = divisi_store::TaskQuery { limit: 1, ..divisi_store::TaskQuery::default() };
        Ok(self.store.tasks(self.workspace, &query)?.rows.first().map(|row| row.task))
    }
}

/// Who runs the folder now, as a phrase for people; `None`: nobody.
pub(crate) fn owner(places: &Places) -> Result<Option<String>, SessionError> {
    let Some(folder) = DataFolder::existing(&places.data)? else { return Ok(None) };
    let owner = Ownership::owner(&folder)?;
    Ok(owner.map(|owner| owner.pid.map_or("another process".to_owned(), |pid| format!("process {pid}"))))
}

/// Reads beside whoever runs the folder.
pub(crate) fn reader(places: &Places) -> Result<Option<Arc<dyn Reads>>, SessionError> {
    let Some(folder) = DataFolder::existing(&places.data)? else { return Ok(None) };
    Ok(Some(Arc::new(SqliteReader::open(&folder, 1)?)))
}
