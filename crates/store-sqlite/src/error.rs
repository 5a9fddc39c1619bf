//! What SQLite and the system say, in the store's terms.

use std::io;

use divisi_store::StoreError;
use rusqlite::ErrorCode;

/// The shared-memory file of the WAL could not grow; SQLite calls it an I/O error, but it is a full disk.
const IOERR_SHMSIZE: i32 = 4874;

/// What a failed statement means for the store.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No space; roll back and go on.
    Full,
    /// Nobody knows what is on the disk.
    Broken(String),
    /// The statement alone.
    Statement(String),
}

impl Failure {
    pub(crate) fn of(error: &rusqlite::Error) -> Self {
        let Some(inner) = error.sqlite_error() else { return Self::Statement(error.to_string()) };
        match inner.code {
            ErrorCode::DiskFull => Self::Full,
            _ if inner.extended_code == IOERR_SHMSIZE => Self::Full,
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen => Self::Broken(error.to_string()),
            _ => Self::Statement(error.to_string()),
        }
    }

    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Broken(cause) => StoreError::Broken { cause },
            Self::Statement(cause) => StoreError::Unavailable { context: "writing to the database", cause },
        }
    }
}

/// A failed read. Reads never break the store.
pub(crate) fn read_error(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable { context: "reading the database", cause: error.to_string() }
}

/// A failed file operation.
pub(crate) fn io_error(context: &'static str, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Unavailable { context, cause: error.to_string() },
    }
}
