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
    /// A commit that may be on the disk: given again it is done, once.
    Unanswered(String),
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

    /// What a failed `COMMIT` means. The WAL's index grows after its frames were written and synced: where there is no room for
    /// that, whoever recovers finds them.
    pub(crate) fn of_commit(error: &rusqlite::Error) -> Self {
        if error.sqlite_error().is_some_and(|inner| inner.extended_code == IOERR_SHMSIZE) {
            return Self::Unanswered(error.to_string());
        }
        match Self::of(error) {
            Self::Statement(cause) => Self::Broken(cause),
            known => known,
        }
    }

    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Unanswered(cause) => StoreError::Unanswered { cause },
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
