//! Room that is there and that nobody has taken is offered on until somebody takes it or nobody wants it: whoever was
//! woken for it may not want it any more (parked, cancelled, read anew), and nobody else would be told.

use std::sync::Arc;

use divisi_domain::task::{Task, effects};

use super::Core;
use super::types::TaskKey;

impl Core {
    /// Pumps whoever was woken, and offers room, until both are done.
    pub(super) fn settle(&mut self) {
        loop {
            while let Some(key) = self.ready.pop_first() {
                self.pump(key);
            }
            match self.next_for_room() {
                Some(key) => self.pump(key),
                None if self.ready.is_empty() && !self.serve_freed() => return,
                None => {}
            }
        }
    }

    /// A task that waits for room which there is. It waits no more: where it still needs room it asks again.
    fn next_for_room(&mut self) -> Option<TaskKey> {
        if self.draining {
            return None;
        }
        #[cfg(feature = "planted")]
        if self.planted == Some(super::Planted::LostWakeUp) {
            return None;
        }
        if let Some(key) = self.quiescing
            && !self.needs_quiet(key)
        {
            self.quiet_over();
        }
        if self.running.len() < self.limits.running_tasks_max
            && let Some((_, _, key)) = self.queue.pop_first()
        {
            return Some(key);
        }
        if let Some(key) = self.calls.next_for_provider() {
            return Some(key);
        }
        let room = self.quiescing.is_none() && self.flights.len() < self.limits.effects_in_flight_max;
        if room { self.starved.next_in_pool(&self.shares) } else { None }
    }

    /// Whether quiet is still waited for or used: while anything flies, its end decides.
    fn needs_quiet(&self, key: TaskKey) -> bool {
        if !self.flights.is_empty() {
            return true;
        }
        let Some(live) = self.live.get(&key) else { return false };
        let wants = |task: &Arc<Task>| effects(task, self.now).start.iter().any(|wanted| wanted.alone);
        live.committing.is_some() || (self.running.contains(&key) && live.task.as_ref().is_some_and(wants))
    }
}
