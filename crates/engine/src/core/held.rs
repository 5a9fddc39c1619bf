//! What a task waits for in this process and its state cannot say: room that other tasks have, or the store.

use divisi_domain::task::{Wait, WaitKind};

use super::Core;
use super::live::Live;
use super::types::{Action, TaskKey};

impl Core {
    /// Tells what the task waits for beside what its state says, where it is something else than before.
    pub(super) fn tell_held(&mut self, key: TaskKey, wait: Option<Wait>) {
        let Some(live) = self.live.get_mut(&key) else { return };
        if live.held.map(|held| held.kind) != wait.map(|wait| wait.kind) {
            live.held = wait;
            self.actions.push(Action::Held { task: key, wait });
        }
    }

    /// The task leaves memory: nothing of this process holds it any more.
    pub(super) fn tell_nothing_held(&mut self, key: TaskKey, live: &Live) {
        if live.held.is_some() {
            self.actions.push(Action::Held { task: key, wait: None });
        }
    }

    /// The slot that a task at rest lacks: a running slot, or an agent's or one of the process for what is due.
    pub(super) fn lacks(&self, key: TaskKey) -> Option<Wait> {
        let task = self.live.get(&key)?.task.as_ref()?;
        if task.waiting_for(self.now).is_some() || self.flights_of(key).next().is_some() {
            return None;
        }
        if let Some((_, kind)) = self.calls.turn(key) {
            return Some(Wait { kind, since: self.now });
        }
        let place = self.queue_key(key);
        let lacks = self.queue.contains(&place) || self.starved.holds(&place);
        lacks.then_some(Wait { kind: WaitKind::Queued, since: self.now })
    }
}
