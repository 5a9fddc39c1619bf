//! `Reads` for the reader itself, and for the store that owns one.

use std::sync::Arc;

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;
use divisi_store::{
    AgentRow, ApprovalRow, BlobKey, BudgetRow, KeptAnswer, OpenTask, Reads, Result, Snapshot, SolutionRow,
    StoredEvent, StreamRef, SubtaskRow, TaskPage, TaskQuery, TaskRow, UsageRow,
};

use crate::reader::SqliteReader;
use crate::store::SqliteStore;

macro_rules! forward_reads {
    ($owner:ty, $reader:expr, $blob_key:expr, $blob:expr) => {
        impl Reads for $owner {
            fn workspaces(&self) -> Result<Vec<WorkspaceId>> {
                $reader(self).select_workspaces()
            }

            fn blob_key(&self, workspace: WorkspaceId) -> Result<Option<BlobKey>> {
                $blob_key(self, workspace)
            }

            fn last_seen(&self) -> Result<Option<Timestamp>> {
                $reader(self).select_last_seen()
            }

            fn events(&self, stream: &StreamRef, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
                $reader(self).select_events(stream, after, limit)
            }

            fn last_seq(&self, stream: &StreamRef) -> Result<Option<u64>> {
                $reader(self).select_last_seq(stream)
            }

            fn open_tasks(&self, after: Option<&OpenTask>, limit: usize) -> Result<Vec<OpenTask>> {
                $reader(self).select_open_tasks(after, limit)
            }

            fn open_count(&self, resting: &[u8]) -> Result<u64> {
                $reader(self).count_open_tasks(resting)
            }

            fn task(&self, workspace: WorkspaceId, task: TaskId) -> Result<Option<TaskRow>> {
                $reader(self).select_task(workspace, task)
            }

            fn tasks(&self, workspace: WorkspaceId, query: &TaskQuery) -> Result<TaskPage> {
                $reader(self).select_page(workspace, query)
            }

            fn subtasks(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SubtaskRow>> {
                $reader(self).select_subtasks(workspace, task)
            }

            fn solutions(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SolutionRow>> {
                $reader(self).select_solutions(workspace, task)
            }

            fn usage(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<UsageRow>> {
                $reader(self).select_usage(workspace, task)
            }

            fn exceeded(&self, since: Timestamp) -> Result<Vec<(Name, Name)>> {
                $reader(self).select_exceeded(since)
            }

            fn approvals(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<ApprovalRow>> {
                $reader(self).select_approvals(workspace, task)
            }

            fn open_approvals(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ApprovalRow>> {
                $reader(self).select_inbox(workspace, limit)
            }

            fn agents(&self, workspace: WorkspaceId) -> Result<Vec<AgentRow>> {
                $reader(self).select_agents(workspace)
            }

            fn leases(&self, workspace: WorkspaceId, agent: AgentId) -> Result<Vec<String>> {
                $reader(self).select_leases(workspace, agent)
            }

            fn budget(&self, workspace: WorkspaceId) -> Result<Option<BudgetRow>> {
                $reader(self).select_budget(workspace)
            }

            fn blob(&self, stream: &StreamRef, blob: &BlobRef) -> Result<Option<Arc<[u8]>>> {
                $blob(self, stream, blob)
            }

            fn kept_answer(
                &self,
                workspace: WorkspaceId,
                request: &Digest,
                now: Timestamp,
            ) -> Result<Option<KeptAnswer>> {
                $reader(self).select_kept_answer(workspace, request, now)
            }

            fn snapshot(
                &self,
                stream: &StreamRef,
                rules: u32,
                state_version: u16,
            ) -> Result<Option<Snapshot>> {
                $reader(self).select_snapshot(stream, rules, state_version)
            }
        }
    };
}

forward_reads!(SqliteReader, std::convert::identity, SqliteReader::select_blob_key, SqliteReader::read_blob);
forward_reads!(SqliteStore, SqliteStore::reader, SqliteStore::known_blob_key, SqliteStore::recent_blob);
