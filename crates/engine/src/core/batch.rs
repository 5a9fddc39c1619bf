//! From what was decided to one batch: events, content, rows, the workspace's account, a snapshot.

use std::collections::BTreeSet;

use divisi_domain::budget::AttemptKey;
use divisi_domain::id::InputId;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::scheduling::Roster;
use divisi_domain::task::{Event, Task, encode};
use divisi_domain::time::Timestamp;
use divisi_store::{
    Append, Batch, Expected, KeptAnswer, LeaseChange, NewBlob, NewEvent, Reservation, Snapshot, StreamRef,
};

use super::live::Live;
use super::pump::Decided;
use super::types::{Side, TaskKey};
use crate::project;

/// Version of the encoding of a task's state in snapshots.
pub(crate) const STATE_VERSION: u16 = 5;

pub(super) struct Built {
    pub(super) batch: Batch,
    pub(super) snapshot: bool,
}

pub(super) fn build(
    key: TaskKey,
    live: &Live,
    decided: &Decided,
    after: &Task,
    at: Timestamp,
    every: u64,
    roster: &Roster,
) -> Built {
    let stream = key.stream();
    let before = live.task.as_deref();
    let blobs =
        decided.sides.iter().map(|side| NewBlob { stream, blob: side.blob, bytes: side.bytes.clone() });
    let titles = project::Titles { task: &live.title, subtasks: &live.subtask_titles };
    let events: Vec<&Event> = decided.events.iter().map(|(_, event)| event).collect();
    let snapshot = after.seq >= live.snapshot_seq.saturating_add(every);
    let batch = Batch {
        appends: vec![append(stream, before.map_or(0, |task| task.seq), at, decided)],
        blobs: blobs.collect(),
        reservations: reservations(key, before, &events),
        leases: leases(key, before, &events, roster),
        rows: project::rows(key, before, after, &events, titles, at),
        snapshots: snapshot.then(|| snapshot_of(stream, after)).into_iter().collect(),
        answers: answers(stream, &decided.sides, at),
        essential: events.iter().any(|event| matches!(event, Event::Cancelled | Event::ContentErased)),
    };
    Built { batch, snapshot }
}

/// What other tasks may be given. Who asks the same twice in one commit keeps the first answer.
fn answers(stream: StreamRef, sides: &[Side], at: Timestamp) -> Vec<KeptAnswer> {
    let mut answers: Vec<KeptAnswer> = Vec::new();
    for (side, (request, keep)) in sides.iter().filter_map(|side| Some((side, side.answers?))) {
        if answers.iter().all(|known| known.request != request) {
            answers.push(KeptAnswer { stream, request, answer: side.blob, expires: at + keep });
        }
    }
    answers
}

fn append(stream: StreamRef, expected: u64, at: Timestamp, decided: &Decided) -> Append {
    let new = |(input_id, event): &(InputId, Event)| NewEvent {
        kind: event.kind(),
        kind_version: event.kind_version(),
        input_id: *input_id,
        body: encode(event),
    };
    let told = decided.inputs.iter().map(|pending| pending.id);
    Append {
        stream,
        expected: Expected::At(expected),
        at,
        inputs: told.chain(decided.starts.iter().copied()).collect(),
        events: decided.events.iter().map(new).collect(),
    }
}

/// What an attempt is called in what tasks share.
pub(super) fn holder(key: TaskKey, path: EffectPath, attempt: u16) -> String {
    format!("{}/{path}/{attempt}", key.task)
}

/// The slots of agents follow the task's attempts: one taken for each start, freed by each end.
fn leases(key: TaskKey, before: Option<&Task>, events: &[&Event], roster: &Roster) -> Vec<LeaseChange> {
    let workspace = key.workspace;
    let mut leases: Vec<LeaseChange> = Vec::new();
    for event in events {
        match event {
            Event::EffectStarted { path, attempt, agent: Some(agent), .. } if holds_slot(*path) => {
                let registered = roster.seat_of(*agent).and_then(|seat| roster.agent(seat));
                let slots_max = registered.map_or(0, |agent| u32::from(agent.registration.slots));
                let holder = holder(key, *path, *attempt);
                leases.push(LeaseChange::Take { workspace, agent: *agent, holder, slots_max });
            }
            Event::EffectEnded { path, attempt, .. } if holds_slot(*path) => {
                let holder = holder(key, *path, *attempt);
                // What starts and ends in one commit never held anything.
                if let Some(place) = leases.iter().position(|lease| lease.holder() == holder) {
                    leases.remove(place);
                    continue;
                }
                let attempt = AttemptKey { path: *path, attempt: *attempt };
                let flying = before.and_then(|task| task.flying.get(&attempt));
                if let Some(agent) = flying.and_then(|flying| flying.agent) {
                    leases.push(LeaseChange::Release { workspace, agent, holder });
                }
            }
            _ => {}
        }
    }
    leases
}

/// Only the turns of subtasks are done by agents with slots; the crew's manager, coordinator and analyst have none.
pub(super) const fn holds_slot(path: EffectPath) -> bool {
    matches!(path.node, Node::Model { .. })
}

/// The workspace's account follows the task's: a hold for each start that may cost something, its end for each
/// outcome of one that has a hold.
fn reservations(key: TaskKey, before: Option<&Task>, events: &[&Event]) -> Vec<Reservation> {
    let mut held: BTreeSet<AttemptKey> = before
        .into_iter()
        .flat_map(|task| task.ledger.open())
        .filter(|(_, held)| held.0 > 0)
        .map(|(key, _)| *key)
        .collect();
    let change = |event: &&Event| match event {
        Event::EffectStarted { path, attempt, reserved, .. } if reserved.0 > 0 => {
            held.insert(AttemptKey { path: *path, attempt: *attempt });
            Some(Reservation::Reserve {
                workspace: key.workspace,
                key: holder(key, *path, *attempt),
                amount: *reserved,
            })
        }
        Event::EffectEnded { path, attempt, booked, .. } => {
            held.remove(&AttemptKey { path: *path, attempt: *attempt }).then(|| Reservation::Settle {
                workspace: key.workspace,
                key: holder(key, *path, *attempt),
                spent: booked.charged,
            })
        }
        _ => None,
    };
    events.iter().filter_map(change).collect()
}

fn snapshot_of(stream: StreamRef, task: &Task) -> Snapshot {
    let mut data = Vec::with_capacity(4_096);
    // Writing to a vector cannot fail, and every part of a task encodes.
    let written = minicbor::encode(task, &mut data);
    debug_assert!(written.is_ok());
    Snapshot { stream, seq: task.seq, rules: task.rules, state_version: STATE_VERSION, data }
}
