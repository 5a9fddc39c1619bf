//! Conditions first, then the writes.

use std::sync::Arc;

use divisi_domain::id::WorkspaceId;

use super::State;
use super::shelf::Shelf;
use crate::batch::{Append, Batch, Expected};
use crate::blob::blob_ref;
use crate::error::{Result, StoreError};
use crate::outcome::{CommitOutcome, FirstOutcome, Refusal};
use crate::rows::{AgentOutcome, AgentRow, ProjectionChange};
use crate::stream::StreamRef;
use crate::validation::{check_batch, named_streams, named_workspaces};

impl State {
    pub(super) fn commit(&mut self, batch: Arc<Batch>) -> Result<CommitOutcome> {
        check_batch(&batch)?;
        self.check_workspaces(&batch)?;
        self.check_blobs(&batch)?;
        if let Some(first) = self.first_outcomes(&batch)? {
            return Ok(CommitOutcome::AlreadyCommitted { first });
        }
        if let Some(refusal) = self.version_conflict(&batch) {
            return Ok(CommitOutcome::Refused(refusal));
        }
        self.check_streams(&batch)?;
        if let Some(refusal) = self.take_shared(&batch) {
            return Ok(CommitOutcome::Refused(refusal));
        }
        Ok(CommitOutcome::Committed { seqs: self.write(Arc::unwrap_or_clone(batch)) })
    }

    fn check_workspaces(&self, batch: &Batch) -> Result<()> {
        let unknown = |workspace: &WorkspaceId| !self.keys.contains_key(workspace);
        match named_workspaces(batch).find(unknown) {
            Some(workspace) => Err(StoreError::invalid(format!("{workspace} was never opened"))),
            None => Ok(()),
        }
    }

    fn check_blobs(&self, batch: &Batch) -> Result<()> {
        for new in &batch.blobs {
            let key = self.keys.get(&new.stream.workspace);
            if key.is_none_or(|key| blob_ref(key, &new.bytes) != new.blob) {
                return Err(StoreError::invalid("a blob's reference is not the keyed hash of its bytes"));
            }
        }
        Ok(())
    }

    fn first_outcomes(&self, batch: &Batch) -> Result<Option<Vec<FirstOutcome>>> {
        let recorded = |append: &Append| {
            self.shelves
                .get(&append.stream)
                .is_some_and(|shelf| append.inputs.iter().any(|input| shelf.has_input(input)))
        };
        if !batch.appends.iter().any(recorded) {
            return Ok(None);
        }
        let unknown = Shelf::new(0);
        let first =
            |append: &Append| self.shelves.get(&append.stream).unwrap_or(&unknown).first_outcome(append);
        batch.appends.iter().map(first).collect::<Result<_>>().map(Some)
    }

    fn version_conflict(&self, batch: &Batch) -> Option<Refusal> {
        batch.appends.iter().find_map(|append| {
            let actual = self.shelves.get(&append.stream).map_or(0, |shelf| shelf.last_seq);
            match append.expected {
                Expected::At(expected) if expected != actual => {
                    Some(Refusal::VersionConflict { stream: append.stream, actual })
                }
                Expected::At(_) | Expected::Any => None,
            }
        })
    }

    fn check_streams(&self, batch: &Batch) -> Result<()> {
        let unknown = |stream: &StreamRef| {
            !self.shelves.contains_key(stream) && !batch.appends.iter().any(|append| append.stream == *stream)
        };
        match named_streams(batch).find(unknown) {
            Some(stream) => Err(StoreError::invalid(format!(
                "a row, blob or snapshot of {}, which has no event",
                stream.stream
            ))),
            None => Ok(()),
        }
    }

    fn take_shared(&mut self, batch: &Batch) -> Option<Refusal> {
        let undo = match self.slots.apply(&batch.leases) {
            Ok(undo) => undo,
            Err(agent) => return Some(Refusal::LeaseUnavailable { agent }),
        };
        match self.accounts.apply(&batch.reservations) {
            Ok(_) => None,
            Err(workspace) => {
                self.slots.revert(undo);
                Some(Refusal::ReservationRefused { workspace })
            }
        }
    }

    fn write(&mut self, batch: Batch) -> Vec<u64> {
        let seqs = batch.appends.iter().map(|append| self.append(append)).collect();
        for blob in batch.blobs {
            if let Some(shelf) = self.shelves.get_mut(&blob.stream) {
                shelf.blobs.entry(blob.blob).or_insert(blob.bytes);
            }
        }
        for row in batch.rows {
            self.put_row(row);
        }
        for snapshot in batch.snapshots {
            if let Some(shelf) = self.shelves.get_mut(&snapshot.stream) {
                shelf.snapshot = Some(snapshot);
            }
        }
        for kept in batch.answers {
            self.answers.insert((kept.stream.workspace, kept.request), kept);
        }
        seqs
    }

    fn append(&mut self, append: &Append) -> u64 {
        let (order, record) = (self.tick(), self.tick());
        self.shelves.entry(append.stream).or_insert_with(|| Shelf::new(order)).append(append, record)
    }

    pub(super) fn put_row(&mut self, row: ProjectionChange) {
        match row {
            ProjectionChange::Agent(row) => {
                let key = (row.workspace, row.agent);
                let stats = self.agents.get(&key).map_or(row.stats, |known| known.stats);
                self.agents.insert(key, AgentRow { stats, ..row });
            }
            ProjectionChange::AgentOutcome(AgentOutcome { workspace, agent, outcome }) => {
                if let Some(row) = self.agents.get_mut(&(workspace, agent)) {
                    row.stats = row.stats.after(outcome);
                }
            }
            row => {
                if let Some(task) = row.task() {
                    self.rows.entry(StreamRef::new(row.workspace(), task)).or_default().put(row);
                }
            }
        }
    }
}
