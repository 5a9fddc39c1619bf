//! Slots of agents that attempts hold: taken with the commit of their start, given back when the commit of their end is
//! durable. What is held here is never less than what the store has leased, so that one runner is never refused a slot
//! that it believes to be free.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use divisi_domain::scheduling::{Agent, Seat};
use divisi_domain::task::{Event, Task};
use divisi_store::{Batch, LeaseChange};

use super::Core;
use super::batch::{holder, holds_slot};
use super::flights::FIRST_PATH;
use super::types::{Action, FlightKey, KnownAgent, TaskKey, Ticket};

/// One attempt of a task.
pub(super) type AttemptOf = (FlightKey, u16);

#[derive(Debug, Clone, Copy)]
struct Hold {
    seat: Seat,
    /// Whether the roster counts it: not while the slot is handed on in a commit under way.
    counts: bool,
}

/// Who holds a slot.
#[derive(Debug, Default)]
pub(super) struct Slots {
    held: BTreeMap<AttemptOf, Hold>,
}

impl Slots {
    fn of_task(&self, key: TaskKey) -> Vec<AttemptOf> {
        let first = (FlightKey { task: key, path: FIRST_PATH }, 0);
        let held = self.held.range(first..).map(|(attempt, _)| *attempt);
        held.take_while(|(flight, _)| flight.task == key).collect()
    }
}

/// Slots that change hands within one commit of a task.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// Attempts whose ends are decided: their slots may be used in the same commit.
    spare: Vec<(AttemptOf, Seat)>,
    /// New holders of such slots, and whose they were.
    handed: BTreeMap<AttemptOf, AttemptOf>,
}

impl Exchange {
    fn take(&mut self, seat: Seat) -> Option<AttemptOf> {
        let place = self.spare.iter().position(|(_, spare)| *spare == seat)?;
        Some(self.spare.swap_remove(place).0)
    }
}

/// The attempts that `events` end.
fn ended<'a>(key: TaskKey, events: impl Iterator<Item = &'a Event>) -> impl Iterator<Item = AttemptOf> {
    events.filter_map(move |event| match event {
        Event::EffectEnded { path, attempt, .. } => Some((FlightKey { task: key, path: *path }, *attempt)),
        _ => None,
    })
}

