//! Who waits, in order. Workspaces take turns, so that none waits for all that another wants; within one, priority is a head
//! start in time, so that a low one waits longer but not for ever.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::id::WorkspaceId;
use divisi_domain::plan::Priority;
use divisi_domain::time::{Millis, Timestamp};

use super::queue::{Ahead, Queue, Waiting};
use super::{Caller, Ticket};

/// Nobody is told to ask again sooner than this.
pub(super) const ASK_AGAIN_MILLIS_MIN: Millis = Millis(10);
/// Who did not ask again for so long after its turn is gone.
const ABSENT_MILLIS_MAX: Millis = Millis(5_000);
/// The head start of a medium priority over a low one, and of a high one over a medium one.
const HEAD_START_MILLIS: i64 = 30_000;

/// Arrival less head start, then the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(i64, u64);

impl Place {
    #[cfg(test)]
    pub(super) const fn new(since: i64, arrival: u64) -> Self {
        Self(since, arrival)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    /// None of them is empty.
    queues: BTreeMap<WorkspaceId, Queue>,
    tickets: BTreeMap<Ticket, (WorkspaceId, Place)>,
    /// Until when each was told to wait.
    told: BTreeSet<(Timestamp, Ticket)>,
    arrivals: u64,
    /// When each workspace had its last turn, counted in turns; forgotten where nobody waits.
    turns: BTreeMap<WorkspaceId, u64>,
    turns_taken: u64,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.tickets.len()
    }

    pub(super) fn first(&self) -> Option<Ticket> {
        let next = self.queues.iter().min_by_key(|(workspace, _)| self.turn(**workspace));
        next.and_then(|(_, queue)| queue.first())
    }

    /// Where a call stands in the queue of its workspace, or would stand.
    pub(super) fn place(&mut self, now: Timestamp, caller: &Caller) -> Place {
        if let Some((_, place)) = self.tickets.get(&caller.ticket) {
            return *place;
        }
        self.arrivals += 1;
        let steps = match caller.priority {
            Priority::Low => 0,
            Priority::Medium => 1,
            Priority::High => 2,
        };
        Place(now.as_millis().saturating_sub(steps * HEAD_START_MILLIS), self.arrivals)
    }

    /// All that go before a place: those of its own workspace, and as many of each other one, or one more where that has
    /// its turn first.
    pub(super) fn ahead(&self, workspace: WorkspaceId, place: Place) -> Ahead {
        let own = self.queues.get(&workspace).map_or_else(Ahead::default, |queue| queue.ahead(place));
        let turn = self.turn(workspace);
        let others = self.queues.iter().filter(|(other, _)| **other != workspace);
        others.fold(own, |sum, (other, queue)| {
            let sooner = u64::from(self.turn(*other) < turn);
            sum.plus(queue.first_of(own.count + sooner))
        })
    }

    pub(super) fn stand(&mut self, place: Place, caller: &Caller, tokens: u64, until: Timestamp) {
        self.leave(caller.ticket);
        let Caller { ticket, workspace, .. } = *caller;
        self.tickets.insert(ticket, (workspace, place));
        self.told.insert((until, ticket));
        self.queues.entry(workspace).or_default().insert(place, Waiting { ticket, tokens, until });
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        let Some((workspace, place)) = self.tickets.remove(&ticket) else { return };
        let Some(queue) = self.queues.get_mut(&workspace) else { return };
        if let Some(waiting) = queue.remove(place) {
            self.told.remove(&(waiting.until, ticket));
        }
        if queue.len() == 0 {
            self.queues.remove(&workspace);
        }
    }

    /// A call of the workspace was let through: it was its turn.
    pub(super) fn had_turn(&mut self, workspace: WorkspaceId) {
        if self.tickets.is_empty() {
            self.turns.clear();
            return;
        }
        self.turns_taken += 1;
        self.turns.insert(workspace, self.turns_taken);
    }

    /// Whoever does not come when told to must not hold up the rest.
    pub(super) fn drop_absent(&mut self, now: Timestamp) {
        while let Some((until, ticket)) = self.told.first().copied() {
            if now.since(until) <= ABSENT_MILLIS_MAX {
                return;
            }
            self.leave(ticket);
        }
    }

    #[cfg(test)]
    pub(super) fn is_forgotten(&self) -> bool {
        Self { arrivals: 0, turns_taken: 0, ..self.clone() } == Self::default()
    }

    /// Orders workspaces: who had no turn yet, or longest ago, is next.
    fn turn(&self, workspace: WorkspaceId) -> (u64, WorkspaceId) {
        (self.turns.get(&workspace).copied().unwrap_or(0), workspace)
    }
}
