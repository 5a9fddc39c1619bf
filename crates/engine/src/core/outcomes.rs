//! What agents' work came to: events in the agents' own streams, which outlive tasks and steer the next choice.

use divisi_domain::id::{AgentId, InputId};
use divisi_domain::path::Node;
use divisi_domain::review::Verdict;
use divisi_domain::stats::{AgentStats, Outcome as AgentOutcome};
use divisi_domain::subtask::Run;
use divisi_domain::task::{Event, Outcome, Recorded, Task};
use divisi_store::rows::{AgentRow, ProjectionChange};
use divisi_store::{Append, Batch, Expected, NewEvent, StoredEvent, StreamRef};

use super::Core;
use super::types::TaskKey;

/// Kind of the one event that an agent's stream has: how a run of it ended.
const KIND_OUTCOME: u16 = 1;
const KIND_OUTCOME_VERSION: u8 = 1;
/// Codes of an agent's status in tables.
const STATUS_IDLE: u8 = 1;
const STATUS_BUSY: u8 = 2;

/// The statistics after more events of an agent's stream, in their order.
pub fn agent_stats<'a>(before: AgentStats, events: impl IntoIterator<Item = &'a StoredEvent>) -> AgentStats {
    let of_kind = events.into_iter().filter(|event| event.kind == KIND_OUTCOME);
    let outcomes = of_kind.filter_map(|event| minicbor::decode::<AgentOutcome>(&event.body).ok());
    outcomes.fold(before, AgentStats::after)
}

impl Core {
    /// Adds to `batch` what agents' runs came to by `events`.
    pub(super) fn book_outcomes(
        &mut self,
        key: TaskKey,
        events: &[(InputId, Event)],
        after: &Task,
        batch: &mut Batch,
    ) {
        for (input, event) in events {
            let Some((agent, outcome)) = outcome_of(event, after, self.now) else { continue };
            let Some(seat) = self.roster.seat_of(agent) else { continue };
            self.roster.record(seat, outcome);
            let mut body = Vec::new();
            // Writing to a vector cannot fail.
            let written = minicbor::encode(outcome, &mut body);
            debug_assert!(written.is_ok());
            let stream = StreamRef::new(key.workspace, agent);
            let event =
                NewEvent { kind: KIND_OUTCOME, kind_version: KIND_OUTCOME_VERSION, input_id: *input, body };
            match batch.appends.iter_mut().find(|append| append.stream == stream) {
                Some(append) => append.events.push(event),
                None => batch.appends.push(Append {
                    stream,
                    expected: Expected::Any,
                    at: self.now,
                    inputs: Vec::new(),
                    events: vec![event],
                }),
            }
            self.put_row(key, agent, batch);
        }
    }

    fn put_row(&self, key: TaskKey, agent: AgentId, batch: &mut Batch) {
        let found = (0_u32..).zip(self.roster.agents()).find(|(_, known)| known.registration.id == agent);
        let Some((registered, known)) = found else { return };
        let row = AgentRow {
            workspace: key.workspace,
            agent,
            agent_type: known.registration.agent_type.clone(),
            capabilities: known.registration.capabilities.iter().cloned().collect(),
            slots: u32::from(known.registration.slots),
            status: if known.load == 0 { STATUS_IDLE } else { STATUS_BUSY },
            completed: known.stats.outcomes,
            success_milli: u16::try_from(known.stats.success_ppm / 1_000).unwrap_or(1_000),
            avg_ms: u32::try_from(known.stats.response_micros / 1_000).unwrap_or(u32::MAX),
            registered,
        };
        batch.rows.retain(|change| !matches!(change, ProjectionChange::Agent(known) if known.agent == agent));
        batch.rows.push(ProjectionChange::Agent(row));
    }
}

/// Whose run ended by `event`, and how.
fn outcome_of(
    event: &Event,
    after: &Task,
    now: divisi_domain::time::Timestamp,
) -> Option<(AgentId, AgentOutcome)> {
    let (subtask, success) = match event {
        Event::EffectEnded { path, outcome: Outcome::Answered(Recorded::Review { scores, .. }), .. } => {
            let Node::Review { subtask, .. } = path.node else { return None };
            (subtask, scores.verdict() == Verdict::Accepted)
        }
        Event::RunFailed { subtask, .. } => (*subtask, false),
        _ => return None,
    };
    // A rerun may have begun by the same input: the run that ended is the last one with an agent.
    let run: &Run = after.subtasks.get(&subtask)?.runs.iter().rev().find(|run| run.agent.is_some())?;
    Some((run.agent?, AgentOutcome { success, response: now.since(run.started_at) }))
}
