//! Reading what outlives tasks: the streams of agents and of workspaces.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::journal::{AgentEvent, AgentRecord, JournalEvent, Spent, WorkspaceEvent, decode};
use divisi_domain::task::CodecError;
use divisi_store::limits::READ_EVENTS_MAX;
use divisi_store::{AgentRow, Reads, StoreError, StoredEvent, StreamRef};

use crate::core::KnownAgent;
use crate::project;

/// A stream that cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be understood.
    #[error("event {seq} of {} cannot be understood: {cause}", stream.stream)]
    Event {
        /// The stream.
        stream: StreamRef,
        /// The event.
        seq: u64,
        /// What the decoder says.
        cause: Arc<CodecError>,
    },
}

/// Every agent of every workspace as the store has it, in order of registration.
pub fn known_agents(reads: &dyn Reads) -> Result<Vec<KnownAgent>, StoreError> {
    let mut agents = Vec::new();
    for workspace in reads.workspaces()? {
        for row in reads.agents(workspace)? {
            let holders = reads.leases(workspace, row.agent)?;
            agents.push(KnownAgent { row, holders });
        }
    }
    Ok(agents)
}

/// The row that an agent's stream gives; `None` where it registers nothing.
pub fn agent_row(
    reads: &dyn Reads,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<Option<AgentRow>, JournalError> {
    let mut record = None;
    each(reads, StreamRef::new(workspace, agent), |event: AgentEvent| {
        record = AgentRecord::after(record.take(), &event);
    })?;
    let row = |record: AgentRecord| {
        project::agent_row(workspace, &record.registration, record.position, record.stats)
    };
    Ok(record.map(row))
}

/// What passes of tasks have cost, as the workspace's stream tells it, by task; each in the order of its passes.
pub fn spending(
    reads: &dyn Reads,
    workspace: WorkspaceId,
) -> Result<BTreeMap<TaskId, Vec<Spent>>, JournalError> {
    let mut by_task: BTreeMap<TaskId, Vec<Spent>> = BTreeMap::new();
    each(reads, StreamRef::new(workspace, workspace), |WorkspaceEvent::Spent(spent)| {
        by_task.entry(spent.task).or_default().push(spent);
    })?;
    Ok(by_task)
}

fn each<E: JournalEvent>(
    reads: &dyn Reads,
    stream: StreamRef,
    mut take: impl FnMut(E),
) -> Result<(), JournalError> {
    let mut after = 0;
    loop {
        let page: Vec<StoredEvent> = reads.events(&stream, after, READ_EVENTS_MAX)?;
        let Some(last) = page.last().map(|stored| stored.seq) else { return Ok(()) };
        for stored in page {
            let event = decode(stored.kind, stored.kind_version, &stored.body);
            take(event.map_err(|cause| JournalError::Event {
                stream,
                seq: stored.seq,
                cause: Arc::new(cause),
            })?);
        }
        after = last;
    }
}
