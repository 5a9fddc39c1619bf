//! Bugs that the fault programmes plant to see that they would be caught.

use std::path::Path;

use divisi_store::Done;
use rusqlite::Connection;

use crate::writer::Writer;
use crate::writer::group::{Group, call};

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Commits are written and never synced: a killed process loses nothing, a power cut does.
    SkipFsync,
    /// Callers are answered before their commit is durable.
    AckBeforeCommit,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SkipFsync, Self::AckBeforeCommit];

    /// Breaks the connection that writes, if this bug lies there.
    pub(crate) fn configure(self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::SkipFsync => connection.pragma_update(None, "synchronous", "off"),
            Self::AckBeforeCommit => Ok(()),
        }
    }
}

/// Damages every record of every task, as a bad disk might. The number of records.
pub fn damage_tasks(database: &Path) -> rusqlite::Result<usize> {
    let connection = Connection::open(database)?;
    connection.execute("UPDATE records SET data = x'00' WHERE stream IN (SELECT stream FROM tasks)", [])
}

impl Writer<'_> {
    /// The bug [`Planted::AckBeforeCommit`].
    pub(crate) fn answer_then_commit(&mut self, group: Group) {
        let (batches, callers): (Vec<_>, Vec<Done>) = group.into_iter().unzip();
        let mut callers = callers.into_iter();
        let committed = self.in_transaction(|writer| {
            for batch in &batches {
                let answer = writer.apply(batch)?;
                callers.next().into_iter().for_each(|done| call(done, answer.clone()));
            }
            Ok(())
        });
        if let Err(failure) = committed {
            let error = failure.into_error();
            callers.for_each(|done| call(done, Err(error.clone())));
        }
    }
}
