//! Rows of tasks and agents built anew from their logs, and compared with those that are there.

use std::collections::BTreeMap;

use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::journal::{Spent, spends};
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Task, decode};
use divisi_store::rows::{ProjectionChange, SolutionKind};
use divisi_store::{Maintenance, Reads, Sort, StoreError, TaskProjection, TaskQuery};

use crate::content::{ContentError, Contents};
use crate::core::TaskKey;
use crate::journal::{JournalError, agent_row, spending};
use crate::project::{Titles, rows};
use crate::view::{spec, subtask_texts};

/// Events read at a time.
const PAGE_EVENTS: usize = 1_000;
/// Tasks read at a time.
const PAGE_TASKS: u32 = 100;

/// A log that rows cannot be built from.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RebuildError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Content is missing.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The stream of an agent or of the workspace cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event cannot be understood.
    #[error("event {seq} of {task} cannot be understood: {cause}")]
    Event {
        /// The task.
        task: TaskId,
        /// The event.
        seq: u64,
        /// What the decoder says.
        cause: String,
    },
}

impl RebuildError {
    fn is_of_one_task(&self) -> bool {
        match self {
            Self::Store(error) | Self::Content(ContentError::Store(error)) => error.is_damage(),
            Self::Content(_) | Self::Event { .. } => true,
            Self::Journal(_) => false,
        }
    }
}

/// What a rebuild came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Tasks that were looked at.
    pub tasks: u64,
    /// Tasks whose rows were not as their logs say; they are replaced.
    pub differing: Vec<TaskId>,
    /// Agents whose rows were not as their streams say; they are replaced.
    pub agents: Vec<AgentId>,
    /// Tasks of whose cost the workspace's stream says something else than their logs. Facts are not replaced.
    pub unbalanced: Vec<TaskId>,
    /// Tasks that no rows can be built of, with the reason; their rows stay as they are.
    pub damaged: Vec<(TaskId, String)>,
}

impl Rebuilt {
    /// Whether everything was as the logs say.
    pub fn agrees(&self) -> bool {
        self.differing.is_empty()
            && self.agents.is_empty()
            && self.unbalanced.is_empty()
            && self.damaged.is_empty()
    }
}

/// Builds the rows of every task and agent of a workspace anew and replaces those that differ.
pub fn all(store: &dyn Maintenance, workspace: WorkspaceId) -> Result<Rebuilt, RebuildError> {
    let mut outcome = Rebuilt { agents: agents(store, workspace)?, ..Rebuilt::default() };
    let told = spending(store as &dyn Reads, workspace)?;
    let mut after = None;
    loop {
        let query = TaskQuery { sort: Sort::Created, after, limit: PAGE_TASKS, ..TaskQuery::default() };
        let page = store.tasks(workspace, &query)?;
        let Some(last) = page.rows.last() else { return Ok(outcome) };
        after = Some(last.task);
        for row in &page.rows {
            outcome.tasks += 1;
            let key = TaskKey::new(workspace, row.task);
            let (fresh, spent) = match replay(store as &dyn Reads, key) {
                Ok(replayed) => replayed,
                // One damaged task keeps no other from being mended.
                Err(error) if error.is_of_one_task() => {
                    outcome.damaged.push((row.task, error.to_string()));
                    continue;
                }
                Err(error) => return Err(error),
            };
            if told.get(&row.task).map_or(&[][..], Vec::as_slice) != spent {
                outcome.unbalanced.push(row.task);
            }
            if fresh != store.projection(workspace, row.task)? {
                store.replace_projection(workspace, row.task, fresh)?;
                outcome.differing.push(row.task);
            }
        }
    }
}

fn agents(store: &dyn Maintenance, workspace: WorkspaceId) -> Result<Vec<AgentId>, RebuildError> {
    let mut differing = Vec::new();
    for row in store.agents(workspace)? {
        let fresh = agent_row(store as &dyn Reads, workspace, row.agent)?;
        if let Some(fresh) = fresh.filter(|fresh| *fresh != row) {
            store.replace_agent(fresh)?;
            differing.push(row.agent);
        }
    }
    Ok(differing)
}

