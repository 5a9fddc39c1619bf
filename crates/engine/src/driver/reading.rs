//! Reading a task back from the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::task::{Event, Task, decode};
use divisi_llm::outputs::Decomposition;
use divisi_store::{Reads, StoreError, StreamRef};
use serde::Deserialize;

use crate::content::{ContentError, Contents, or_told};
use crate::core::{Loaded, TaskKey};
use crate::crew::Crew;

/// Events read at a time.
const PAGE_EVENTS: usize = 1_000;

/// What is wanted of a [`crate::spec::TaskSpec`] each time a task is read: all that is said of its documents is as long as
/// they are many.
#[derive(Debug, Deserialize)]
struct Titled {
    brief: Title,
}

#[derive(Debug, Deserialize)]
struct Title {
    title: String,
}

/// A task that cannot be read back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be understood.
    #[error(transparent)]
    Codec(#[from] Arc<divisi_domain::task::CodecError>),
    /// Content is missing.
    #[error(transparent)]
    Content(#[from] ContentError),
}

impl ReadError {
    /// Whether the same task may be readable soon: its record is not at fault.
    pub(crate) fn is_passing(&self) -> bool {
        let (Self::Store(error) | Self::Content(ContentError::Store(error))) = self else { return false };
        matches!(error, StoreError::Unavailable { .. } | StoreError::Full)
    }
}

/// A task with what the runner keeps beside it.
pub type ReadTask = Loaded;

/// The state of a task: its snapshot, if it has a usable one, and the events after it. `None`: there is no such task.
pub fn read_state(reads: &dyn Reads, key: TaskKey) -> Result<Option<(Task, u64)>, ReadError> {
    let stream = key.stream();
    let cached = reads.snapshot(&stream, divisi_domain::task::RULES, crate::core::STATE_VERSION)?;
    let cached = cached.and_then(|snapshot| minicbor::decode::<Task>(&snapshot.data).ok());
    let snapshot_seq = cached.as_ref().map_or(0, |task| task.seq);
    let mut task = cached;
    loop {
        let after = task.as_ref().map_or(0, |task| task.seq);
        let page = reads.events(&stream, after, PAGE_EVENTS)?;
        let read = page.len();
        for stored in page {
            let event = decode(stored.kind, stored.kind_version, &stored.body).map_err(Arc::new)?;
            match &mut task {
                Some(task) => task.apply(&event, stored.at),
                None => task = Task::begin(key.task, &event, stored.at),
            }
        }
        if read < PAGE_EVENTS {
            break;
        }
    }
    if let Some(task) = task.as_ref().filter(|task| task.seq == snapshot_seq) {
        whole(reads, &stream, task.seq)?;
    }
    Ok(task.map(|task| (task, snapshot_seq)))
}

/// Refuses a log that ends before the snapshot made of it: its end is lost.
fn whole(reads: &dyn Reads, stream: &StreamRef, seq: u64) -> Result<(), StoreError> {
    let last = reads.last_seq(stream)?.unwrap_or(0);
    if last < seq { Err(StoreError::Corrupt { stream: *stream, seq: last + 1 }) } else { Ok(()) }
}

/// [`read_state`] with crew and titles.
pub fn read_task(reads: &dyn Reads, key: TaskKey) -> Result<Option<ReadTask>, ReadError> {
    let Some((task, snapshot_seq)) = read_state(reads, key)? else { return Ok(None) };
    let contents = Contents::of(reads, key.stream());
    let crew = if task.erased { stand_in(&task)? } else { contents.json(task.submission.crew_content)? };
    let title =
        if task.erased { String::new() } else { contents.json::<Titled>(task.submission.spec)?.brief.title };
    let subtask_titles = titles(&contents, &task)?;
    Ok(Some(Loaded { task, crew: Arc::new(crew), title, subtask_titles, snapshot_seq }))
}

/// [`read_task`] for views: where content is lost or damaged the rest is shown all the same. Nothing runs by it.
pub fn read_shown(reads: &dyn Reads, key: TaskKey) -> Result<Option<ReadTask>, ReadError> {
    let Some((task, snapshot_seq)) = read_state(reads, key)? else { return Ok(None) };
    shown(reads, key, task, snapshot_seq).map(Some)
}

/// A task for views as it stood when pass `pass` was over: before the event that opened the next one. Of the present
/// pass it is [`read_shown`]. `None`: there is no such task, or it has no such pass.
pub fn read_pass(reads: &dyn Reads, key: TaskKey, pass: u16) -> Result<Option<ReadTask>, ReadError> {
    let stream = key.stream();
    let mut task: Option<Task> = None;
    loop {
        let page = reads.events(&stream, task.as_ref().map_or(0, |task| task.seq), PAGE_EVENTS)?;
        let read = page.len();
        for stored in page {
            let event = decode(stored.kind, stored.kind_version, &stored.body).map_err(Arc::new)?;
            let opens = matches!(event, Event::Resumed { .. } | Event::RevisionRequested { .. });
            match task.take() {
                Some(over) if opens && over.pass == pass => return shown(reads, key, over, 0).map(Some),
                Some(mut known) => {
                    known.apply(&event, stored.at);
                    task = Some(known);
                }
                None => task = Task::begin(key.task, &event, stored.at),
            }
        }
        if read < PAGE_EVENTS {
            let Some(mut task) = task.filter(|task| task.pass == pass) else { return Ok(None) };
            // Erasing is told by the last pass, and goes for all.
            task.erased |= read_state(reads, key)?.is_some_and(|(now, _)| now.erased);
            return shown(reads, key, task, 0).map(Some);
        }
    }
}

fn shown(reads: &dyn Reads, key: TaskKey, task: Task, snapshot_seq: u64) -> Result<ReadTask, ReadError> {
    let contents = Contents::of(reads, key.stream());
    let mut told = Vec::new();
    let crew = if task.erased {
        None
    } else {
        or_told(contents.json::<Crew>(task.submission.crew_content), &mut told)?
    };
    let crew = crew.map_or_else(|| stand_in(&task), Ok)?;
    let spec =
        if task.erased { None } else { or_told(contents.json::<Titled>(task.submission.spec), &mut told)? };
    let subtask_titles = match titles(&contents, &task) {
        Err(ReadError::Content(error)) if error.is_lost() => BTreeMap::new(),
        titles => titles?,
    };
    let title = spec.map(|spec| spec.brief.title).unwrap_or_default();
    Ok(Loaded { task, crew: Arc::new(crew), title, subtask_titles, snapshot_seq })
}

/// The crew of a task whose content was erased: its name is all that is left, and nothing runs by it any more.
fn stand_in(task: &Task) -> Result<Crew, ReadError> {
    let shipped = crate::crew::shipped().iter().find_map(|crew| crew.parse().ok());
    let crew: Crew = shipped.ok_or(ContentError::Gone(task.submission.crew_content))?;
    Ok(Crew { name: task.submission.crew.clone(), version: String::new(), ..crew })
}

fn titles(contents: &Contents<'_>, task: &Task) -> Result<BTreeMap<u16, String>, ReadError> {
    let Some(pinned) = task.plan.as_ref().filter(|_| !task.erased) else { return Ok(BTreeMap::new()) };
    let plan: Decomposition = contents.json(pinned.content)?;
    let numbers = pinned.plan.nodes.iter().map(|node| node.number);
    Ok(numbers.zip(plan.subtasks.into_iter().map(|subtask| subtask.title)).collect())
}
