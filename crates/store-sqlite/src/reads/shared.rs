//! What tasks share: workspaces, agents, slots, budgets, signs of life.

use divisi_domain::id::{AgentId, WorkspaceId};
use divisi_domain::stats::AgentStats;
use divisi_domain::time::Timestamp;
use divisi_store::{AgentRow, BudgetRow, Result, StreamRef};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Columns, parse_name, stream_key, workspace_key};
use crate::reader::SqliteReader;

fn agent_row(workspace: WorkspaceId, row: &Row<'_>) -> rusqlite::Result<AgentRow> {
    let capabilities: String = row.get(8)?;
    Ok(AgentRow {
        workspace,
        agent: AgentId::from_bytes(row.get(0)?),
        registered: row.get(1)?,
        agent_type: row.name(2)?,
        slots: row.get(3)?,
        status: row.get(4)?,
        stats: AgentStats {
            outcomes: row.number(5)?,
            success_ppm: row.get(6)?,
            response_micros: row.number(7)?,
        },
        capabilities: capabilities
            .split_whitespace()
            .map(|name| parse_name(8, name))
            .collect::<rusqlite::Result<_>>()?,
    })
}

fn select_budget(connection: &Connection, key: i64) -> rusqlite::Result<Option<BudgetRow>> {
    connection
        .prepare_cached(
            "SELECT cap, spent, (SELECT coalesce(sum(amount), 0) FROM budget_holds h WHERE h.workspace = b.workspace)
             FROM budgets b WHERE workspace = ?1",
        )?
        .query_row([key], |row| {
            Ok(BudgetRow { cap: row.money(0)?, spent: row.money(1)?, reserved: row.money(2)? })
        })
        .optional()
}

impl SqliteReader {
    pub(crate) fn select_workspaces(&self) -> Result<Vec<WorkspaceId>> {
        self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT uuid FROM workspaces ORDER BY uuid")?;
            select.query_map([], |row| row.get(0).map(WorkspaceId::from_bytes))?.collect()
        })
    }

    pub(crate) fn select_last_seen(&self) -> Result<Option<Timestamp>> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT max(at) FROM (SELECT * FROM (SELECT at FROM records ORDER BY id DESC LIMIT 1)
                     UNION ALL SELECT at FROM heartbeat)",
                )?
                .query_row([], |row| row.time_or_none(0))
        })
    }

    pub(crate) fn select_agents(&self, workspace: WorkspaceId) -> Result<Vec<AgentRow>> {
        self.read(|connection| {
            let Some(key) = workspace_key(connection, workspace)? else { return Ok(Vec::new()) };
            let mut select = connection.prepare_cached(
                "SELECT s.uuid, a.registered, n.name, a.slots, a.status, a.completed, a.success_ppm, a.response_micros,
                    a.capabilities
                 FROM agents a JOIN streams s ON s.id = a.stream JOIN names n ON n.id = a.agent_type
                 WHERE a.workspace = ?1 ORDER BY a.registered, s.uuid",
            )?;
            select.query_map([key], |row| agent_row(workspace, row))?.collect()
        })
    }

    pub(crate) fn select_leases(&self, workspace: WorkspaceId, agent: AgentId) -> Result<Vec<String>> {
        self.read(|connection| {
            let Some(key) = stream_key(connection, &StreamRef::new(workspace, agent))? else {
                return Ok(Vec::new());
            };
            let mut select =
                connection.prepare_cached("SELECT holder FROM leases WHERE agent = ?1 ORDER BY holder")?;
            select.query_map([key], |row| row.get(0))?.collect()
        })
    }

    pub(crate) fn select_budget(&self, workspace: WorkspaceId) -> Result<Option<BudgetRow>> {
        self.read(|connection| match workspace_key(connection, workspace)? {
            Some(key) => select_budget(connection, key),
            None => Ok(None),
        })
    }
}
