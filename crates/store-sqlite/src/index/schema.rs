//! The index file: made anew rather than migrated or repaired.

use std::ffi::CStr;
use std::fs;
use std::path::{Path, PathBuf};

use divisi_store::{Result, StoreError};
use rusqlite::{Connection, ErrorCode};

use crate::connection::{self, APPLICATION_ID, check_ours, pragma, reader_flags, unusable, writer_flags};

/// A file of any other version is made anew.
const VERSION: u32 = 5;

/// The numbers of a workspace's entries lie together, so that a search looks at no other's: the workspace's own number stands
/// above these bits. They go down from the highest, so that the newest entry comes first: the full-text index goes through
/// a common word backwards far more slowly (6 ms instead of 0.3, for one old entry that has two common words and a rare one).
pub(super) const ENTRY_BITS: u32 = 40;

/// Pages of the full-text tables are small, since a word that stands in most entries is read a page at a time around each
/// entry that has the other words.
const SCHEMA: &str = "
    CREATE TABLE workspaces (
        number    INTEGER PRIMARY KEY,
        workspace BLOB    NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE entries (
        id        INTEGER PRIMARY KEY,
        workspace BLOB    NOT NULL,
        kind      INTEGER NOT NULL,
        uuid      BLOB    NOT NULL,
        at        INTEGER NOT NULL,
        crc32c    INTEGER NOT NULL,
        UNIQUE (uuid, kind, workspace)
    ) STRICT;
    CREATE VIRTUAL TABLE texts USING fts5 (title, text, tokenize = \"unicode61 remove_diacritics 2\");
    CREATE VIRTUAL TABLE titles USING fts5 (title, tokenize = \"unicode61 remove_diacritics 2\");
    CREATE VIRTUAL TABLE text_words USING fts5vocab (texts, instance);
    CREATE VIRTUAL TABLE title_words USING fts5vocab (titles, instance);
    INSERT INTO texts (texts, rank) VALUES ('pgsz', 1000);
    INSERT INTO titles (titles, rank) VALUES ('pgsz', 1000);
    INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);
    INSERT INTO titles (titles, rank) VALUES ('secure-delete', 1);";

/// Whether an index was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexOrigin {
    /// It was there, and its file is whole as far as opening it tells. How much is in it is another matter: whoever
    /// filled it may have died before the end.
    Existing,
    /// It is new and empty.
    Fresh,
}

/// The writer's connection.
pub(super) fn open(path: &Path, vfs: Option<&CStr>) -> Result<(Connection, IndexOrigin)> {
    if damage_note(path).exists() {
        remove(path);
    }
    match open_one(path, vfs) {
        Ok(opened) => Ok(opened),
        Err(StoreError::Foreign { .. }) if !is_foreign(path, vfs) => {
            remove(path);
            open_one(path, vfs)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn open_reader(path: &Path, vfs: Option<&CStr>) -> Result<Connection> {
    connection::open(path, reader_flags(), vfs)
}

/// Whether an error says that the file itself is damaged.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(error, rusqlite::Error::Utf8Error(..) | rusqlite::Error::FromSqlConversionFailure(..))
        || is_unusable_table(error)
}

/// What the full-text index says of a damaged table of its own has the code of any wrong statement, and only words of its own.
fn is_unusable_table(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(_, Some(said)) = error else { return false };
    ["invalid fts5 file format", "vtable constructor failed"].iter().any(|words| said.contains(words))
}

/// Remembers that the file is damaged, if that is what `error` says.
pub(super) fn note_damage(path: &Path, error: &rusqlite::Error) {
    if is_damage(error) {
        tracing::warn!(%error, "the search index is damaged; it is made anew at the next start");
        mark_damaged(path);
    }
}

/// Has the file made anew at the next start.
pub(super) fn mark_damaged(path: &Path) {
    let _ = fs::write(damage_note(path), b"");
}

/// Empties the index.
pub(super) fn clear(connection: &Connection) -> rusqlite::Result<()> {
    // Rolled back where it fails: a connection that is left in a transaction takes no other.
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(&format!(
        "DROP TABLE IF EXISTS title_words; DROP TABLE IF EXISTS text_words;
         DROP TABLE IF EXISTS titles; DROP TABLE IF EXISTS texts;
         DROP TABLE IF EXISTS entries; DROP TABLE IF EXISTS workspaces; {SCHEMA}"
    ))?;
    transaction.commit()
}

fn open_one(path: &Path, vfs: Option<&CStr>) -> Result<(Connection, IndexOrigin)> {
    let connection = connection::open(path, writer_flags(), vfs)?;
    check_ours(&connection, path)?;
    prepare(&connection).map(|origin| (connection, origin)).map_err(|error| unusable(path, &error))
}

fn prepare(connection: &Connection) -> rusqlite::Result<IndexOrigin> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    let version: u32 = pragma(connection, "user_version")?;
    if version == VERSION {
        check_tables(connection)?;
        connection.query_row("SELECT count(*) FROM (SELECT 1 FROM entries LIMIT 1)", [], |_| Ok(()))?;
        return Ok(IndexOrigin::Existing);
    }
    clear(connection)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    Ok(IndexOrigin::Fresh)
}

/// Refuses a file whose tables are not declared as ours are. A flipped bit in a declaration is found nowhere else: the
/// file opens, and then neither the table can be used nor dropped.
fn check_tables(connection: &Connection) -> rusqlite::Result<()> {
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(SCHEMA)?;
    if declared(connection)? == declared(&ours)? {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some("its tables are not declared as they were".into())))
}

type Declared = (Vec<u8>, Option<Vec<u8>>);

/// Name and declaration of each table and index; bytes, for a flipped bit may leave no text.
fn declared(connection: &Connection) -> rusqlite::Result<Vec<Declared>> {
    let mut select = connection
        .prepare("SELECT CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema ORDER BY name")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// A database of another program is left alone; a damaged one of ours has lost nothing that is not elsewhere. The mark that
/// says whose it is may be what is damaged: where the tables are ours, so is the file.
fn is_foreign(path: &Path, vfs: Option<&CStr>) -> bool {
    let Ok(connection) = connection::open(path, reader_flags(), vfs) else { return false };
    let reason = check_ours(&connection, path);
    let is_others =
        matches!(reason, Err(StoreError::Foreign { reason, .. }) if reason.contains("another program"));
    is_others && check_tables(&connection).is_err()
}

fn damage_note(path: &Path) -> PathBuf {
    path.with_extension("damaged")
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
    let _ = fs::remove_file(damage_note(path));
}
