//! Integer keys of workspaces, names and agents, kept in memory.

use divisi_domain::id::{AgentId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_store::{StreamKind, StreamRef};
use rusqlite::{Connection, OptionalExtension, Result};
use rustc_hash::FxHashMap;

use crate::reads::{stream_key, workspace_key};

/// Names and agents remembered, each; beyond that they are looked up again.
const KEYS_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Keys {
    workspaces: FxHashMap<WorkspaceId, i64>,
    names: FxHashMap<Name, i64>,
    agents: FxHashMap<(WorkspaceId, AgentId), i64>,
}

impl Keys {
    /// Forgets everything, after a rollback.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The key of a workspace; an unknown one is an error, since the caller has checked.
    pub(super) fn workspace(&mut self, connection: &Connection, workspace: WorkspaceId) -> Result<i64> {
        if let Some(key) = self.workspaces.get(&workspace) {
            return Ok(*key);
        }
        let key = workspace_key(connection, workspace)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.workspaces.insert(workspace, key);
        Ok(key)
    }

    /// The key of a name; a new one is written.
    pub(super) fn name(&mut self, connection: &Connection, name: &Name) -> Result<i64> {
        if let Some(key) = self.names.get(name) {
            return Ok(*key);
        }
        let found = connection
            .prepare_cached("SELECT id FROM names WHERE name = ?1")?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        let key = match found {
            Some(key) => key,
            None => {
                connection.prepare_cached("INSERT INTO names (name) VALUES (?1)")?.insert([name.as_str()])?
            }
        };
        if self.names.len() >= KEYS_MAX {
            self.names.clear();
        }
        self.names.insert(name.clone(), key);
        Ok(key)
    }

    /// The key of an agent's stream; an agent that was only named so far gets one.
    pub(super) fn agent(
        &mut self,
        connection: &Connection,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> Result<i64> {
        if let Some(key) = self.agents.get(&(workspace, agent)) {
            return Ok(*key);
        }
        let key = if let Some(key) = stream_key(connection, &StreamRef::new(workspace, agent))? {
            key
        } else {
            let workspace = self.workspace(connection, workspace)?;
            connection
                .prepare_cached("INSERT INTO streams (workspace, kind, uuid) VALUES (?1, ?2, ?3)")?
                .insert((workspace, StreamKind::Agent.code(), agent.as_bytes()))?
        };
        if self.agents.len() >= KEYS_MAX {
            self.agents.clear();
        }
        self.agents.insert((workspace, agent), key);
        Ok(key)
    }
}
