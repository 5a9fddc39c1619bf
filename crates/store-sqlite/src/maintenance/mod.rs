//! Deleting, erasing, collecting, verifying, rebuilding.

mod collect;
mod delete;
mod verify;

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::time::{Millis, Timestamp};
use divisi_store::maintenance::holders_of;
use divisi_store::validation::check_projection;
use divisi_store::{AgentRow, Collected, Maintenance, Pruned, Result, StreamRef, TaskProjection, Verified};

use crate::reads::{select_projection, task_key};
use crate::store::SqliteStore;
use crate::writer::TaskKind;

impl Maintenance for SqliteStore {
    fn delete_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        self.run(TaskKind::Removal, move |writer| match task_key(writer.connection, workspace, task)? {
            Some(key) if !delete::is_open(writer.connection, key)? => delete::whole(writer.connection, key),
            _ => Ok(false),
        })
    }

    fn discard_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        self.run(TaskKind::Removal, move |writer| {
            let Some(key) = task_key(writer.connection, workspace, task)? else { return Ok(false) };
            writer.free_all(workspace, &holders_of(task))?;
            delete::whole(writer.connection, key)
        })
    }

    fn prune(&self, workspace: WorkspaceId, older_than: Timestamp) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        loop {
            let deleted = self.run(TaskKind::Removal, move |writer| {
                delete::some_old(writer.connection, workspace, older_than)
            })?;
            pruned.tasks += deleted;
            if deleted == 0 {
                return Ok(pruned);
            }
        }
    }

    fn erase_content(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        let files = self.run(TaskKind::Removal, move |writer| {
            let key = task_key(writer.connection, workspace, task)?;
            key.map(|key| delete::content(writer.connection, key)).transpose()
        })?;
        let Some(files) = files else { return Ok(false) };
        collect::remove(self.reader(), self.files(), &files)?;
        Ok(true)
    }

    fn collect_blobs(&self, now: Timestamp, grace: Millis) -> Result<Collected> {
        collect::collect(self.reader(), self.files(), now, grace)
    }

    fn verify(&self) -> Result<Verified> {
        verify::verify(self.reader())
    }

    fn projection(&self, workspace: WorkspaceId, task: TaskId) -> Result<TaskProjection> {
        self.reader().read_together(|connection| select_projection(connection, workspace, task))
    }

    fn replace_projection(&self, workspace: WorkspaceId, task: TaskId, rows: TaskProjection) -> Result<bool> {
        check_projection(workspace, task, &rows)?;
        let rows = rows.into_changes();
        self.run(TaskKind::Rewrite, move |writer| {
            let Some(key) = task_key(writer.connection, workspace, task)? else { return Ok(false) };
            delete::rows(writer.connection, key)?;
            writer.remember_key(&StreamRef::new(workspace, task), key);
            rows.iter().try_for_each(|row| writer.write_row(row))?;
            Ok(true)
        })
    }

    fn replace_agent(&self, row: AgentRow) -> Result<bool> {
        self.run(TaskKind::Rewrite, move |writer| writer.replace_agent(&row))
    }
}
