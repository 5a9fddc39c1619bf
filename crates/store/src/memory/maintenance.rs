use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::time::{Millis, Timestamp};

use super::{MemoryStore, State};
use crate::blob::blob_ref;
use crate::error::Result;
use crate::maintenance::{Collected, Damage, Maintenance, Pruned, TaskProjection, Verified, holders_of};
use crate::rows::AgentRow;
use crate::stream::StreamRef;
use crate::validation::check_projection;

impl State {
    fn delete_task(&mut self, stream: &StreamRef) -> bool {
        let finished = self.rows.get(stream).and_then(|rows| rows.task.as_ref()).is_none_or(|row| !row.open);
        if !finished || self.shelves.remove(stream).is_none() {
            return false;
        }
        self.rows.remove(stream);
        self.forget_answers(stream);
        true
    }

    fn forget_answers(&mut self, stream: &StreamRef) {
        self.answers.retain(|_, kept| kept.stream != *stream);
    }

    fn discard_task(&mut self, workspace: WorkspaceId, task: TaskId) -> bool {
        let stream = &StreamRef::new(workspace, task);
        if self.shelves.remove(stream).is_none() {
            return false;
        }
        self.rows.remove(stream);
        self.forget_answers(stream);
        let prefix = holders_of(task);
        let leases = self.slots.releases(workspace, &prefix);
        let settled = self.accounts.settlements(workspace, &prefix);
        // What frees and settles is never refused.
        let _ = (self.slots.apply(&leases), self.accounts.apply(&settled));
        true
    }

    fn erase(&mut self, stream: &StreamRef) -> bool {
        let Some(shelf) = self.shelves.get_mut(stream) else { return false };
        shelf.blobs.clear();
        shelf.snapshot = None;
        self.answers.retain(|_, kept| kept.stream != *stream);
        if let Some(rows) = self.rows.get_mut(stream) {
            rows.task.iter_mut().for_each(|row| row.title.clear());
            rows.subtasks.values_mut().for_each(|row| row.title.clear());
        }
        true
    }

    fn verify(&self) -> Verified {
        let mut verified = Verified { streams: self.shelves.len() as u64, ..Verified::default() };
        for (stream, shelf) in &self.shelves {
            for record in &shelf.records {
                match record.read(stream) {
                    Ok(events) => verified.events += events.len() as u64,
                    Err(_) => verified.note(Damage::Event { stream: *stream, seq: record.first_seq() }),
                }
            }
            for (blob, bytes) in &shelf.blobs {
                verified.blobs += 1;
                if self.keys.get(&stream.workspace).is_none_or(|key| blob_ref(key, bytes) != *blob) {
                    verified.note(Damage::Blob { stream: *stream, blob: *blob });
                }
            }
        }
        verified
    }
}

impl Maintenance for MemoryStore {
    fn delete_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        Ok(self.state.lock().delete_task(&StreamRef::new(workspace, task)))
    }

    fn discard_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        Ok(self.state.lock().discard_task(workspace, task))
    }

    fn prune(&self, workspace: WorkspaceId, older_than: Timestamp) -> Result<Pruned> {
        let mut state = self.state.lock();
        let rows = state.rows.values().filter_map(|rows| rows.task.as_ref());
        let old = rows.filter(|row| {
            row.workspace == workspace && !row.open && row.completed_at.is_some_and(|at| at < older_than)
        });
        let old: Vec<_> = old.map(|row| StreamRef::new(row.workspace, row.task)).collect();
        let tasks = old.iter().filter(|stream| state.delete_task(stream)).count() as u64;
        Ok(Pruned { tasks })
    }

    fn erase_content(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        Ok(self.state.lock().erase(&StreamRef::new(workspace, task)))
    }

    fn collect_blobs(&self, _now: Timestamp, _grace: Millis) -> Result<Collected> {
        Ok(Collected::default())
    }

    fn verify(&self) -> Result<Verified> {
        Ok(self.state.lock().verify())
    }

    fn projection(&self, workspace: WorkspaceId, task: TaskId) -> Result<TaskProjection> {
        let state = self.state.lock();
        Ok(state
            .rows
            .get(&StreamRef::new(workspace, task))
            .map(super::rows::TaskRows::projection)
            .unwrap_or_default())
    }

    fn replace_projection(&self, workspace: WorkspaceId, task: TaskId, rows: TaskProjection) -> Result<bool> {
        check_projection(workspace, task, &rows)?;
        let mut state = self.state.lock();
        let stream = StreamRef::new(workspace, task);
        if !state.shelves.contains_key(&stream) {
            return Ok(false);
        }
        state.rows.remove(&stream);
        for row in rows.into_changes() {
            state.put_row(row);
        }
        Ok(true)
    }
    fn replace_agent(&self, row: AgentRow) -> Result<bool> {
        let mut state = self.state.lock();
        let stream = StreamRef::new(row.workspace, row.agent);
        if state.shelves.get(&stream).is_none_or(|shelf| shelf.last_seq == 0) {
            return Ok(false);
        }
        state.agents.insert((row.workspace, row.agent), row);
        Ok(true)
    }
}
