//! Commits: what was decided becomes true when the store says so, and only then is anything performed or told.

use std::sync::Arc;

use divisi_domain::task::{Input, Task, Wait, WaitKind};
use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::policy::CallOutcome;
use divisi_store::{CommitOutcome, FirstOutcome, Refusal as StoreRefusal, StoreError};

use super::Core;
use super::batch::{self, Built};
use super::live::{Committing, Pending, Stalled, Starting};
use super::pump::Decided;
use super::types::{Action, Order, Refused, Reply, TaskKey, Ticket};

/// How long an attempt rests that the workspace's account had no room for.
const QUOTA_REST: Millis = Millis::from_secs(30);
/// How long an attempt rests whose agent's slots someone else holds.
const SLOT_REST: Millis = Millis::from_secs(1);

impl Core {
    /// Ends a pump: commits what was decided, or puts the task to rest.
    pub(super) fn conclude(&mut self, key: TaskKey, decided: Decided) {
        let Some(live) = self.live.get_mut(&key) else { return };
        let Some(after) = decided.task.clone() else {
            self.leave_running(key);
            self.live.remove(&key);
            return;
        };
        for (_, titles) in std::mem::take(&mut live.plan_titles) {
            Self::rename_subtasks(&mut live.subtask_titles, &after, &titles);
        }
        if decided.inputs.is_empty() && decided.starts.is_empty() {
            self.rest(key);
            return;
        }
        let Built { mut batch, snapshot } =
            batch::build(key, live, &decided, &after, self.now, self.limits.snapshot_events, &self.roster);
        let journal = self.journal(key, &decided.events, &after, &mut batch);
        #[cfg(feature = "planted")]
        self.spoil(&mut batch);
        let batch = Arc::new(batch);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let Some(live) = self.live.get_mut(&key) else { return };
        live.committing = Some(Committing {
            ticket,
            before: live.task.as_ref().map_or(0, |task| task.seq),
            after,
            events: decided.events.into_iter().map(|(_, event)| event).collect(),
            starting: decided.starting,
            replies: decided.replies,
            at: self.now,
            batch: Arc::clone(&batch),
            snapshot,
            exchange: decided.exchange,
            journal,
            inputs: decided.inputs,
            unanswered: false,
        });
        self.commits.insert(ticket, key);
        self.actions.push(Action::Commit { ticket, batch });
        #[cfg(feature = "planted")]
        self.tell_too_early(key);
    }

    pub(super) fn committed(
        &mut self,
        ticket: Ticket,
        outcome: std::result::Result<CommitOutcome, StoreError>,
    ) {
        let Some(key) = self.commits.remove(&ticket) else { return };
        let Some(committing) = self.live.get_mut(&key).and_then(|live| live.committing.take()) else {
            return;
        };
        match outcome {
            Ok(CommitOutcome::Committed { .. }) => self.durable(key, committing),
            Ok(CommitOutcome::AlreadyCommitted { first }) => self.repeated(key, committing, &first),
            Ok(CommitOutcome::Refused(refusal)) => self.refused(key, committing, &refusal),
            Err(error) => self.store_failed(key, committing, error),
        }
        // Whoever must run alone may have waited for this to be recorded.
        self.room_made();
    }

    fn durable(&mut self, key: TaskKey, committing: Committing) {
        let Committing { before, after, events, starting, replies, at, snapshot, journal, .. } = committing;
        self.journal_durable(journal);
        self.give_back(key, &events);
        let seq = after.seq;
        self.abort_unwanted(key, &after);
        if let Some(live) = self.live.get_mut(&key) {
            live.task = Some(Arc::clone(&after));
            live.stalled = None;
            if snapshot {
                live.snapshot_seq = seq;
            }
        }
        self.tell_held(key, None);
        for one in starting {
            self.perform(key, one, &after, at);
        }
        for to in replies {
            self.actions.push(Action::Reply { to, reply: Reply::Done { task: key, seq } });
        }
        if !events.is_empty() {
            self.actions.push(Action::Publish { task: key, first_seq: before + 1, at, events, state: after });
        }
        self.pump(key);
    }

    /// Has an attempt performed whose start, decided `at`, is durable in `state`.
    fn perform(&mut self, key: TaskKey, one: Starting, state: &Arc<Task>, at: Timestamp) {
        let Some(live) = self.live.get(&key) else { return };
        let Starting { wanted, target, room, refused } = one;
        let deadline = self.terms.call_max(target.as_ref(), self.limits.effect_deadline);
        let (state, crew) = (Arc::clone(state), Arc::clone(&live.crew));
        let order = Order { task: key, state, crew, wanted, target, room, refused, at, deadline };
        self.actions.push(Action::Perform(Box::new(order)));
    }

