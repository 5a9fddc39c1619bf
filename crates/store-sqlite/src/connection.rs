//! Opening the database: what is ours, what is not, and how it is written.

use std::ffi::CStr;
use std::path::Path;
use std::time::Duration;

use divisi_store::{Result, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::folder::DataFolder;
use crate::migrate;

/// `DIVI`, in the header of every file of ours.
pub(crate) const APPLICATION_ID: i32 = 0x4449_5649;
/// How long a statement waits for another process before it gives up. Readers never wait for the writer.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Prepared statements kept by each reader.
const STATEMENTS_KEPT: usize = 64;
/// Page cache of the writer and of each reader.
const WRITER_CACHE_KIB: i64 = 8 * 1024;
const READER_CACHE_KIB: i64 = 1024;
/// A longer WAL file is cut back to this after a checkpoint.
const WAL_KEPT_BYTES: i64 = 64 << 20;

/// The owner's connection: creates, migrates, writes durably.
pub(crate) fn open_writer(folder: &DataFolder) -> Result<Connection> {
    let path = &folder.database();
    let mut connection = open(path, writer_flags(), folder.disk().vfs())?;
    check_ours(&connection, path)?;
    configure_writer(&connection).map_err(|error| unusable(path, &error))?;
    migrate::migrate(&mut connection, path)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(crate) fn open_reader(folder: &DataFolder) -> Result<Connection> {
    let path = &folder.database();
    let connection = open(path, reader_flags(), folder.disk().vfs())?;
    check_ours(&connection, path)?;
    connection
        .pragma_update(None, "cache_size", -READER_CACHE_KIB)
        .map_err(|error| unusable(path, &error))?;
    migrate::check_version(&connection, path)?;
    Ok(connection)
}

pub(crate) fn writer_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

pub(crate) fn reader_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

pub(crate) fn open(path: &Path, flags: OpenFlags, vfs: Option<&CStr>) -> Result<Connection> {
    let opened = match vfs {
        None => Connection::open_with_flags(path, flags),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
    };
    let connection = opened.map_err(|error| unusable(path, &error))?;
    connection.busy_timeout(BUSY_WAIT).map_err(|error| unusable(path, &error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Without it a statement is planned anew each time that one of its parameters is bound to another value.
    let steady = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
    steady.map_err(|error| unusable(path, &error))?;
    Ok(connection)
}

pub(crate) fn configure_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "memory")
}

/// A file of another program must not be touched. One without a table is nobody's: a program that dies while it makes
/// its database leaves that.
pub(crate) fn check_ours(connection: &Connection, path: &Path) -> Result<()> {
    let id: i32 = pragma(connection, "application_id").map_err(|error| unusable(path, &error))?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let empty = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    if id == 0 && connection.query_row(empty, [], |row| row.get(0)).map_err(|error| unusable(path, &error))? {
        return Ok(());
    }
    Err(foreign(path, "it is a database of another program"))
}

/// The value of a pragma.
pub(crate) fn pragma<T: rusqlite::types::FromSql>(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

pub(crate) fn foreign(path: &Path, reason: &str) -> StoreError {
    StoreError::Foreign { path: path.display().to_string(), reason: reason.into() }
}

/// What it means that a file cannot be opened or configured.
pub(crate) fn unusable(path: &Path, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(path, "it is not a database"),
        Some(ErrorCode::DatabaseCorrupt) => foreign(path, "it is damaged; restore it from a backup"),
        Some(ErrorCode::DiskFull) => StoreError::Full,
        _ => StoreError::Unavailable { context: "opening the database", cause: error.to_string() },
    }
}
