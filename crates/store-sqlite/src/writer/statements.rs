//! The statements of the hot path, prepared once.

use rusqlite::{Connection, Result, Statement};

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident: $sql:expr;)*) => {
        /// Prepared for the writer's lifetime; all others are prepared when they are needed.
        pub(super) struct Statements<'c> {
            $($(#[$doc])* pub(super) $name: Statement<'c>,)*
        }

        impl<'c> Statements<'c> {
            pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
                Ok(Self { $($name: connection.prepare($sql)?,)* })
            }
        }
    };
}

statements! {
    begin: "BEGIN IMMEDIATE";
    commit: "COMMIT";
    insert_stream: "INSERT INTO streams (workspace, kind, uuid) VALUES (?1, ?2, ?3)";
    insert_record: "INSERT INTO records (stream, last_seq, at, kinds, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    insert_input: "INSERT OR IGNORE INTO inputs (stream, input, last_seq) VALUES (?1, ?2, ?3)";
    /// Asked before an insert: an insert that asks itself makes a table for its one row first.
    find_blob: "SELECT 1 FROM blobs WHERE stream = ?1 AND tag = ?2 AND rest = ?3";
    insert_blob: "INSERT INTO blobs (stream, tag, rest, bytes) VALUES (?1, ?2, ?3, ?4)";
    /// With whether it is as it should be.
    find_shared: "SELECT id, bytes = ?3 FROM shared_contents WHERE tag = ?1 AND rest = ?2";
    insert_shared: "INSERT INTO shared_contents (tag, rest, bytes) VALUES (?1, ?2, ?3)";
    refer_to_shared: "INSERT INTO blobs (stream, tag, rest, shared) VALUES (?1, ?2, ?3, ?4)";
    put_task: "INSERT INTO tasks (stream, state, progress, pass, last_seq, updated_at, completed_at, completion, waiting,
            waiting_since, reason, spent, reserved, workspace, created_at, open, priority, mode, crew, cap, title)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
        ON CONFLICT (stream) DO UPDATE SET state = ?2, progress = ?3, pass = ?4, last_seq = ?5, updated_at = ?6,
            completed_at = ?7, completion = ?8, waiting = ?9, waiting_since = ?10, reason = ?11, spent = ?12,
            reserved = ?13, created_at = ?15, open = ?16, priority = ?17, mode = ?18, crew = ?19, cap = ?20, title = ?21";
    /// Leaves alone what seldom changes, and with it the indexes.
    move_task: "UPDATE tasks SET state = ?2, progress = ?3, pass = ?4, last_seq = ?5, updated_at = ?6, completed_at = ?7,
            completion = ?8, waiting = ?9, waiting_since = ?10, reason = ?11, spent = ?12, reserved = ?13
        WHERE stream = ?1";
    put_subtask: "INSERT OR REPLACE INTO subtasks (task, number, status, cycles, phase, score, agent_type, agent,
            started_at, completed_at, title)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    put_solution: "INSERT OR REPLACE INTO solutions (task, pass, kind, subtask, version, agent, accepted, score, at, blob)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    put_usage: "INSERT OR REPLACE INTO ai_api_usage (task, path, attempt, agent, subtask, purpose, provider, model,
            prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cost_micro_usd, estimated, at,
            from_cache, excess_micro_usd, cache_write_tokens)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    put_approval: "INSERT OR REPLACE INTO approvals (task, number, workspace, kind, digest, asked_at, state, decided_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    /// Leaves the statistics of a row that is there alone.
    put_agent: "INSERT INTO agents (stream, workspace, registered, agent_type, slots, status, capabilities, completed,
            success_ppm, response_micros)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (stream) DO UPDATE SET registered = ?3, agent_type = ?4, slots = ?5, status = ?6, capabilities = ?7";
    agent_stats: "SELECT completed, success_ppm, response_micros FROM agents WHERE stream = ?1";
    move_agent: "UPDATE agents SET completed = ?2, success_ppm = ?3, response_micros = ?4 WHERE stream = ?1";
    take_lease: "INSERT OR IGNORE INTO leases (agent, holder) VALUES (?1, ?2)";
    free_lease: "DELETE FROM leases WHERE agent = ?1 AND holder = ?2";
}
