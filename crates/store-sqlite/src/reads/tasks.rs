use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_store::limits::LIST_ROWS_MAX;
use divisi_store::{Completion, OpenTask, Result, TaskRow, Waiting};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Columns, task_key};
use crate::reader::SqliteReader;

/// Columns of [`task_row`]; `t` is `tasks`.
pub(super) const TASK_COLUMNS: &str = "s.uuid, t.created_at, t.open, t.priority, t.state, t.mode, t.progress, t.pass, \
     t.last_seq, c.name, t.updated_at, t.completed_at, t.completion, t.waiting, t.waiting_since, r.name, t.cap, t.spent, \
     t.reserved, t.title";
/// What [`TASK_COLUMNS`] needs beside `tasks t`.
pub(super) const TASK_JOINS: &str = "JOIN streams s ON s.id = t.stream JOIN names c ON c.id = t.crew \
     LEFT JOIN names r ON r.id = t.reason";

pub(super) fn task_row(workspace: WorkspaceId, row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    let waiting: Option<u8> = row.get(13)?;
    let since = row.time_or_none(14)?;
    Ok(TaskRow {
        workspace,
        task: TaskId::from_bytes(row.get(0)?),
        created_at: row.time(1)?,
        open: row.get(2)?,
        priority: row.get(3)?,
        state: row.get(4)?,
        mode: row.get(5)?,
        progress: row.get(6)?,
        pass: row.get(7)?,
        last_seq: row.number(8)?,
        crew: row.name(9)?,
        updated_at: row.time(10)?,
        completed_at: row.time_or_none(11)?,
        completion: row.get::<_, Option<u8>>(12)?.map(completion),
        waiting: waiting.zip(since).map(|(kind, since)| Waiting { kind, since }),
        reason: row.name_or_none(15)?,
        cap: row.get::<_, Option<i64>>(16)?.map(|cap| divisi_domain::money::MicroUsd(cap.cast_unsigned())),
        spent: row.money(17)?,
        reserved: row.money(18)?,
        title: row.get(19)?,
    })
}

/// Stored as 0 full, 1 partial.
const fn completion(code: u8) -> Completion {
    if code == 0 { Completion::Full } else { Completion::Partial }
}

pub(super) fn select_task(
    connection: &Connection,
    workspace: WorkspaceId,
    key: i64,
) -> rusqlite::Result<Option<TaskRow>> {
    let sql = format!("SELECT {TASK_COLUMNS} FROM tasks t {TASK_JOINS} WHERE t.stream = ?1");
    connection.prepare_cached(&sql)?.query_row([key], |row| task_row(workspace, row)).optional()
}

/// Where an open task stands in the order of [`select_open`]: priority, then key; beyond the last page if it is gone.
fn place(connection: &Connection, after: Option<&OpenTask>) -> rusqlite::Result<(i64, i64)> {
    let Some(after) = after else { return Ok((i64::MAX, -1)) };
    let key = task_key(connection, after.workspace, after.task)?;
    Ok((i64::from(after.priority), key.unwrap_or(i64::MAX)))
}

fn select_open(
    connection: &Connection,
    after: Option<&OpenTask>,
    limit: usize,
) -> rusqlite::Result<Vec<OpenTask>> {
    let (priority, key) = place(connection, after)?;
    let mut select = connection.prepare_cached(
        "SELECT w.uuid, s.uuid, t.priority FROM tasks t INDEXED BY tasks_open
         JOIN streams s ON s.id = t.stream JOIN workspaces w ON w.id = t.workspace
         WHERE t.open = 1 AND t.priority <= ?1 AND (t.priority < ?1 OR t.stream > ?2)
         ORDER BY t.priority DESC, t.stream LIMIT ?3",
    )?;
    let rows = select.query_map((priority, key, limit.cast_signed()), |row| {
        Ok(OpenTask {
            workspace: WorkspaceId::from_bytes(row.get(0)?),
            task: TaskId::from_bytes(row.get(1)?),
            priority: row.get(2)?,
        })
    })?;
    rows.collect()
}

fn count_open(connection: &Connection, resting: &[u8]) -> rusqlite::Result<u64> {
    let codes: Vec<String> = resting.iter().map(u8::to_string).collect();
    let sql = format!(
        "SELECT count(*) FROM tasks INDEXED BY tasks_open
         WHERE open = 1 AND (waiting IS NULL OR waiting NOT IN ({}))",
        codes.join(",")
    );
    connection.prepare_cached(&sql)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

impl SqliteReader {
    pub(crate) fn select_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<Option<TaskRow>> {
        self.read(|connection| match task_key(connection, workspace, task)? {
            Some(key) => select_task(connection, workspace, key),
            None => Ok(None),
        })
    }

    pub(crate) fn select_open_tasks(&self, after: Option<&OpenTask>, limit: usize) -> Result<Vec<OpenTask>> {
        self.read_together(|connection| select_open(connection, after, limit.min(LIST_ROWS_MAX)))
    }

    pub(crate) fn count_open_tasks(&self, resting: &[u8]) -> Result<u64> {
        self.read(|connection| count_open(connection, resting))
    }
}
