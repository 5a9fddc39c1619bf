//! A folder with very many finished tasks: copies of one that the engine really ran, with all its events, content and
//! rows, under ids and times of their own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use divisi_domain::id::{InputId, TaskId};
use divisi_domain::time::{Millis, Timestamp};
use divisi_store::rows::ProjectionChange;
use divisi_store::{
    Append, Batch, CommitOutcome, Expected, Maintenance, NewBlob, NewEvent, Reads, Store, StoreError,
    StoredEvent, StreamRef,
};
use divisi_store_sqlite::SqliteStore;

use super::plant::WORKSPACE;
use crate::error::BenchError;

/// Copies that may be under way at once.
const UNDER_WAY_MAX: usize = 512;
/// Events read from the original.
const EVENTS_MAX: usize = 1_000;
/// Time between two copies.
const APART: Millis = Millis(1_000);
/// When the first copy was submitted: long ago, so that the last is not in the future.
const EPOCH: Timestamp = Timestamp::from_millis(1_500_000_000_000);

/// The original, taken apart.
pub(crate) struct Copies {
    events: Vec<StoredEvent>,
    rows: Vec<ProjectionChange>,
    contents: Vec<(divisi_domain::blob::BlobRef, Arc<[u8]>)>,
}

impl Copies {
    /// Takes `task` as the original.
    pub(crate) fn of(store: &SqliteStore, task: TaskId) -> Result<Self, BenchError> {
        let stream = StreamRef::new(WORKSPACE, task);
        let projection = store.projection(WORKSPACE, task)?;
        let mut contents = Vec::new();
        for solution in &projection.solutions {
            contents.extend(store.blob(&stream, &solution.blob)?.map(|bytes| (solution.blob, bytes)));
        }
        let events = store.events(&stream, 0, EVENTS_MAX)?;
        Ok(Self { events, rows: projection.into_changes(), contents })
    }

    /// Writes the copies of these numbers; equal numbers are equal tasks.
    pub(crate) fn write(&self, store: &SqliteStore, numbers: std::ops::Range<u64>) -> Result<(), BenchError> {
        let (answer, answers) = sync_channel(UNDER_WAY_MAX);
        let mut under_way = 0;
        for number in numbers {
            if under_way == UNDER_WAY_MAX {
                settle(&answers)?;
                under_way -= 1;
            }
            commit(store, self.copy(number), answer.clone());
            under_way += 1;
        }
        for _ in 0..under_way {
            settle(&answers)?;
        }
        Ok(())
    }

    fn copy(&self, number: u64) -> Batch {
        let (task, at) = (id(number), at(number));
        let stream = StreamRef::new(WORKSPACE, task);
        let new = |(place, event): (u64, &StoredEvent)| NewEvent {
            kind: event.kind,
            kind_version: event.kind_version,
            input_id: InputId(u128::from(number << 16 | place).to_be_bytes()),
            body: event.body.clone(),
        };
        let events: Vec<NewEvent> = (0..).zip(&self.events).map(new).collect();
        let blob = |(blob, bytes): &(_, Arc<[u8]>)| NewBlob { stream, blob: *blob, bytes: Arc::clone(bytes) };
        Batch {
            appends: vec![Append {
                stream,
                expected: Expected::At(0),
                at,
                inputs: events.iter().map(|event| event.input_id).collect(),
                events,
            }],
            blobs: self.contents.iter().map(blob).collect(),
            rows: self.rows.iter().map(|row| renamed(row, task, number, at)).collect(),
            ..Batch::default()
        }
    }
}

/// The task that a copy is.
pub(crate) fn id(number: u64) -> TaskId {
    TaskId::generate(at(number), entropy(number))
}

/// When a copy was submitted.
pub(crate) fn at(number: u64) -> Timestamp {
    EPOCH + Millis(APART.0 * number)
}

/// Ids that grow with their numbers and repeat nowhere.
fn entropy(number: u64) -> [u8; 10] {
    let mut entropy = [0; 10];
    entropy[2..].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    entropy
}

/// Priorities and words vary, so that lists have something to sort and searches something to tell apart.
fn renamed(row: &ProjectionChange, task: TaskId, number: u64, at: Timestamp) -> ProjectionChange {
    let mut row = row.clone();
    match &mut row {
        ProjectionChange::Task(row) => {
            row.task = task;
            row.title = title(number);
            row.priority = u8::try_from(number % 4).unwrap_or(0);
            (row.created_at, row.updated_at, row.completed_at) = (at, at, Some(at));
        }
        ProjectionChange::Subtask(row) => row.task = task,
        ProjectionChange::Solution(row) => row.task = task,
        ProjectionChange::Usage(row) => row.task = task,
        ProjectionChange::Approval(row) => row.task = task,
        ProjectionChange::Agent(_) | ProjectionChange::AgentOutcome(_) => {}
    }
    row
}

/// The title of a copy: words that many have, some have, and one alone has.
pub(crate) fn title(number: u64) -> String {
    let subject = ["harbour", "ledger", "orchard", "signal", "turbine", "vineyard", "workshop"];
    let place = usize::try_from(number % 7).unwrap_or(0);
    format!("Question about the {} of district {} number n{number}", subject[place], number % 1_000)
}

type Answer = divisi_store::Result<CommitOutcome>;

fn commit(store: &SqliteStore, batch: Batch, answer: SyncSender<Answer>) {
    let done = move |outcome| {
        // As many answers fit as are under way.
        let _ = answer.try_send(outcome);
    };
    store.commit(batch.into(), Box::new(done));
}

fn settle(answers: &Receiver<Answer>) -> Result<(), BenchError> {
    match answers.recv().map_err(|_| StoreError::Closed)?? {
        CommitOutcome::Committed { .. } => Ok(()),
        other => Err(BenchError::Invalid(format!("a copy was not taken: {other:?}"))),
    }
}
