//! Every read, one file per aggregate. The SQL is the same for the owner and for a reader beside it.

mod answers;
mod blobs;
pub(crate) mod events;
mod forward;
mod list;
mod rows;
mod shared;
pub(crate) mod space;
mod tasks;

use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::time::Timestamp;
use divisi_store::StreamRef;
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, OptionalExtension, Row};

pub(crate) use blobs::{joined, split};
pub(crate) use rows::select_projection;

/// The integer key of a stream, within its workspace.
pub(crate) fn stream_key(connection: &Connection, stream: &StreamRef) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT s.id FROM streams s JOIN workspaces w ON w.id = s.workspace
             WHERE s.uuid = ?1 AND w.uuid = ?2 AND s.kind = ?3",
        )?
        .query_row((stream.stream.id, stream.workspace.as_bytes(), stream.stream.kind.code()), |row| {
            row.get(0)
        })
        .optional()
}

/// The integer key of a task's stream.
pub(crate) fn task_key(
    connection: &Connection,
    workspace: WorkspaceId,
    task: TaskId,
) -> rusqlite::Result<Option<i64>> {
    stream_key(connection, &StreamRef::new(workspace, task))
}

/// The integer key of a workspace.
pub(crate) fn workspace_key(
    connection: &Connection,
    workspace: WorkspaceId,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM workspaces WHERE uuid = ?1")?
        .query_row([workspace.as_bytes()], |row| row.get(0))
        .optional()
}

/// Typed columns.
pub(crate) trait Columns {
    fn time(&self, index: usize) -> rusqlite::Result<Timestamp>;
    fn time_or_none(&self, index: usize) -> rusqlite::Result<Option<Timestamp>>;
    fn number(&self, index: usize) -> rusqlite::Result<u64>;
    fn money(&self, index: usize) -> rusqlite::Result<MicroUsd>;
    fn name(&self, index: usize) -> rusqlite::Result<Name>;
    fn name_or_none(&self, index: usize) -> rusqlite::Result<Option<Name>>;
    fn agent_or_none(&self, index: usize) -> rusqlite::Result<Option<AgentId>>;
    fn coded<T>(&self, index: usize, decode: impl FnOnce(u8) -> Option<T>) -> rusqlite::Result<T>;
}

impl Columns for Row<'_> {
    fn time(&self, index: usize) -> rusqlite::Result<Timestamp> {
        self.get(index).map(Timestamp::from_millis)
    }

    fn time_or_none(&self, index: usize) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<_, Option<i64>>(index)?.map(Timestamp::from_millis))
    }

    fn number(&self, index: usize) -> rusqlite::Result<u64> {
        Ok(self.get::<_, i64>(index)?.cast_unsigned())
    }

    fn money(&self, index: usize) -> rusqlite::Result<MicroUsd> {
        self.number(index).map(MicroUsd)
    }

    fn name(&self, index: usize) -> rusqlite::Result<Name> {
        parse_name(index, &self.get::<_, String>(index)?)
    }

    fn name_or_none(&self, index: usize) -> rusqlite::Result<Option<Name>> {
        self.get::<_, Option<String>>(index)?.map(|text| parse_name(index, &text)).transpose()
    }

    fn agent_or_none(&self, index: usize) -> rusqlite::Result<Option<AgentId>> {
        Ok(self.get::<_, Option<[u8; 16]>>(index)?.map(AgentId::from_bytes))
    }

    fn coded<T>(&self, index: usize, decode: impl FnOnce(u8) -> Option<T>) -> rusqlite::Result<T> {
        let code: u8 = self.get(index)?;
        decode(code).ok_or_else(|| FromSqlError::OutOfRange(i64::from(code)).into())
    }
}

pub(crate) fn parse_name(index: usize, text: &str) -> rusqlite::Result<Name> {
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}
