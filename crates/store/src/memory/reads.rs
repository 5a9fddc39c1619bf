use std::collections::BTreeSet;
use std::sync::Arc;

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;

use super::rows::TaskRows;
use super::{MemoryStore, State};
use crate::answer::KeptAnswer;
use crate::blob::{BlobKey, blob_ref};
use crate::budget::BudgetRow;
use crate::contract::Reads;
use crate::error::{Result, StoreError};
use crate::event::StoredEvent;
use crate::limits::{LIST_ROWS_MAX, READ_EVENTS_MAX};
use crate::query::{OpenTask, TaskPage, TaskQuery};
use crate::rows::{AgentRow, ApprovalRow, ApprovalState, SolutionRow, SubtaskRow, TaskRow, UsageRow};
use crate::snapshot::Snapshot;
use crate::stream::StreamRef;

impl MemoryStore {
    fn of_task<T: Default>(
        &self,
        workspace: WorkspaceId,
        task: TaskId,
        get: impl FnOnce(&TaskRows) -> T,
    ) -> T {
        self.state.lock().rows.get(&StreamRef::new(workspace, task)).map(get).unwrap_or_default()
    }
}

impl State {
    fn last_event_at(&self) -> Option<Timestamp> {
        let records = self.shelves.values().filter_map(|shelf| shelf.records.last());
        records.max_by_key(|record| record.order).map(|record| record.at)
    }
}

impl Reads for MemoryStore {
    fn workspaces(&self) -> Result<Vec<WorkspaceId>> {
        Ok(self.state.lock().keys.keys().copied().collect())
    }

    fn blob_key(&self, workspace: WorkspaceId) -> Result<Option<BlobKey>> {
        Ok(self.state.lock().keys.get(&workspace).copied())
    }

    fn last_seen(&self) -> Result<Option<Timestamp>> {
        let state = self.state.lock();
        Ok(state.last_event_at().max(state.heartbeat))
    }

    fn events(&self, stream: &StreamRef, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let state = self.state.lock();
        let Some(shelf) = state.shelves.get(stream) else { return Ok(Vec::new()) };
        shelf.events(stream, after, limit.min(READ_EVENTS_MAX))
    }

    fn last_seq(&self, stream: &StreamRef) -> Result<Option<u64>> {
        Ok(self.state.lock().shelves.get(stream).map(|shelf| shelf.last_seq))
    }

    fn open_tasks(&self, after: Option<&OpenTask>, limit: usize) -> Result<Vec<OpenTask>> {
        Ok(self.state.lock().open_tasks(after, limit.min(LIST_ROWS_MAX)))
    }

    fn open_count(&self, resting: &[u8]) -> Result<u64> {
        Ok(self.state.lock().open_count(resting))
    }

    fn task(&self, workspace: WorkspaceId, task: TaskId) -> Result<Option<TaskRow>> {
        Ok(self.of_task(workspace, task, |rows| rows.task.clone()))
    }

    fn tasks(&self, workspace: WorkspaceId, query: &TaskQuery) -> Result<TaskPage> {
        Ok(self.state.lock().list(workspace, query))
    }

    fn subtasks(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SubtaskRow>> {
        Ok(self.of_task(workspace, task, |rows| rows.subtasks.values().cloned().collect()))
    }

    fn solutions(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SolutionRow>> {
        Ok(self.of_task(workspace, task, |rows| rows.solutions.values().cloned().collect()))
    }

    fn usage(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<UsageRow>> {
        Ok(self.of_task(workspace, task, |rows| rows.usage.values().cloned().collect()))
    }

    fn exceeded(&self, since: Timestamp) -> Result<Vec<(Name, Name)>> {
        let state = self.state.lock();
        let rows = state.rows.values().flat_map(|rows| rows.usage.values());
        let exceeded = rows.filter(|row| row.excess > MicroUsd::ZERO && row.at >= since);
        let models: BTreeSet<_> = exceeded.map(|row| (row.provider.clone(), row.model.clone())).collect();
        Ok(models.into_iter().collect())
    }

    fn approvals(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<ApprovalRow>> {
        Ok(self.of_task(workspace, task, |rows| rows.approvals.values().cloned().collect()))
    }

    fn open_approvals(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ApprovalRow>> {
        let state = self.state.lock();
        let approvals = state.rows.iter().filter(|(stream, _)| stream.workspace == workspace).flat_map(
            |(stream, rows)| {
                let order = state.shelves.get(stream).map_or(0, |shelf| shelf.order);
                rows.approvals.values().map(move |row| ((row.asked_at, order, row.number), row))
            },
        );
        let mut open: Vec<_> = approvals.filter(|(_, row)| row.state == ApprovalState::Open).collect();
        open.sort_by_key(|(key, _)| *key);
        Ok(open.into_iter().take(limit.min(LIST_ROWS_MAX)).map(|(_, row)| row.clone()).collect())
    }

    fn agents(&self, workspace: WorkspaceId) -> Result<Vec<AgentRow>> {
        let state = self.state.lock();
        let mut agents: Vec<_> =
            state.agents.values().filter(|row| row.workspace == workspace).cloned().collect();
        agents.sort_by_key(|row| (row.registered, row.agent));
        Ok(agents)
    }

    fn leases(&self, workspace: WorkspaceId, agent: AgentId) -> Result<Vec<String>> {
        Ok(self.state.lock().slots.holders(workspace, agent))
    }

    fn budget(&self, workspace: WorkspaceId) -> Result<Option<BudgetRow>> {
        Ok(self.state.lock().accounts.get(workspace).map(|account| account.row))
    }

    fn blob(&self, stream: &StreamRef, blob: &BlobRef) -> Result<Option<Arc<[u8]>>> {
        let state = self.state.lock();
        let Some(bytes) = state.shelves.get(stream).and_then(|shelf| shelf.blobs.get(blob)) else {
            return Ok(None);
        };
        let whole = state.keys.get(&stream.workspace).is_some_and(|key| blob_ref(key, bytes) == *blob);
        if whole {
            Ok(Some(Arc::clone(bytes)))
        } else {
            Err(StoreError::CorruptBlob { stream: *stream, blob: *blob })
        }
    }

    fn kept_answer(
        &self,
        workspace: WorkspaceId,
        request: &Digest,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>> {
        let state = self.state.lock();
        let kept = state.answers.get(&(workspace, *request));
        Ok(kept.filter(|kept| now < kept.expires).copied())
    }

    fn snapshot(&self, stream: &StreamRef, rules: u32, state_version: u16) -> Result<Option<Snapshot>> {
        let state = self.state.lock();
        let snapshot = state.shelves.get(stream).and_then(|shelf| shelf.snapshot.as_ref());
        Ok(snapshot.filter(|held| (held.rules, held.state_version) == (rules, state_version)).cloned())
    }
}