impl Core {
    /// The slots that the ends among `events` will free.
    pub(super) fn spare_slots<'a>(&self, key: TaskKey, events: impl Iterator<Item = &'a Event>) -> Exchange {
        let hold = |attempt: AttemptOf| Some((attempt, self.slots.held.get(&attempt)?.seat));
        Exchange { spare: ended(key, events).filter_map(hold).collect(), handed: BTreeMap::new() }
    }

    /// Whether the agent could be given an attempt in a commit with these exchanges.
    pub(super) fn usable(&self, seat: Seat, exchange: &Exchange) -> bool {
        let agent = self.roster.agent(seat);
        agent.is_some_and(Agent::free) || exchange.spare.iter().any(|(_, spare)| *spare == seat)
    }

    /// Takes a slot for an attempt: one that the same commit frees, else a free one.
    pub(super) fn take_slot(&mut self, attempt: AttemptOf, seat: Seat, exchange: &mut Exchange) {
        match exchange.take(seat) {
            Some(old) => {
                self.count(&old, false);
                exchange.handed.insert(attempt, old);
            }
            None => {
                self.roster.take(seat);
            }
        }
        self.slots.held.insert(attempt, Hold { seat, counts: true });
    }

    /// The commit was not made: an attempt that it would have started holds nothing.
    pub(super) fn undo_slot(&mut self, attempt: AttemptOf, exchange: &Exchange) {
        let Some(hold) = self.slots.held.remove(&attempt) else { return };
        match exchange.handed.get(&attempt) {
            Some(old) => self.count(old, true),
            None => self.free_seat(hold.seat),
        }
    }

    /// The commit of these events is durable: the attempts that they end hold nothing any more.
    pub(super) fn give_back(&mut self, key: TaskKey, events: &[Event]) {
        for attempt in ended(key, events.iter()) {
            self.release(attempt);
        }
    }

    /// Makes the task's attempts in flight, and no others, hold their slots: it was read back from the log.
    pub(super) fn hold_again(&mut self, key: TaskKey, task: &Task) {
        self.register_crew(key);
        let flying = task.flying.iter().filter(|(attempt, _)| holds_slot(attempt.path));
        let flying: Vec<_> = flying
            .map(|(attempt, flying)| {
                ((FlightKey { task: key, path: attempt.path }, attempt.attempt), flying.agent)
            })
            .collect();
        let open: BTreeSet<AttemptOf> = flying.iter().map(|(attempt, _)| *attempt).collect();
        for gone in self.slots.of_task(key).into_iter().filter(|attempt| !open.contains(attempt)) {
            self.release(gone);
        }
        for (attempt, agent) in flying {
            let seat = agent.and_then(|agent| self.roster.seat_of(agent));
            if let Some(seat) = seat.filter(|_| !self.slots.held.contains_key(&attempt)) {
                let counts = self.roster.take(seat);
                self.slots.held.insert(attempt, Hold { seat, counts });
            }
        }
    }

    /// Whether an attempt of the task holds a slot.
    pub(super) fn holds_slots(&self, key: TaskKey) -> bool {
        !self.slots.of_task(key).is_empty()
    }

    /// The task's record is damaged: its attempts were stopped, and nothing can be added to its log.
    pub(super) fn free_slots_of(&mut self, key: TaskKey) {
        let held = self.slots.of_task(key);
        let lease = |(flight, attempt): &AttemptOf| {
            let agent = self.roster.agent(self.slots.held.get(&(*flight, *attempt))?.seat)?.registration.id;
            let holder = holder(key, flight.path, *attempt);
            Some(LeaseChange::Release { workspace: key.workspace, agent, holder })
        };
        let leases = held.iter().filter_map(lease).collect();
        self.free_leases(leases);
        for attempt in held {
            self.release(attempt);
        }
    }

    /// At start: slots that no attempt in flight holds, since its task cannot be read, are freed.
    pub(super) fn free_stale(&mut self, agents: &[KnownAgent]) {
        let held = self.slots.held.keys();
        let held: BTreeSet<String> =
            held.map(|(flight, attempt)| holder(flight.task, flight.path, *attempt)).collect();
        let stale = |known: &KnownAgent| {
            let (workspace, agent) = (known.row.workspace, known.row.agent);
            let stale: Vec<String> =
                known.holders.iter().filter(|holder| !held.contains(*holder)).cloned().collect();
            stale.into_iter().map(move |holder| LeaseChange::Release { workspace, agent, holder })
        };
        let leases = agents.iter().flat_map(stale).collect();
        self.free_leases(leases);
    }

    /// A commit of nobody's: its answer wakes nobody, and where it is lost the next start does it again.
    fn free_leases(&mut self, leases: Vec<LeaseChange>) {
        if leases.is_empty() {
            return;
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.actions.push(Action::Commit { ticket, batch: Arc::new(Batch { leases, ..Batch::default() }) });
    }

    fn release(&mut self, attempt: AttemptOf) {
        if let Some(hold) = self.slots.held.remove(&attempt).filter(|hold| hold.counts) {
            self.free_seat(hold.seat);
        }
    }

    fn free_seat(&mut self, seat: Seat) {
        self.roster.free(seat);
        let kind = self.roster.agent(seat).map(|agent| agent.registration.agent_type.clone());
        self.slot_freed(kind);
    }

    fn count(&mut self, attempt: &AttemptOf, counts: bool) {
        if let Some(hold) = self.slots.held.get_mut(attempt) {
            hold.counts = counts;
        }
    }
}
