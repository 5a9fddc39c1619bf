//! The least that a durable log on SQLite can do: what the whole store is measured against.

use std::path::Path;

use divisi_store::Result;
use rusqlite::Connection;

use crate::connection::{configure_writer, open, unusable, writer_flags};
use crate::error::Failure;

/// A log of one table, without ids, projections or checks, written as durably as the store.
#[derive(Debug)]
pub struct BareLog {
    connection: Connection,
}

/// One step that is to be durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BareStep {
    /// Whose step.
    pub stream: u32,
    /// Its number there.
    pub seq: u32,
    /// What it holds.
    pub body: Vec<u8>,
}

impl BareLog {
    /// Creates the log at `path`.
    pub fn create(path: &Path) -> Result<Self> {
        let connection = open(path, writer_flags(), None)?;
        configure_writer(&connection)
            .and_then(|()| {
                connection.execute_batch(
                    "CREATE TABLE log (id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL,
                        body BLOB NOT NULL) STRICT",
                )
            })
            .map_err(|error| unusable(path, &error))?;
        Ok(Self { connection })
    }

    /// Appends `steps` in one transaction with one sync; durable on return.
    pub fn append(&mut self, steps: &[BareStep]) -> Result<()> {
        self.write(steps).map_err(|error| Failure::of(&error).into_error())
    }

    fn write(&mut self, steps: &[BareStep]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO log (stream, seq, body) VALUES (?1, ?2, ?3)")?;
            for step in steps {
                insert.execute((step.stream, step.seq, &step.body))?;
            }
        }
        transaction.commit()
    }

    /// Steps in the log.
    pub fn steps(&self) -> Result<u64> {
        self.connection
            .query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
            .map_err(|error| Failure::of(&error).into_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_there_after_opening_again() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("bare.db");
        let mut log = BareLog::create(&path).unwrap();
        let step = |seq| BareStep { stream: 1, seq, body: vec![7; 40] };
        log.append(&[step(1), step(2)]).unwrap();
        log.append(&[step(3)]).unwrap();
        assert_eq!(log.steps().unwrap(), 3);
        let other = Connection::open(&path).unwrap();
        let count: i64 = other.query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap();
        let mode: String = other.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((count, mode.as_str()), (3, "wal"));
        assert!(BareLog::create(&path).is_err(), "it is never written over");
    }
}
