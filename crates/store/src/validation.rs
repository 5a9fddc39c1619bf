//! What every back end checks before it looks at its data, so that a batch means the same everywhere.

use std::hash::Hash;

use divisi_domain::id::{TaskId, WorkspaceId};
use rustc_hash::FxHashSet;

use crate::batch::{Append, Batch};
use crate::budget::Reservation;
use crate::error::{Result, StoreError};
use crate::limits::{
    APPEND_EVENTS_MAX, APPEND_INPUTS_MAX, BATCH_APPENDS_MAX, BATCH_BLOB_BYTES_MAX, BATCH_CHANGES_MAX,
    BLOB_BYTES_MAX, EVENT_BODY_BYTES_MAX, KEY_BYTES_MAX, SNAPSHOT_BYTES_MAX, TITLE_BYTES_MAX,
};
use crate::maintenance::TaskProjection;
use crate::rows::ProjectionChange;
use crate::stream::StreamRef;

/// Checks the shape of a batch: limits, streams and rows named once, events that name a known input.
pub fn check_batch(batch: &Batch) -> Result<()> {
    within("appends of a batch", batch.appends.len(), BATCH_APPENDS_MAX)?;
    within("leases of a batch", batch.leases.len(), BATCH_CHANGES_MAX)?;
    within("reservations of a batch", batch.reservations.len(), BATCH_CHANGES_MAX)?;
    within("rows of a batch", batch.rows.len(), BATCH_CHANGES_MAX)?;
    within("snapshots of a batch", batch.snapshots.len(), BATCH_CHANGES_MAX)?;
    within("answers of a batch", batch.answers.len(), BATCH_CHANGES_MAX)?;
    within("blobs of a batch", batch.blobs.len(), BATCH_CHANGES_MAX)?;
    distinct("stream", batch.appends.iter().map(|append| append.stream))?;
    distinct("snapshot", batch.snapshots.iter().map(|snapshot| snapshot.stream))?;
    distinct("answer", batch.answers.iter().map(|kept| (kept.stream.workspace, kept.request)))?;
    distinct("row", batch.rows.iter().enumerate().map(RowKey::of))?;
    for append in &batch.appends {
        check_append(append, batch)?;
    }
    check_sizes(batch)
}

/// Every workspace that a batch names, once or more.
pub fn named_workspaces(batch: &Batch) -> impl Iterator<Item = WorkspaceId> {
    let appends = batch.appends.iter().map(|append| append.stream.workspace);
    let blobs = batch.blobs.iter().map(|blob| blob.stream.workspace);
    let reservations = batch.reservations.iter().map(Reservation::workspace);
    let leases = batch.leases.iter().map(|lease| lease.agent().0);
    let rows = batch.rows.iter().map(ProjectionChange::workspace);
    let snapshots = batch.snapshots.iter().map(|snapshot| snapshot.stream.workspace);
    let answers = batch.answers.iter().map(|kept| kept.stream.workspace);
    appends.chain(blobs).chain(reservations).chain(leases).chain(rows).chain(snapshots).chain(answers)
}

/// Every stream that must exist, or be appended to in the batch, for its rows, blobs and snapshots.
pub fn named_streams(batch: &Batch) -> impl Iterator<Item = StreamRef> {
    let blobs = batch.blobs.iter().map(|blob| blob.stream);
    let rows = batch.rows.iter().filter_map(|row| Some(StreamRef::new(row.workspace(), row.task()?)));
    let snapshots = batch.snapshots.iter().map(|snapshot| snapshot.stream);
    let answers = batch.answers.iter().map(|kept| kept.stream);
    blobs.chain(rows).chain(snapshots).chain(answers)
}

/// Checks that all rows are of the task that they are to be the rows of.
pub fn check_projection(workspace: WorkspaceId, task: TaskId, rows: &TaskProjection) -> Result<()> {
    let changes = rows.clone().into_changes();
    distinct("row", changes.iter().enumerate().map(RowKey::of))?;
    changes.iter().try_for_each(check_row)?;
    if changes.iter().all(|row| row.workspace() == workspace && row.task() == Some(task)) {
        return Ok(());
    }
    Err(StoreError::invalid(format!("a row that is not of {task}")))
}

