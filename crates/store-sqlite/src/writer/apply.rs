//! One batch inside the transaction: every condition first, then the writes, so that a refused batch has written nothing
//! and needs no savepoint.

use divisi_domain::blob::BlobRef;
use divisi_domain::time::Timestamp;
use divisi_store::limits::BLOB_INLINE_BYTES_MAX;
use divisi_store::validation::named_streams;
use divisi_store::{
    Batch, CommitOutcome, Expected, KeptAnswer, NewBlob, Refusal, Result as StoreResult, Snapshot,
    StoreError, StreamRef,
};
use rusqlite::{OptionalExtension, Result};

use super::Writer;
use super::hot::Hot;
use crate::reads::events::snapshot_checksum;

/// Contents from this size on are kept once, however many streams refer to them.
const SHARED_BYTES_MIN: usize = 4 << 10;

/// Answers that are forgotten in one commit, so that none takes long.
const FORGET_ANSWERS_MAX: u32 = 32;

/// The answer to a batch; `Err` inside: this batch alone is at fault.
pub(super) type Answer = StoreResult<CommitOutcome>;

impl Writer<'_> {
    /// The outer error is SQLite's: the transaction must be rolled back.
    pub(crate) fn apply(&mut self, batch: &Batch) -> Result<Answer> {
        for append in &batch.appends {
            if let Err(damage) = self.warm(&append.stream)? {
                return Ok(Err(damage));
            }
        }
        if let Some(answer) = self.already_committed(batch)? {
            return Ok(answer);
        }
        if let Some(refusal) = self.version_conflict(batch) {
            return Ok(Ok(CommitOutcome::Refused(refusal)));
        }
        if let Some(error) = self.unknown_stream(batch)? {
            return Ok(Err(error));
        }
        if let Some(refusal) = self.shared.take(&batch.leases, &batch.reservations) {
            return Ok(Ok(CommitOutcome::Refused(refusal)));
        }
        self.write(batch).map(|seqs| Ok(CommitOutcome::Committed { seqs }))
    }

    fn already_committed(&self, batch: &Batch) -> Result<Option<Answer>> {
        let mut recorded = false;
        for append in &batch.appends {
            recorded = recorded || self.is_recorded(append)?;
        }
        if !recorded {
            return Ok(None);
        }
        let mut first = Vec::with_capacity(batch.appends.len());
        for append in &batch.appends {
            match self.first_outcome(append)? {
                Ok(outcome) => first.push(outcome),
                Err(damage) => return Ok(Some(Err(damage))),
            }
        }
        Ok(Some(Ok(CommitOutcome::AlreadyCommitted { first })))
    }

    fn version_conflict(&self, batch: &Batch) -> Option<Refusal> {
        batch.appends.iter().find_map(|append| {
            let actual = self.hot.get(&append.stream).map_or(0, |hot| hot.last_seq);
            match append.expected {
                Expected::At(expected) if expected != actual => {
                    Some(Refusal::VersionConflict { stream: append.stream, actual })
                }
                Expected::At(_) | Expected::Any => None,
            }
        })
    }

    fn unknown_stream(&mut self, batch: &Batch) -> Result<Option<StoreError>> {
        for stream in named_streams(batch) {
            if batch.appends.iter().any(|append| append.stream == stream) {
                continue;
            }
            if let Err(damage) = self.warm(&stream)? {
                return Ok(Some(damage));
            }
            if self.hot.get(&stream).is_none_or(|hot| !hot.known) {
                let reason = format!("a row, blob or snapshot of {}, which has no event", stream.stream);
                return Ok(Some(StoreError::invalid(reason)));
            }
        }
        Ok(None)
    }

    fn write(&mut self, batch: &Batch) -> Result<Vec<u64>> {
        let mut seqs = Vec::with_capacity(batch.appends.len());
        for append in &batch.appends {
            seqs.push(self.append(append)?);
        }
        self.write_shared(&batch.leases, &batch.reservations)?;
        for blob in &batch.blobs {
            self.write_blob(blob)?;
        }
        for row in &batch.rows {
            self.write_row(row)?;
        }
        for snapshot in &batch.snapshots {
            self.write_snapshot(snapshot)?;
        }
        if let Some(append) = batch.appends.first().filter(|_| !batch.answers.is_empty()) {
            self.forget_answers(append.at)?;
        }
        for kept in &batch.answers {
            self.write_answer(kept)?;
        }
        Ok(seqs)
    }

    /// The key of a stream that [`Self::apply`] found to exist.
    pub(super) fn key_of(&self, stream: &StreamRef) -> Result<i64> {
        self.hot.get(stream).and_then(|hot| hot.key).ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// For rows that are written outside of a batch.
    pub(crate) fn remember_key(&mut self, stream: &StreamRef, key: i64) {
        self.hot.clear();
        self.hot.insert(*stream, Hot { key: Some(key), ..Hot::default() });
    }

    fn write_blob(&mut self, new: &NewBlob) -> Result<()> {
        let key = self.key_of(&new.stream)?;
        let (tag, rest) = crate::reads::split(&new.blob);
        let is_shared = is_inline(new) && new.bytes.len() >= SHARED_BYTES_MIN;
        // Also where the stream has it already: what is damaged is mended.
        let shared = is_shared.then(|| self.shared_content(tag, rest, &new.bytes)).transpose()?;
        if self.statements.find_blob.exists((key, tag, rest))? {
            return Ok(());
        }
        if let Some(shared) = shared {
            return self.statements.refer_to_shared.execute((key, tag, rest, shared)).map(|_| ());
        }
        let bytes = is_inline(new).then_some(&*new.bytes);
        self.statements.insert_blob.execute((key, tag, rest, bytes)).map(|_| ())
    }

    /// The key of a content that is kept once for all streams.
    fn shared_content(&mut self, tag: i32, rest: &[u8], bytes: &[u8]) -> Result<i64> {
        let known = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        match self.statements.find_shared.query_row((tag, rest, bytes), known).optional()? {
            Some((known, true)) => Ok(known),
            // It is damaged: all who refer to it can read it again.
            Some((known, false)) => {
                let sql = "UPDATE shared_contents SET bytes = ?2 WHERE id = ?1";
                self.connection.prepare_cached(sql)?.execute((known, bytes)).map(|_| known)
            }
            None => self.statements.insert_shared.insert((tag, rest, bytes)),
        }
    }

    fn write_answer(&self, kept: &KeptAnswer) -> Result<()> {
        let key = self.key_of(&kept.stream)?;
        let sql = "INSERT OR REPLACE INTO answers (workspace, request, stream, answer, expires)
            SELECT workspace, ?2, id, ?3, ?4 FROM streams WHERE id = ?1";
        let values = (key, kept.request.0, kept.answer.0, kept.expires.as_millis());
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Some of what nobody is given any more, so that the table holds little else than what may be.
    fn forget_answers(&self, now: Timestamp) -> Result<()> {
        let sql = "DELETE FROM answers WHERE (workspace, request) IN
            (SELECT workspace, request FROM answers WHERE expires <= ?1 ORDER BY expires LIMIT ?2)";
        self.connection.prepare_cached(sql)?.execute((now.as_millis(), FORGET_ANSWERS_MAX))?;
        Ok(())
    }

    fn write_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let key = self.key_of(&snapshot.stream)?;
        let sum = snapshot_checksum(snapshot.seq, snapshot.rules, snapshot.state_version, &snapshot.data);
        let sql = "INSERT OR REPLACE INTO snapshots (stream, seq, rules, state_version, crc32c, data)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let seq = snapshot.seq.cast_signed();
        let values = (key, seq, snapshot.rules, snapshot.state_version, sum, &snapshot.data);
        self.connection.prepare_cached(sql)?.execute(values).map(|_| ())
    }
}

/// Whether the bytes go into the table.
pub(crate) fn is_inline(new: &NewBlob) -> bool {
    new.bytes.len() <= BLOB_INLINE_BYTES_MAX
}

/// The blobs of a batch that are files.
pub(crate) fn file_blobs(batch: &Batch) -> impl Iterator<Item = (&BlobRef, &NewBlob)> {
    batch.blobs.iter().filter(|new| !is_inline(new)).map(|new| (&new.blob, new))
}
