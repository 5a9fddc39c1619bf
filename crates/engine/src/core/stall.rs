//! A store that cannot take a task's commit: a full disk, a damaged record. Nobody is left waiting for an answer, and
//! what cannot be asked for again is kept.

use std::collections::VecDeque;

use divisi_domain::task::{Wait, WaitKind};
use divisi_domain::time::Millis;
use divisi_llm::policy::CallOutcome;
use divisi_store::StoreError;

use super::live::{Committing, Pending, Stalled};
use super::types::{Action, Refused, Reply, TaskKey};
use super::{Core, FlightKey};

/// How long a task rests before it tries again to record what it has.
pub(super) const STALL_REST: Millis = Millis(500);

impl Core {
    /// The disk is full: nothing of the batch was saved. Whoever waits for an answer is told so and may ask again;
    /// results of attempts are kept and committed again after a rest, without the starts.
    pub(super) fn stall(&mut self, key: TaskKey, committing: Committing, error: &StoreError) {
        self.undo_starts(key, &committing);
        let (asked, kept): (Vec<Pending>, Vec<Pending>) =
            committing.inputs.into_iter().partition(|pending| pending.reply.is_some());
        self.refuse_all(asked, &Refused::Store(error.clone()));
        if self.live.get(&key).is_some_and(|live| live.task.is_none()) {
            // Nobody can ask anything of a task that was not taken.
            self.give_up(key, &Refused::NotFound);
            return;
        }
        self.put_back(key, kept);
        let now = self.now;
        let Some(live) = self.live.get_mut(&key) else { return };
        let until = now + STALL_REST;
        let since = live.stalled.map_or(now, |stalled| stalled.since);
        live.stalled = Some(Stalled { since, until });
        self.arm(key, Some(until));
        self.tell_held(key, Some(Wait { kind: WaitKind::Store, since }));
        // Somebody asked meanwhile: a cancellation may use the room that is kept back for it.
        self.pump(key);
    }

    /// Puts a task out of memory that cannot be committed to: whoever asked something of it is told.
    fn give_up(&mut self, key: TaskKey, why: &Refused) {
        let place = self.queue_key(key);
        self.arm(key, None);
        self.leave_running(key);
        self.calls.forget(key, &place);
        if let Some(live) = self.live.remove(&key) {
            self.tell_nothing_held(key, &live);
            self.refuse_all(live.inbox, why);
        }
    }

    /// What a person asked for breaks the store's rules: he is told, and the rest is decided on anew. Where nobody asked
    /// it is our own fault, and the task is left alone as it is.
    pub(super) fn refuse_invalid(&mut self, key: TaskKey, committing: Committing, error: &StoreError) {
        let asked = committing.inputs.iter().any(|pending| pending.reply.is_some());
        if !asked || self.live.get(&key).is_some_and(|live| live.task.is_none()) {
            self.quarantine(key, committing, error);
            let wait = Some(Wait { kind: WaitKind::Store, since: self.now });
            self.actions.push(Action::Held { task: key, wait });
            return;
        }
        self.undo_starts(key, &committing);
        let (asked, kept): (Vec<Pending>, Vec<Pending>) =
            committing.inputs.into_iter().partition(|pending| pending.reply.is_some());
        self.refuse_all(asked, &Refused::Store(error.clone()));
        self.put_back(key, kept);
        self.pump(key);
    }

    /// A record of the task is damaged: it is left alone as it is, and all others go on.
    pub(super) fn quarantine(&mut self, key: TaskKey, committing: Committing, error: &StoreError) {
        self.undo_starts(key, &committing);
        let why = Refused::Store(error.clone());
        self.refuse_all(committing.inputs, &why);
        self.abort_all(key);
        self.free_slots_of(key);
        self.give_up(key, &why);
        self.actions.push(Action::Quarantined { task: key, error: error.clone() });
    }

    /// Takes a batch apart that was not committed: its inputs are decided on anew.
    pub(super) fn take_back(&mut self, key: TaskKey, committing: Committing) {
        self.undo_starts(key, &committing);
        self.put_back(key, committing.inputs);
    }

    /// Puts inputs back before those that came later.
    pub(super) fn put_back(&mut self, key: TaskKey, inputs: Vec<Pending>) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let mut inbox: VecDeque<Pending> = inputs.into();
        inbox.append(&mut live.inbox);
        live.inbox = inbox;
    }

    fn refuse_all(&mut self, inputs: impl IntoIterator<Item = Pending>, why: &Refused) {
        for to in inputs.into_iter().filter_map(|pending| pending.reply) {
            let reply = Reply::Refused(why.clone());
            self.actions.push(Action::Reply { to, reply });
        }
    }

    fn abort_all(&mut self, key: TaskKey) {
        let flying: Vec<FlightKey> = self.flights_of(key).map(|(flight, _)| flight).collect();
        for flight in flying {
            self.land(flight, CallOutcome::Cancelled);
            self.abort(flight);
        }
    }
}
