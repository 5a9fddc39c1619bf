//! The details of one task.

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::path::EffectPath;
use divisi_domain::time::Timestamp;
use divisi_store::limits::LIST_ROWS_MAX;
use divisi_store::{
    ApprovalRow, ApprovalState, Result, SolutionKind, SolutionRow, SubtaskRow, TaskProjection, UsageRow,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Row};

use super::tasks::select_task;
use super::{Columns, task_key, workspace_key};
use crate::reader::SqliteReader;

/// Whose rows are read.
#[derive(Clone, Copy)]
struct Of {
    workspace: WorkspaceId,
    task: TaskId,
}

fn subtask_row(of: Of, row: &Row<'_>) -> rusqlite::Result<SubtaskRow> {
    Ok(SubtaskRow {
        workspace: of.workspace,
        task: of.task,
        number: row.get(0)?,
        status: row.get(1)?,
        cycles: row.get(2)?,
        phase: row.get(3)?,
        score_hundredths: row.get(4)?,
        agent_type: row.name(5)?,
        agent: row.agent_or_none(6)?,
        started_at: row.time_or_none(7)?,
        completed_at: row.time_or_none(8)?,
        title: row.get(9)?,
    })
}

fn solution_row(of: Of, row: &Row<'_>) -> rusqlite::Result<SolutionRow> {
    Ok(SolutionRow {
        workspace: of.workspace,
        task: of.task,
        pass: row.get(0)?,
        kind: row.coded(1, SolutionKind::from_code)?,
        subtask: row.get(2)?,
        version: row.get(3)?,
        agent: row.agent_or_none(4)?,
        accepted: row.get(5)?,
        score_hundredths: row.get(6)?,
        at: row.time(7)?,
        blob: BlobRef(row.get(8)?),
    })
}

fn usage_row(of: Of, row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    let path: Vec<u8> = row.get(0)?;
    let path: EffectPath = minicbor::decode(&path)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))?;
    Ok(UsageRow {
        workspace: of.workspace,
        task: of.task,
        path,
        attempt: row.get(1)?,
        agent: row.agent_or_none(2)?,
        subtask: row.get(3)?,
        purpose: row.name(4)?,
        provider: row.name(5)?,
        model: row.name(6)?,
        usage: Usage {
            input_tokens: row.number(7)?,
            output_tokens: row.number(8)?,
            cached_tokens: row.number(9)?,
            reasoning_tokens: row.number(10)?,
            cache_write_tokens: row.number(16)?,
        },
        cost: row.money(11)?,
        estimated: row.get(12)?,
        excess: row.money(15)?,
        from_cache: row.get(14)?,
        at: row.time(13)?,
    })
}

/// From `number, kind, digest, asked_at, state, decided_at`.
fn approval_row(of: Of, row: &Row<'_>) -> rusqlite::Result<ApprovalRow> {
    Ok(ApprovalRow {
        workspace: of.workspace,
        task: of.task,
        number: row.get(0)?,
        kind: row.get(1)?,
        digest: Digest(row.get(2)?),
        asked_at: row.time(3)?,
        state: row.coded(4, ApprovalState::from_code)?,
        decided_at: row.time_or_none(5)?,
    })
}

fn subtasks(connection: &Connection, of: Of, key: i64) -> rusqlite::Result<Vec<SubtaskRow>> {
    let mut select = connection.prepare_cached(
        "SELECT x.number, x.status, x.cycles, x.phase, x.score, n.name, a.uuid, x.started_at, x.completed_at, x.title
         FROM subtasks x JOIN names n ON n.id = x.agent_type LEFT JOIN streams a ON a.id = x.agent
         WHERE x.task = ?1 ORDER BY x.number",
    )?;
    select.query_map([key], |row| subtask_row(of, row))?.collect()
}

fn solutions(connection: &Connection, of: Of, key: i64) -> rusqlite::Result<Vec<SolutionRow>> {
    let mut select = connection.prepare_cached(
        "SELECT x.pass, x.kind, x.subtask, x.version, a.uuid, x.accepted, x.score, x.at, x.blob
         FROM solutions x LEFT JOIN streams a ON a.id = x.agent
         WHERE x.task = ?1 ORDER BY x.pass, x.kind, x.subtask, x.version",
    )?;
    select.query_map([key], |row| solution_row(of, row))?.collect()
}