/// The rows of one task and what its passes have cost, from its log alone.
fn replay(reads: &dyn Reads, key: TaskKey) -> Result<(TaskProjection, Vec<Spent>), RebuildError> {
    let batches = batches(reads, key)?;
    let spent = spends(key.task, None, batches.iter().flatten().map(|(event, _)| event));
    let spent = spent.into_iter().map(|(_, spent)| spent).collect();
    // Of erased content no title is left, whenever it was written.
    let erased = batches.iter().flatten().any(|(event, _)| matches!(event, Event::ContentErased));
    let mut changes: BTreeMap<RowKey, ProjectionChange> = BTreeMap::new();
    let mut task: Option<Task> = None;
    for batch in &batches {
        let before = task.clone();
        for (event, at) in batch {
            match &mut task {
                Some(task) => task.apply(event, *at),
                None => task = Task::begin(key.task, event, *at),
            }
        }
        let (Some(after), Some((_, at))) = (&task, batch.last()) else { continue };
        let titles = if erased { Default::default() } else { titles(reads, key, after)? };
        let titles = Titles { task: &titles.0, subtasks: &titles.1 };
        let events: Vec<&Event> = batch.iter().map(|(event, _)| event).collect();
        for change in rows(key, before.as_ref(), after, &events, titles, *at) {
            changes.insert(row_key(&change), change);
        }
    }
    Ok((collect(changes), spent))
}

type Batch = Vec<(Event, divisi_domain::time::Timestamp)>;

/// The events as they were committed together: by the time that a commit gives all of its own.
fn batches(reads: &dyn Reads, key: TaskKey) -> Result<Vec<Batch>, RebuildError> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut after = 0;
    loop {
        let page = reads.events(&key.stream(), after, PAGE_EVENTS)?;
        let full = page.len() == PAGE_EVENTS;
        for stored in page {
            after = stored.seq;
            let wrong = |error: divisi_domain::task::CodecError| RebuildError::Event {
                task: key.task,
                seq: stored.seq,
                cause: error.to_string(),
            };
            let event = decode(stored.kind, stored.kind_version, &stored.body).map_err(wrong)?;
            match batches.last_mut().filter(|batch| batch.last().is_some_and(|(_, at)| *at == stored.at)) {
                Some(batch) => batch.push((event, stored.at)),
                None => batches.push(vec![(event, stored.at)]),
            }
        }
        if !full {
            return Ok(batches);
        }
    }
}

/// Titles as the content has them; a plan that was written again gives its new ones.
fn titles(
    reads: &dyn Reads,
    key: TaskKey,
    task: &Task,
) -> Result<(String, BTreeMap<u16, String>), RebuildError> {
    let contents = Contents::of(reads, key.stream());
    let title = spec(&contents, task)?.map(|spec| spec.brief.title).unwrap_or_default();
    let texts = subtask_texts(&contents, task)?;
    Ok((title, texts.into_iter().map(|(number, text)| (number, text.title)).collect()))
}

/// What makes a row the same row; sorted as the projection has its rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum RowKey {
    Task,
    Subtask(u16),
    Solution(u16, SolutionKind, u16, u8),
    Usage(EffectPath, u16),
    Approval(u16),
    Agent,
}

const fn row_key(change: &ProjectionChange) -> RowKey {
    match change {
        ProjectionChange::Task(_) => RowKey::Task,
        ProjectionChange::Subtask(row) => RowKey::Subtask(row.number),
        ProjectionChange::Solution(row) => RowKey::Solution(row.pass, row.kind, row.subtask, row.version),
        ProjectionChange::Usage(row) => RowKey::Usage(row.path, row.attempt),
        ProjectionChange::Approval(row) => RowKey::Approval(row.number),
        ProjectionChange::Agent(_) | ProjectionChange::AgentOutcome(_) => RowKey::Agent,
    }
}

fn collect(changes: BTreeMap<RowKey, ProjectionChange>) -> TaskProjection {
    let mut projection = TaskProjection::default();
    for change in changes.into_values() {
        match change {
            ProjectionChange::Task(row) => projection.task = Some(row),
            ProjectionChange::Subtask(row) => projection.subtasks.push(row),
            ProjectionChange::Solution(row) => projection.solutions.push(row),
            ProjectionChange::Usage(row) => projection.usage.push(row),
            ProjectionChange::Approval(row) => projection.approvals.push(row),
            ProjectionChange::Agent(_) | ProjectionChange::AgentOutcome(_) => {}
        }
    }
    projection
}
