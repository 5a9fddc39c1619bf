//! Tasks that are not in memory while only a person can end their wait. The log has all of them; what stays here is when to
//! look again. A command, or that time, brings them back.

use divisi_domain::task::{Effects, Wait, WaitKind};
use divisi_domain::time::Timestamp;

use super::Core;
use super::live::Pending;
use super::pump::SLOT_KEPT;
use super::stall::STALL_REST;
use super::types::{Action, Refused, Reply, TaskKey};

/// What is kept of a task that is not in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Away {
    wake_at: Timestamp,
    /// What was told last that it waits for, beside what its state says.
    pub(super) held: Option<Wait>,
}

impl Core {
    /// Whether a person alone can move the task, so that it may leave memory: nothing of it is in flight, asked or due.
    pub(super) fn may_leave(&self, key: TaskKey, wanted: &Effects) -> bool {
        let Some(live) = self.live.get(&key) else { return false };
        let wait = live.task.as_ref().and_then(|task| task.waiting_for(self.now));
        let asked = wait.is_some_and(|wait| wait.kind.is_for_person());
        asked
            && live.inbox.is_empty()
            && live.committing.is_none()
            && live.stalled.is_none_or(|stalled| stalled.until <= self.now)
            && wanted.start.is_empty()
            && wanted.in_flight.is_empty()
            && wanted.wake_at.is_none_or(|at| at > self.now + SLOT_KEPT)
            && self.flights_of(key).next().is_none()
            && !self.holds_slots(key)
    }

    /// Puts the task out of memory until `wake_at`, or until a person says something.
    pub(super) fn leave(&mut self, key: TaskKey, wake_at: Option<Timestamp>) {
        self.arm(key, None);
        self.forget(key);
        if let Some(wake_at) = wake_at {
            self.stay_away(key, Away { wake_at, held: None });
        }
    }

    /// The task is in memory again. What was told that it waits for.
    pub(super) fn back(&mut self, key: TaskKey) -> Option<Wait> {
        let away = self.away.remove(&key)?;
        self.timers.remove(&(away.wake_at, key));
        away.held
    }

    /// Reads the task for what was said to it.
    pub(super) fn fetch(&mut self, key: TaskKey, said: Option<Pending>) {
        let asked = self.loading.contains_key(&key);
        self.loading.entry(key).or_default().extend(said);
        if !asked {
            self.actions.push(Action::Load(key));
        }
    }

    /// The time has come that the task was to be looked at.
    pub(super) fn look_again(&mut self, key: TaskKey) {
        if let Some(away) = self.away.get_mut(&key) {
            away.wake_at = self.now;
            self.loading.entry(key).or_default();
            self.actions.push(Action::Load(key));
        }
    }

    /// The store could not be read just now. Who waits for an answer is told so; the rest is kept, and the task is read again
    /// after a rest.
    pub(super) fn read_later(&mut self, key: TaskKey, reason: &str) {
        let waiting = self.loading.remove(&key).unwrap_or_default();
        let (asked, kept): (Vec<Pending>, Vec<Pending>) =
            waiting.into_iter().partition(|pending| pending.reply.is_some());
        for to in asked.into_iter().filter_map(|pending| pending.reply) {
            let reply = Reply::Refused(Refused::Unreadable(reason.to_owned()));
            self.actions.push(Action::Reply { to, reply });
        }
        if self.live.contains_key(&key) {
            return;
        }
        self.loading.insert(key, kept);
        let since = self.back(key).map_or(self.now, |held| held.since);
        let held = Wait { kind: WaitKind::Store, since };
        self.actions.push(Action::Held { task: key, wait: Some(held) });
        self.stay_away(key, Away { wake_at: self.now + STALL_REST, held: Some(held) });
    }

    fn stay_away(&mut self, key: TaskKey, away: Away) {
        self.timers.insert((away.wake_at, key));
        self.away.insert(key, away);
    }
}
