use divisi_domain::blob::BlobRef;
use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::reads::{joined, workspace_key};

/// Tasks deleted in one transaction, so that a long prune does not hold up commits.
const PRUNE_TASKS_MAX: u32 = 200;

const ROW_TABLES: [&str; 4] = ["subtasks", "solutions", "ai_api_usage", "approvals"];

pub(super) fn is_open(connection: &Connection, key: i64) -> Result<bool> {
    let open = connection
        .prepare_cached("SELECT open FROM tasks WHERE stream = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(open.unwrap_or(false))
}

/// The task with everything that is its own. Content files stay until the next collection.
pub(super) fn whole(connection: &Connection, key: i64) -> Result<bool> {
    rows(connection, key)?;
    for table in ["records", "inputs", "blobs", "snapshots", "answers"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE stream = ?1"))?.execute([key])?;
    }
    connection.prepare_cached("DELETE FROM streams WHERE id = ?1")?.execute([key]).map(|count| count > 0)
}

/// The projection rows of a task.
pub(super) fn rows(connection: &Connection, key: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM tasks WHERE stream = ?1")?.execute([key])?;
    for table in ROW_TABLES {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE task = ?1"))?.execute([key])?;
    }
    Ok(())
}

/// The content of a task, and the previews made of it. Gives the names of content that lies in files.
pub(super) fn content(connection: &Connection, key: i64) -> Result<Vec<BlobRef>> {
    let in_files = "SELECT tag, rest FROM blobs WHERE stream = ?1 AND bytes IS NULL AND shared IS NULL";
    let mut select = connection.prepare_cached(in_files)?;
    let files = select.query_map([key], |row| joined(row.get(0)?, &row.get::<_, Vec<u8>>(1)?))?;
    let files = files.collect::<Result<_>>()?;
    connection.prepare_cached("DELETE FROM blobs WHERE stream = ?1")?.execute([key])?;
    for table in ["snapshots", "answers"] {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE stream = ?1"))?.execute([key])?;
    }
    connection.prepare_cached("UPDATE subtasks SET title = '' WHERE task = ?1")?.execute([key])?;
    connection.prepare_cached("UPDATE tasks SET title = '' WHERE stream = ?1")?.execute([key])?;
    Ok(files)
}

/// Some finished tasks that ended before `older_than`; says how many.
pub(super) fn some_old(
    connection: &Connection,
    workspace: WorkspaceId,
    older_than: Timestamp,
) -> Result<u64> {
    let Some(workspace) = workspace_key(connection, workspace)? else { return Ok(0) };
    let mut select = connection.prepare_cached(
        "SELECT stream FROM tasks WHERE workspace = ?1 AND open = 0 AND completed_at < ?2 LIMIT ?3",
    )?;
    let keys = select.query_map((workspace, older_than.as_millis(), PRUNE_TASKS_MAX), |row| row.get(0))?;
    let keys: Vec<i64> = keys.collect::<Result<_>>()?;
    for key in &keys {
        whole(connection, *key)?;
    }
    Ok(keys.len() as u64)
}