    /// An answer was lost and the batch given again: it is durable if it is there as a whole.
    fn repeated(&mut self, key: TaskKey, committing: Committing, first: &[FirstOutcome]) {
        let whole = first.first().is_some_and(|first| {
            first.last_seq >= committing.after.seq && first.events.len() == committing.events.len()
        });
        if whole {
            self.durable(key, committing);
        } else {
            self.start_over(key, committing, first);
        }
    }

    /// Takes the inputs back that are not recorded, and reads the task again.
    fn start_over(&mut self, key: TaskKey, committing: Committing, first: &[FirstOutcome]) {
        self.undo_starts(key, &committing);
        let recorded = first.first().map_or(&[][..], |first| &first.recorded);
        let (done, open): (Vec<Pending>, Vec<Pending>) =
            committing.inputs.into_iter().partition(|pending| recorded.contains(&pending.id));
        let seq = first.first().map_or(committing.before, |first| first.last_seq);
        for to in done.into_iter().filter_map(|pending| pending.reply) {
            self.actions.push(Action::Reply { to, reply: Reply::Done { task: key, seq } });
        }
        let place = self.queue_key(key);
        self.calls.forget(key, &place);
        self.arm(key, None);
        let Some(live) = self.live.remove(&key) else { return };
        self.tell_nothing_held(key, &live);
        self.running.remove(&key);
        let waiting = self.loading.entry(key).or_default();
        waiting.extend(open);
        waiting.extend(live.inbox);
        self.actions.push(Action::Load(key));
    }

    /// The results are committed again, without the starts that shared state refused.
    fn refused(&mut self, key: TaskKey, committing: Committing, refusal: &StoreRefusal) {
        match refusal {
            StoreRefusal::VersionConflict { .. } => self.start_over(key, committing, &[]),
            StoreRefusal::LeaseUnavailable { .. } => {
                self.without_starts(key, committing, WaitKind::Queued, SLOT_REST);
            }
            StoreRefusal::ReservationRefused { .. } => {
                self.without_starts(key, committing, WaitKind::Quota, QUOTA_REST);
            }
        }
    }

    fn without_starts(&mut self, key: TaskKey, committing: Committing, waits: WaitKind, rest: Millis) {
        self.undo_starts(key, &committing);
        let until = Some(self.now + rest);
        let started = committing.starting.iter().map(|one| one.wanted.path);
        let told: Vec<Input> = started.map(|path| Input::Defer { path, waits, until }).collect();
        let ids: Vec<_> = told.iter().map(|_| self.fresh_input()).collect();
        let deferred = ids.into_iter().zip(told);
        let deferred = deferred.map(|(id, input)| Pending { id, input, sides: Vec::new(), reply: None });
        let inputs = committing.inputs.into_iter().chain(deferred).collect();
        self.put_back(key, inputs);
        self.pump(key);
    }

    pub(super) fn undo_starts(&mut self, key: TaskKey, committing: &Committing) {
        for Starting { wanted, .. } in &committing.starting {
            let flight = super::FlightKey { task: key, path: wanted.path };
            self.undo_slot((flight, wanted.attempt), &committing.exchange);
            self.land(flight, CallOutcome::NotSent);
        }
    }

    fn store_failed(&mut self, key: TaskKey, committing: Committing, error: StoreError) {
        #[cfg(feature = "planted")]
        if self.planted == Some(super::Planted::ReuseLostResult)
            && matches!(error, StoreError::Unanswered { .. })
        {
            self.durable(key, committing);
            return;
        }
        match error {
            StoreError::Unanswered { .. } => self.give_again(key, committing, error),
            // An earlier answer to it was lost.
            StoreError::Full | StoreError::Unavailable { .. } if committing.unanswered => {
                self.give_again(key, committing, error);
            }
            StoreError::Full | StoreError::Unavailable { .. } => self.stall(key, committing, &error),
            StoreError::Corrupt { stream, .. } if stream != key.stream() => {
                self.damaged.insert(stream);
                self.take_back(key, committing);
                self.pump(key);
            }
            StoreError::Corrupt { .. } | StoreError::CorruptBlob { .. } => {
                self.quarantine(key, committing, &error);
            }
            StoreError::Invalid { .. } => self.refuse_invalid(key, committing, &error),
            error @ (StoreError::Broken { .. }
            | StoreError::Closed
            | StoreError::Newer { .. }
            | StoreError::Foreign { .. }) => {
                for to in committing.replies {
                    let reply = Reply::Refused(Refused::Store(error.clone()));
                    self.actions.push(Action::Reply { to, reply });
                }
                self.actions.push(Action::Stop(error));
            }
        }
    }