fn check_append(append: &Append, batch: &Batch) -> Result<()> {
    within("events of an append", append.events.len(), APPEND_EVENTS_MAX)?;
    within("inputs of an append", append.inputs.len(), APPEND_INPUTS_MAX)?;
    if append.inputs.is_empty() && append.events.is_empty() {
        return Err(StoreError::invalid("an append without inputs and without events"));
    }
    for event in &append.events {
        within("bytes of an event", event.body.len(), EVENT_BODY_BYTES_MAX)?;
        let known = if append.inputs.is_empty() {
            batch.appends.iter().any(|other| other.inputs.contains(&event.input_id))
        } else {
            append.inputs.contains(&event.input_id)
        };
        if !known {
            return Err(StoreError::invalid("an event names an input that its batch does not list"));
        }
    }
    Ok(())
}

fn check_sizes(batch: &Batch) -> Result<()> {
    for blob in &batch.blobs {
        within("bytes of a blob", blob.bytes.len(), BLOB_BYTES_MAX)?;
    }
    within(
        "bytes of all blobs",
        batch.blobs.iter().map(|blob| blob.bytes.len()).sum(),
        BATCH_BLOB_BYTES_MAX,
    )?;
    for snapshot in &batch.snapshots {
        within("bytes of a snapshot", snapshot.data.len(), SNAPSHOT_BYTES_MAX)?;
    }
    for lease in &batch.leases {
        within("bytes of a lease's holder", lease.holder().len(), KEY_BYTES_MAX)?;
    }
    for reservation in &batch.reservations {
        match reservation {
            Reservation::Reserve { key, .. } | Reservation::Settle { key, .. } => {
                within("bytes of a reservation's key", key.len(), KEY_BYTES_MAX)?;
            }
            Reservation::SetCap { .. } => {}
        }
    }
    batch.rows.iter().try_for_each(check_row)
}

fn check_row(row: &ProjectionChange) -> Result<()> {
    match row {
        ProjectionChange::Task(row) => within("bytes of a title", row.title.len(), TITLE_BYTES_MAX),
        ProjectionChange::Subtask(row) => within("bytes of a title", row.title.len(), TITLE_BYTES_MAX),
        ProjectionChange::Solution(_)
        | ProjectionChange::Usage(_)
        | ProjectionChange::Approval(_)
        | ProjectionChange::Agent(_)
        | ProjectionChange::AgentOutcome(_) => Ok(()),
    }
}

fn within(what: &str, count: usize, max: usize) -> Result<()> {
    if count > max {
        return Err(StoreError::invalid(format!("{count} {what}, the limit is {max}")));
    }
    Ok(())
}

fn distinct<T: Eq + Hash>(what: &str, items: impl ExactSizeIterator<Item = T>) -> Result<()> {
    if items.len() < 2 {
        return Ok(());
    }
    let mut seen = FxHashSet::with_capacity_and_hasher(items.len(), rustc_hash::FxBuildHasher);
    for item in items {
        if !seen.insert(item) {
            return Err(StoreError::invalid(format!("the same {what} twice in one batch")));
        }
    }
    Ok(())
}

/// The key of a row: a batch writes each at most once.
#[derive(PartialEq, Eq, Hash)]
enum RowKey<'a> {
    Task(&'a [u8; 16]),
    Subtask(&'a [u8; 16], u16),
    Solution(&'a [u8; 16], u8, u16, u8, u16),
    Usage(&'a [u8; 16], divisi_domain::path::EffectPath, u16),
    Approval(&'a [u8; 16], u16),
    Agent(&'a [u8; 16]),
    /// It is no row: each is one of its own, by its place.
    AgentOutcome(usize),
}

impl RowKey<'_> {
    fn of((place, row): (usize, &ProjectionChange)) -> RowKey<'_> {
        match row {
            ProjectionChange::Task(row) => RowKey::Task(row.task.as_bytes()),
            ProjectionChange::Subtask(row) => RowKey::Subtask(row.task.as_bytes(), row.number),
            ProjectionChange::Solution(row) => {
                RowKey::Solution(row.task.as_bytes(), row.kind.code(), row.subtask, row.version, row.pass)
            }
            ProjectionChange::Usage(row) => RowKey::Usage(row.task.as_bytes(), row.path, row.attempt),
            ProjectionChange::Approval(row) => RowKey::Approval(row.task.as_bytes(), row.number),
            ProjectionChange::Agent(row) => RowKey::Agent(row.agent.as_bytes()),
            ProjectionChange::AgentOutcome(_) => RowKey::AgentOutcome(place),
        }
    }
}
