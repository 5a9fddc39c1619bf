//! What outlives a task, in the batch of the events that it follows from: who its agents are and what their runs came
//! to, in the agents' own streams; what a pass has cost, in the workspace's.

use divisi_domain::id::{AgentId, InputId};
use divisi_domain::journal::{AgentEvent, JournalEvent, WorkspaceEvent, encode, spends};
use divisi_domain::path::Node;
use divisi_domain::review::Verdict;
use divisi_domain::scheduling::Seat;
use divisi_domain::stats::{AgentStats, Outcome as AgentOutcome};
use divisi_domain::subtask::CycleFailure;
use divisi_domain::task::{Event, Outcome, Recorded, Task};
use divisi_domain::time::Timestamp;
use divisi_store::rows::{AgentOutcome as OutcomeRow, ProjectionChange};
use divisi_store::{Append, Batch, Expected, LeaseChange, NewEvent, StreamRef};

use super::Core;
use super::types::TaskKey;
use crate::project::agent_row;

/// What becomes true of agents when the batch is durable.
#[derive(Debug, Default)]
pub(super) struct Journal {
    registered: Vec<AgentId>,
    outcomes: Vec<(Seat, AgentOutcome)>,
}

impl Core {
    /// Adds to `batch` what outlives the task.
    pub(super) fn journal(
        &self,
        key: TaskKey,
        events: &[(InputId, Event)],
        after: &Task,
        batch: &mut Batch,
    ) -> Journal {
        let mut journal = Journal::default();
        self.register_in(key, events, batch, &mut journal);
        self.book_outcomes(key, events, after, batch, &mut journal);
        let before = self.live.get(&key).and_then(|live| live.task.as_deref());
        let stream = StreamRef::new(key.workspace, key.workspace);
        if self.damaged.contains(&stream) {
            return journal;
        }
        for (place, spent) in spends(key.task, before, events.iter().map(|(_, event)| event)) {
            let Some((input, _)) = events.get(place) else { continue };
            append(batch, stream, self.now, *input, &WorkspaceEvent::Spent(spent));
        }
        journal
    }

    /// Agents that get a slot for the first time are told of in their streams and have a row from then on.
    fn register_in(
        &self,
        key: TaskKey,
        events: &[(InputId, Event)],
        batch: &mut Batch,
        journal: &mut Journal,
    ) {
        let started = events.iter().find(|(_, event)| matches!(event, Event::EffectStarted { .. }));
        let Some((input, _)) = started else { return };
        let takes = |lease: &LeaseChange| match lease {
            LeaseChange::Take { agent, .. } if !self.announced.contains(agent) => Some(*agent),
            LeaseChange::Take { .. } | LeaseChange::Release { .. } => None,
        };
        for id in batch.leases.iter().filter_map(takes).collect::<std::collections::BTreeSet<_>>() {
            if self.damaged.contains(&StreamRef::new(key.workspace, id)) {
                continue;
            }
            let Some(agent) = self.roster.seat_of(id).and_then(|seat| self.roster.agent(seat)) else {
                continue;
            };
            let position = self.positions.get(&id).copied().unwrap_or_default();
            let registration = agent.registration.clone();
            let row = agent_row(key.workspace, &registration, position, AgentStats::default());
            let event = AgentEvent::Registered { registration, position };
            append(batch, StreamRef::new(key.workspace, id), self.now, *input, &event);
            batch.rows.push(ProjectionChange::Agent(row));
            journal.registered.push(id);
        }
    }

    fn book_outcomes(
        &self,
        key: TaskKey,
        events: &[(InputId, Event)],
        after: &Task,
        batch: &mut Batch,
        journal: &mut Journal,
    ) {
        for (input, event) in events {
            let Some((agent, outcome)) = outcome_of(event, after, self.now) else { continue };
            let Some(seat) = self.roster.seat_of(agent) else { continue };
            let stream = StreamRef::new(key.workspace, agent);
            if self.damaged.contains(&stream) {
                continue;
            }
            append(batch, stream, self.now, *input, &AgentEvent::Ended(outcome));
            let row = OutcomeRow { workspace: key.workspace, agent, outcome };
            batch.rows.push(ProjectionChange::AgentOutcome(row));
            journal.outcomes.push((seat, outcome));
        }
    }

    /// The batch is durable.
    pub(super) fn journal_durable(&mut self, journal: Journal) {
        self.announced.extend(journal.registered);
        for (seat, outcome) in journal.outcomes {
            self.roster.record(seat, outcome);
        }
    }
}

/// Adds an event to a stream whose order is its own: no version is expected.
fn append<E: JournalEvent>(
    batch: &mut Batch,
    stream: StreamRef,
    at: Timestamp,
    input_id: InputId,
    event: &E,
) {
    let event =
        NewEvent { kind: event.kind(), kind_version: event.kind_version(), input_id, body: encode(event) };
    match batch.appends.iter_mut().find(|append| append.stream == stream) {
        Some(append) => append.events.push(event),
        None => batch.appends.push(Append {
            stream,
            expected: Expected::Any,
            at,
            inputs: Vec::new(),
            events: vec![event],
        }),
    }
}

/// Whose run ended by `event`, and how. A rerun, perhaps by somebody else, may have begun by the same input.
fn outcome_of(event: &Event, after: &Task, now: Timestamp) -> Option<(AgentId, AgentOutcome)> {
    let (run, success) = match event {
        Event::EffectEnded { path, outcome: Outcome::Answered(Recorded::Review { scores, .. }), .. } => {
            let Node::Review { subtask, cycle } = path.node else { return None };
            let mut runs = after.subtasks.get(&subtask)?.runs_of(path.pass);
            (runs.find(|run| run.cycle == cycle)?, scores.verdict() == Verdict::Accepted)
        }
        // Nothing of the specialist's: the manager did not review, or a person gave up.
        Event::RunFailed { failure: CycleFailure::NoReview(_) | CycleFailure::GivenUp, .. } => return None,
        Event::RunFailed { subtask, .. } => {
            let runs = &after.subtasks.get(subtask)?.runs;
            (runs.iter().rev().find(|run| run.failure.is_some())?, false)
        }
        _ => return None,
    };
    let ended = run.solved_at.unwrap_or(now);
    Some((run.agent?, AgentOutcome { success, response: ended.since(run.started_at) }))
}