    /// It may be durable: the same batch, with the same inputs, is given again until the store says so.
    fn give_again(&mut self, key: TaskKey, committing: Committing, error: StoreError) {
        let ticket = committing.ticket;
        let batch = Arc::clone(&committing.batch);
        self.commits.insert(ticket, key);
        if let Some(live) = self.live.get_mut(&key) {
            let since = live.stalled.map_or(self.now, |stalled| stalled.since);
            live.stalled = Some(Stalled { since, until: self.now });
            live.committing = Some(Committing { unanswered: true, ..committing });
            self.tell_held(key, Some(Wait { kind: WaitKind::Store, since }));
        }
        self.actions.push(Action::Retry { ticket, batch, error });
    }

    #[cfg(feature = "planted")]
    fn spoil(&self, batch: &mut divisi_store::Batch) {
        if self.planted == Some(super::Planted::LeakedSlot) {
            batch.leases.retain(|lease| matches!(lease, divisi_store::LeaseChange::Take { .. }));
        }
        if self.planted == Some(super::Planted::DoubleSettle) {
            let settled = |change: &&divisi_store::Reservation| {
                matches!(change, divisi_store::Reservation::Settle { .. })
            };
            let again: Vec<_> = batch.reservations.iter().filter(settled).cloned().collect();
            batch.reservations.extend(again);
        }
    }

    #[cfg(feature = "planted")]
    fn tell_too_early(&mut self, key: TaskKey) {
        let Some(committing) = self.live.get_mut(&key).and_then(|live| live.committing.as_mut()) else {
            return;
        };
        if self.planted == Some(super::Planted::AckBeforeCommit) {
            let seq = committing.after.seq;
            for to in std::mem::take(&mut committing.replies) {
                self.actions.push(Action::Reply { to, reply: Reply::Done { task: key, seq } });
            }
        }
        if self.planted == Some(super::Planted::PerformBeforeCommit) {
            let (after, at) = (Arc::clone(&committing.after), committing.at);
            for one in std::mem::take(&mut committing.starting) {
                self.perform(key, one, &after, at);
            }
        }
    }

    /// Arms the task's timer, or forgets a task that has ended or that a person alone can move.
    fn rest(&mut self, key: TaskKey) {
        let now = self.now;
        let Some(live) = self.live.get_mut(&key) else { return };
        let Some(task) = live.task.as_ref() else { return };
        let wanted = divisi_domain::task::effects(task, now);
        if task.is_terminal() && live.inbox.is_empty() {
            self.arm(key, None);
            self.forget(key);
            return;
        }
        if self.may_leave(key, &wanted) {
            self.tell_held(key, None);
            self.leave(key, wanted.wake_at);
            return;
        }
        let turn = self.calls.turn(key).map(|(until, _)| until);
        // What could not be recorded is tried again, whatever was asked meanwhile.
        let stalled = self
            .live
            .get(&key)
            .and_then(|live| live.stalled)
            .map(|stalled| stalled.until)
            .filter(|until| *until > now);
        self.arm(key, wanted.wake_at.into_iter().chain(turn).chain(stalled).min());
        self.tell_held(key, self.lacks(key));
    }

    /// Sets the task's timer; a task has at most one.
    pub(super) fn arm(&mut self, key: TaskKey, at: Option<Timestamp>) {
        let Some(live) = self.live.get_mut(&key) else { return };
        if let Some(old) = live.wake_at.take() {
            self.timers.remove(&(old, key));
        }
        if let Some(at) = at {
            live.wake_at = Some(at);
            self.timers.insert((at, key));
        }
    }

    pub(super) fn forget(&mut self, key: TaskKey) {
        let place = self.queue_key(key);
        self.leave_running(key);
        self.calls.forget(key, &place);
        self.live.remove(&key);
    }

    /// For the driver: the state of a task in memory.
    pub fn task(&self, key: TaskKey) -> Option<&Task> {
        self.live.get(&key).and_then(|live| live.task.as_deref())
    }
}
