use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use divisi_domain::id::WorkspaceId;
use divisi_store::{IndexEntry, IndexKey, IndexKind, Result, StoreError};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OptionalExtension};

use super::{checksum, schema, search};
use crate::connection::BUSY_WAIT;
use crate::error::{Failure, read_error};

pub(super) enum Job {
    Put(Vec<IndexEntry>),
    Delete(Vec<IndexKey>),
    Clear,
    Flush(SyncSender<Result<()>>),
    Verify(SyncSender<Result<bool>>),
    Stop,
}

/// Quiet time after which the WAL is emptied where deleted text is in it.
const QUIET: Duration = Duration::from_millis(500);
/// Jobs after which that is done without a quiet moment.
const EMPTY_JOBS: u32 = 16;

/// The thread's body. A failed write is told at the next flush; the index is a cache, so work goes on.
pub(super) fn run(mut connection: Connection, jobs: &Receiver<Job>) {
    let mut failed = None;
    let mut deleted = Deleted(Some(0));
    loop {
        let job = match deleted.next(jobs) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                deleted.empty(&connection);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let outcome = match job {
            Job::Put(entries) => put(&mut connection, &entries),
            Job::Delete(keys) => {
                deleted = Deleted(Some(0));
                delete(&mut connection, &keys)
            }
            Job::Clear => {
                deleted = Deleted(Some(0));
                schema::clear(&connection)
            }
            Job::Flush(answer) => {
                let flushed = failed.take().map_or_else(|| flush(&connection), Err);
                deleted.empty(&connection);
                let _ = answer.send(flushed);
                Ok(())
            }
            Job::Verify(answer) => {
                let _ = answer.send(verify(&connection));
                Ok(())
            }
            Job::Stop => break,
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "writing to the search index failed");
            note_damage(&connection, &error);
            failed = Some(Failure::of(&error).into_error());
        }
        deleted.empty_if_due(&connection);
    }
    let _ = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE);
}

/// Whether deleted text may still be in the WAL, and for how many jobs. So it is at the start: an earlier process may have
/// been killed over it.
struct Deleted(Option<u32>);

impl Deleted {
    fn next(&self, jobs: &Receiver<Job>) -> std::result::Result<Job, RecvTimeoutError> {
        match self.0 {
            Some(_) => jobs.recv_timeout(QUIET),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn empty_if_due(&mut self, connection: &Connection) {
        match &mut self.0 {
            None => {}
            Some(EMPTY_JOBS..) => self.empty(connection),
            Some(jobs) => *jobs += 1,
        }
    }

    /// Empties the WAL. Nobody waits for the readers that still need it: it is tried again.
    fn empty(&mut self, connection: &Connection) {
        if self.0.is_none() {
            return;
        }
        let emptied = connection.busy_timeout(Duration::ZERO).is_ok()
            && connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE).is_ok();
        let _ = connection.busy_timeout(BUSY_WAIT);
        self.0 = (!emptied).then_some(0);
    }
}

fn note_damage(connection: &Connection, error: &rusqlite::Error) {
    if let Some(path) = connection.path() {
        schema::note_damage(Path::new(path), error);
    }
}

/// Compares the indexes with the texts and these with their checksums, and looks at every page.
fn verify(connection: &Connection) -> Result<bool> {
    let checks = "INSERT INTO texts (texts, rank) VALUES ('integrity-check', 1);
         INSERT INTO titles (titles, rank) VALUES ('integrity-check', 1);";
    let index = connection.execute_batch(checks);
    let pages = index.and_then(|()| {
        connection.query_row("PRAGMA integrity_check(1)", [], |row| Ok(row.get::<_, String>(0)? == "ok"))
    });
    match pages.and_then(|whole| Ok(whole && checksum::agree(connection)?)) {
        Ok(true) => Ok(true),
        Err(error) if !schema::is_damage(&error) => Err(read_error(&error)),
        Ok(false) | Err(_) => {
            connection.path().into_iter().for_each(|path| schema::mark_damaged(Path::new(path)));
            Ok(false)
        }
    }
}

fn flush(connection: &Connection) -> Result<()> {
    match connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(StoreError::Unavailable { context: "syncing the search index", cause: error.to_string() })
        }
    }
}

/// Entries go in by their numbers: the full-text index would begin a new part of itself wherever these fall back.
fn put(connection: &mut Connection, entries: &[IndexEntry]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    // Of two that have one name the last is put.
    let numbered = entries.iter().map(|entry| Ok((number(&transaction, entry)?, entry)));
    for (id, entry) in numbered.collect::<rusqlite::Result<BTreeMap<_, _>>>()? {
        put_text(&transaction, id, entry)?;
    }
    transaction.commit()
}

/// The number of an entry; its old text is taken out.
fn number(connection: &Connection, entry: &IndexEntry) -> rusqlite::Result<i64> {
    let key = &entry.key;
    let (at, sum) = (entry.at.as_millis(), checksum::of(entry));
    if let Some(id) = forget_text(connection, key)? {
        let sql = "UPDATE entries SET at = ?2, crc32c = ?3 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute((id, at, sum))?;
        return Ok(id);
    }
    let (first, last) = search::numbers(workspace_number(connection, key.workspace)?);
    let sql = "INSERT INTO entries (id, workspace, kind, uuid, at, crc32c)
         SELECT coalesce(min(id), ?2 + 1) - 1, ?3, ?4, ?5, ?6, ?7 FROM entries WHERE id BETWEEN ?1 AND ?2";
    let values = (first, last, key.workspace.as_bytes(), key.kind.code(), key.id, at, sum);
    connection.prepare_cached(sql)?.insert(values)
}

fn workspace_number(connection: &Connection, workspace: WorkspaceId) -> rusqlite::Result<i64> {
    if let Some(number) = search::number_of(connection, workspace)? {
        return Ok(number);
    }
    let sql = "INSERT INTO workspaces (workspace) VALUES (?1)";
    connection.prepare_cached(sql)?.insert([workspace.as_bytes()])
}

fn put_text(connection: &Connection, id: i64, entry: &IndexEntry) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO texts (rowid, title, text) VALUES (?1, ?2, ?3)")?.execute((
        id,
        &entry.title,
        &entry.text,
    ))?;
    if entry.key.kind == IndexKind::Task {
        connection
            .prepare_cached("INSERT INTO titles (rowid, title) VALUES (?1, ?2)")?
            .execute((id, &entry.title))?;
    }
    Ok(())
}

fn delete(connection: &mut Connection, keys: &[IndexKey]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for key in keys {
        if let Some(id) = forget_text(&transaction, key)? {
            transaction.prepare_cached("DELETE FROM entries WHERE id = ?1")?.execute([id])?;
        }
    }
    transaction.commit()
}

/// Takes an entry's text out; its number, if there is such an entry.
fn forget_text(connection: &Connection, key: &IndexKey) -> rusqlite::Result<Option<i64>> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT id FROM entries WHERE uuid = ?1 AND kind = ?2 AND workspace = ?3")?
        .query_row((key.id, key.kind.code(), key.workspace.as_bytes()), |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        if key.kind == IndexKind::Task {
            connection.prepare_cached("DELETE FROM titles WHERE rowid = ?1")?.execute([id])?;
        }
        connection.prepare_cached("DELETE FROM texts WHERE rowid = ?1")?.execute([id])?;
    }
    Ok(found)
}