fn usage(connection: &Connection, of: Of, key: i64) -> rusqlite::Result<Vec<UsageRow>> {
    let mut select = connection.prepare_cached(
        "SELECT x.path, x.attempt, a.uuid, x.subtask, p.name, v.name, m.name, x.prompt_tokens, x.completion_tokens,
                x.cached_tokens, x.reasoning_tokens, x.cost_micro_usd, x.estimated, x.at, x.from_cache,
                x.excess_micro_usd, x.cache_write_tokens
         FROM ai_api_usage x JOIN names p ON p.id = x.purpose JOIN names v ON v.id = x.provider
         JOIN names m ON m.id = x.model LEFT JOIN streams a ON a.id = x.agent
         WHERE x.task = ?1",
    )?;
    let mut rows: Vec<_> =
        select.query_map([key], |row| usage_row(of, row))?.collect::<rusqlite::Result<_>>()?;
    rows.sort_by_key(|row| (row.path, row.attempt));
    Ok(rows)
}

fn approvals(connection: &Connection, of: Of, key: i64) -> rusqlite::Result<Vec<ApprovalRow>> {
    let mut select = connection.prepare_cached(
        "SELECT number, kind, digest, asked_at, state, decided_at FROM approvals WHERE task = ?1 ORDER BY number",
    )?;
    select.query_map([key], |row| approval_row(of, row))?.collect()
}

fn inbox(
    connection: &Connection,
    workspace: WorkspaceId,
    limit: usize,
) -> rusqlite::Result<Vec<ApprovalRow>> {
    let Some(key) = workspace_key(connection, workspace)? else { return Ok(Vec::new()) };
    let mut select = connection.prepare_cached(
        "SELECT x.number, x.kind, x.digest, x.asked_at, x.state, x.decided_at, s.uuid
         FROM approvals x JOIN streams s ON s.id = x.task
         WHERE x.workspace = ?1 AND x.state = 1 ORDER BY x.asked_at, x.task, x.number LIMIT ?2",
    )?;
    let rows = select.query_map((key, limit.cast_signed()), |row| {
        approval_row(Of { workspace, task: TaskId::from_bytes(row.get(6)?) }, row)
    })?;
    rows.collect()
}

/// All rows of a task.
pub(crate) fn select_projection(
    connection: &Connection,
    workspace: WorkspaceId,
    task: TaskId,
) -> rusqlite::Result<TaskProjection> {
    let Some(key) = task_key(connection, workspace, task)? else { return Ok(TaskProjection::default()) };
    let of = Of { workspace, task };
    Ok(TaskProjection {
        task: select_task(connection, workspace, key)?,
        subtasks: subtasks(connection, of, key)?,
        solutions: solutions(connection, of, key)?,
        usage: usage(connection, of, key)?,
        approvals: approvals(connection, of, key)?,
    })
}

impl SqliteReader {
    fn of_task<T>(
        &self,
        of: Of,
        select: impl FnOnce(&Connection, Of, i64) -> rusqlite::Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        self.read(|connection| match task_key(connection, of.workspace, of.task)? {
            Some(key) => select(connection, of, key),
            None => Ok(Vec::new()),
        })
    }

    pub(crate) fn select_exceeded(&self, since: Timestamp) -> Result<Vec<(Name, Name)>> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT DISTINCT p.name, m.name
                 FROM ai_api_usage x JOIN names p ON p.id = x.provider JOIN names m ON m.id = x.model
                 WHERE x.excess_micro_usd > 0 AND x.at >= ?1 ORDER BY p.name, m.name",
            )?;
            select.query_map([since.as_millis()], |row| Ok((row.name(0)?, row.name(1)?)))?.collect()
        })
    }

    pub(crate) fn select_subtasks(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SubtaskRow>> {
        self.of_task(Of { workspace, task }, subtasks)
    }

    pub(crate) fn select_solutions(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<SolutionRow>> {
        self.of_task(Of { workspace, task }, solutions)
    }

    pub(crate) fn select_usage(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<UsageRow>> {
        self.of_task(Of { workspace, task }, usage)
    }

    pub(crate) fn select_approvals(&self, workspace: WorkspaceId, task: TaskId) -> Result<Vec<ApprovalRow>> {
        self.of_task(Of { workspace, task }, approvals)
    }

    pub(crate) fn select_inbox(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<ApprovalRow>> {
        self.read(|connection| inbox(connection, workspace, limit.min(LIST_ROWS_MAX)))
    }
}
