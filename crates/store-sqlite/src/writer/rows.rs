//! Projection rows.

use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::stats::AgentStats;
use divisi_domain::time::Timestamp;
use divisi_store::{
    AgentOutcome, AgentRow, ApprovalRow, Completion, ProjectionChange, SolutionRow, StreamRef, SubtaskRow,
    TaskRow, UsageRow,
};
use rusqlite::{OptionalExtension, Result, Row, params};

use super::Writer;
use crate::reads::stream_key;

impl Writer<'_> {
    pub(crate) fn write_row(&mut self, row: &ProjectionChange) -> Result<()> {
        match row {
            ProjectionChange::Task(row) => self.write_task(row),
            ProjectionChange::Subtask(row) => self.write_subtask(row),
            ProjectionChange::Solution(row) => self.write_solution(row),
            ProjectionChange::Usage(row) => self.write_usage(row),
            ProjectionChange::Approval(row) => self.write_approval(row),
            ProjectionChange::Agent(row) => self.write_agent(row),
            ProjectionChange::AgentOutcome(row) => self.move_agent(row),
        }
    }

    fn task_key(&self, workspace: WorkspaceId, task: TaskId) -> Result<i64> {
        self.key_of(&StreamRef::new(workspace, task))
    }

    fn agent_key(&mut self, workspace: WorkspaceId, agent: Option<AgentId>) -> Result<Option<i64>> {
        agent.map(|agent| self.keys.agent(self.connection, workspace, agent)).transpose()
    }

    fn write_task(&mut self, row: &TaskRow) -> Result<()> {
        let stream = StreamRef::new(row.workspace, row.task);
        let key = self.key_of(&stream)?;
        let reason = row.reason.as_ref().map(|name| self.keys.name(self.connection, name)).transpose()?;
        let crew = self.keys.name(self.connection, &row.crew)?;
        let workspace = self.keys.workspace(self.connection, row.workspace)?;
        let Some(hot) = self.hot.get_mut(&stream) else { return Ok(()) };
        let moves_only = hot.row.as_ref().is_some_and(|last| seldom(last) == seldom(row));
        let completion = row.completion.map(|completion| match completion {
            Completion::Full => 0,
            Completion::Partial => 1,
        });
        let (spent, reserved) = (row.spent.0.cast_signed(), row.reserved.0.cast_signed());
        let (waiting, since) =
            (row.waiting.map(|wait| wait.kind), row.waiting.map(|wait| wait.since.as_millis()));
        let completed_at = row.completed_at.map(Timestamp::as_millis);
        let (last_seq, updated_at) = (row.last_seq.cast_signed(), row.updated_at.as_millis());
        let moving: [&dyn rusqlite::ToSql; 13] = [
            &key,
            &row.state,
            &row.progress,
            &row.pass,
            &last_seq,
            &updated_at,
            &completed_at,
            &completion,
            &waiting,
            &since,
            &reason,
            &spent,
            &reserved,
        ];
        if moves_only {
            self.statements.move_task.execute(&moving[..])?;
        } else {
            let (created_at, cap) = (row.created_at.as_millis(), row.cap.map(|cap| cap.0.cast_signed()));
            let seldom: [&dyn rusqlite::ToSql; 8] =
                [&workspace, &created_at, &row.open, &row.priority, &row.mode, &crew, &cap, &row.title];
            self.statements.put_task.execute(&[&moving[..], &seldom[..]].concat()[..])?;
            hot.row = Some(Box::new(row.clone()));
        }
        Ok(())
    }

    fn write_subtask(&mut self, row: &SubtaskRow) -> Result<()> {
        let task = self.task_key(row.workspace, row.task)?;
        let agent_type = self.keys.name(self.connection, &row.agent_type)?;
        let agent = self.agent_key(row.workspace, row.agent)?;
        self.statements.put_subtask.execute(params![
            task,
            row.number,
            row.status,
            row.cycles,
            row.phase,
            row.score_hundredths,
            agent_type,
            agent,
            row.started_at.map(Timestamp::as_millis),
            row.completed_at.map(Timestamp::as_millis),
            row.title,
        ])?;
        Ok(())
    }

    fn write_solution(&mut self, row: &SolutionRow) -> Result<()> {
        let task = self.task_key(row.workspace, row.task)?;
        let agent = self.agent_key(row.workspace, row.agent)?;
        self.statements.put_solution.execute(params![
            task,
            row.pass,
            row.kind.code(),
            row.subtask,
            row.version,
            agent,
            row.accepted,
            row.score_hundredths,
            row.at.as_millis(),
            row.blob.0,
        ])?;
        Ok(())
    }

    fn write_usage(&mut self, row: &UsageRow) -> Result<()> {
        let task = self.task_key(row.workspace, row.task)?;
        let agent = self.agent_key(row.workspace, row.agent)?;
        let purpose = self.keys.name(self.connection, &row.purpose)?;
        let provider = self.keys.name(self.connection, &row.provider)?;
        let model = self.keys.name(self.connection, &row.model)?;
        let mut path = [0_u8; PATH_BYTES_MAX];
        let encoded = encode_path(row, &mut path)?;
        self.statements.put_usage.execute(params![
            task,
            encoded,
            row.attempt,
            agent,
            row.subtask,
            purpose,
            provider,
            model,
            row.usage.input_tokens.cast_signed(),
            row.usage.output_tokens.cast_signed(),
            row.usage.cached_tokens.cast_signed(),
            row.usage.reasoning_tokens.cast_signed(),
            row.cost.0.cast_signed(),
            row.estimated,
            row.at.as_millis(),
            row.from_cache,
            row.excess.0.cast_signed(),
            row.usage.cache_write_tokens.cast_signed(),
        ])?;
        Ok(())
    }

    fn write_approval(&mut self, row: &ApprovalRow) -> Result<()> {
        let task = self.task_key(row.workspace, row.task)?;
        let workspace = self.keys.workspace(self.connection, row.workspace)?;
        self.statements.put_approval.execute(params![
            task,
            row.number,
            workspace,
            row.kind,
            row.digest.0,
            row.asked_at.as_millis(),
            row.state.code(),
            row.decided_at.map(Timestamp::as_millis),
        ])?;
        Ok(())
    }

    fn write_agent(&mut self, row: &AgentRow) -> Result<()> {
        let key = self.keys.agent(self.connection, row.workspace, row.agent)?;
        let workspace = self.keys.workspace(self.connection, row.workspace)?;
        let agent_type = self.keys.name(self.connection, &row.agent_type)?;
        let capabilities: Vec<&str> =
            row.capabilities.iter().map(divisi_domain::name::Name::as_str).collect();
        self.statements.put_agent.execute(params![
            key,
            workspace,
            row.registered,
            agent_type,
            row.slots,
            row.status,
            capabilities.join(" "),
            row.stats.outcomes.cast_signed(),
            row.stats.success_ppm,
            row.stats.response_micros.cast_signed(),
        ])?;
        Ok(())
    }

    fn move_agent(&mut self, row: &AgentOutcome) -> Result<()> {
        let key = self.keys.agent(self.connection, row.workspace, row.agent)?;
        let Some(stats) = self.statements.agent_stats.query_row([key], stats_of).optional()? else {
            return Ok(());
        };
        self.write_stats(key, stats.after(row.outcome))
    }

    fn write_stats(&mut self, key: i64, stats: AgentStats) -> Result<()> {
        let (outcomes, micros) = (stats.outcomes.cast_signed(), stats.response_micros.cast_signed());
        self.statements.move_agent.execute((key, outcomes, stats.success_ppm, micros))?;
        Ok(())
    }

    /// Writes an agent's row with its statistics; `false` where the agent has no event.
    pub(crate) fn replace_agent(&mut self, row: &AgentRow) -> Result<bool> {
        let stream = StreamRef::new(row.workspace, row.agent);
        let Some(key) = stream_key(self.connection, &stream)? else { return Ok(false) };
        let sql = "SELECT EXISTS (SELECT 1 FROM records WHERE stream = ?1)";
        if !self.connection.query_row(sql, [key], |row| row.get::<_, bool>(0))? {
            return Ok(false);
        }
        self.write_agent(row)?;
        self.write_stats(key, row.stats)?;
        Ok(true)
    }
}

fn stats_of(row: &Row<'_>) -> Result<AgentStats> {
    Ok(AgentStats {
        outcomes: row.get::<_, i64>(0)?.cast_unsigned(),
        success_ppm: row.get(1)?,
        response_micros: row.get::<_, i64>(2)?.cast_unsigned(),
    })
}

/// An encoded effect path has at most this many bytes.
const PATH_BYTES_MAX: usize = 64;

fn encode_path<'b>(row: &UsageRow, into: &'b mut [u8; PATH_BYTES_MAX]) -> Result<&'b [u8]> {
    let mut rest = &mut into[..];
    minicbor::encode(row.path, &mut rest)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let used = PATH_BYTES_MAX - rest.len();
    Ok(&into[..used])
}

/// The columns that only [`super::statements::Statements::put_task`] writes.
fn seldom(row: &TaskRow) -> impl PartialEq + '_ {
    (row.created_at, row.open, row.priority, row.mode, &row.crew, row.cap, &row.title)
}
