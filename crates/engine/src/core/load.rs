//! Tasks that come back from the store: after a start, and for a command to a task that is not in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use divisi_domain::path::EffectPath;
use divisi_domain::task::{Input, Task, effects};
use divisi_domain::time::Timestamp;
use divisi_llm::policy::CallOutcome;

use super::Core;
use super::live::{Live, Pending};
use super::types::{Action, FlightKey, KnownAgent, Loaded, Refused, Reply, TaskKey};

impl Core {
    /// Every attempt that had started and has no outcome was interrupted.
    pub(super) fn recover(
        &mut self,
        agents: &[KnownAgent],
        tasks: Vec<(TaskKey, Loaded)>,
        last_seen: Timestamp,
    ) {
        for agent in agents {
            self.known_agent(&agent.row);
        }
        let in_flight = |task: &Task| effects(task, last_seen).in_flight;
        let alone = tasks.iter().map(|(_, loaded)| in_flight(&loaded.task).len()).sum::<usize>() == 1;
        let keys: Vec<TaskKey> = tasks.iter().map(|(key, _)| *key).collect();
        for (key, loaded) in tasks {
            let open = in_flight(&loaded.task);
            let clock_runs = clock_runs(&loaded.task);
            self.keep(key, loaded, VecDeque::new());
            if clock_runs || !open.is_empty() {
                self.interrupt(key, &open, alone, last_seen);
            }
        }
        self.free_stale(agents);
        for key in keys {
            self.pump(key);
        }
    }

    fn interrupt(&mut self, key: TaskKey, open: &[(EffectPath, u16)], alone: bool, last_seen: Timestamp) {
        let mut inputs = vec![Input::Recovered { last_seen }];
        inputs.extend(open.iter().map(|(path, attempt)| Input::Interrupted {
            path: *path,
            attempt: *attempt,
            alone,
        }));
        for input in inputs {
            let id = self.fresh_input();
            if let Some(live) = self.live.get_mut(&key) {
                live.inbox.push_back(Pending { id, input, sides: Vec::new(), reply: None });
            }
        }
    }

    /// The process ends in order: every attempt in flight is recorded as interrupted now, so that the next start does not
    /// take it for one that brought the process down.
    pub(super) fn cut_off(&mut self) {
        let flights: Vec<(FlightKey, u16)> =
            self.flights.iter().map(|(flight, state)| (*flight, state.attempt)).collect();
        for (flight, attempt) in flights {
            self.land(flight, CallOutcome::Cancelled);
            self.abort(flight);
            let input = Input::Interrupted { path: flight.path, attempt, alone: false };
            let id = self.fresh_input();
            if let Some(live) = self.live.get_mut(&flight.task) {
                live.inbox.push_back(Pending { id, input, sides: Vec::new(), reply: None });
                self.wake_later(flight.task);
            }
        }
    }

    /// Answers everyone who waits for a task to be read that cannot be.
    pub(super) fn refuse_waiting(&mut self, key: TaskKey, why: &Refused) {
        let waiting = self.loading.remove(&key).unwrap_or_default();
        for to in waiting.into_iter().filter_map(|pending| pending.reply) {
            self.actions.push(Action::Reply { to, reply: Reply::Refused(why.clone()) });
        }
    }

    /// The task's record is damaged: nothing more is heard of it.
    pub(super) fn unreadable(&mut self, key: TaskKey, reason: String) {
        self.back(key);
        self.refuse_waiting(key, &Refused::Unreadable(reason));
    }

    pub(super) fn loaded(&mut self, key: TaskKey, loaded: Option<Loaded>) {
        let waiting = self.loading.remove(&key).unwrap_or_default();
        match loaded {
            Some(loaded) if !self.live.contains_key(&key) => {
                let open = self.flown_by_nobody(key, &loaded.task, &waiting);
                self.keep(key, loaded, waiting.into());
                if !open.is_empty() {
                    self.interrupt(key, &open, false, self.now);
                }
            }
            Some(_) => {
                if let Some(live) = self.live.get_mut(&key) {
                    live.inbox.extend(waiting);
                }
            }
            None => {
                self.back(key);
                self.loading.insert(key, waiting);
                self.refuse_waiting(key, &Refused::NotFound);
                return;
            }
        }
        self.pump(key);
    }

    /// Attempts that the log says are in flight, and that this process neither makes nor has the result of.
    fn flown_by_nobody(&self, key: TaskKey, task: &Task, waiting: &[Pending]) -> Vec<(EffectPath, u16)> {
        let mut open = effects(task, self.now).in_flight;
        open.retain(|attempt| {
            let ended = |pending: &Pending| match &pending.input {
                Input::Ended { path, attempt: number, .. } => (*path, *number) == *attempt,
                _ => false,
            };
            let flies = self.flights_of(key).any(|(flight, number)| (flight.path, number) == *attempt);
            !flies && !waiting.iter().any(ended)
        });
        open
    }

    fn keep(&mut self, key: TaskKey, loaded: Loaded, inbox: VecDeque<Pending>) {
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        // Time never goes back below the log, whatever the wall clock says.
        self.now = self.now.max(loaded.task.updated_at);
        let held = self.back(key);
        let crew = self.shared_crew(loaded.task.submission.crew_digest, loaded.crew);
        let live = Live {
            priority: loaded.task.submission.priority as u8,
            task: Some(Arc::new(loaded.task)),
            crew,
            title: loaded.title,
            subtask_titles: loaded.subtask_titles,
            inbox,
            committing: None,
            wake_at: None,
            held,
            stalled: None,
            plan_titles: Vec::new(),
            snapshot_seq: loaded.snapshot_seq,
            arrival,
        };
        let task = live.task.clone();
        self.live.insert(key, live);
        if let Some(task) = task {
            self.hold_again(key, &task);
        }
    }
}

/// Whether active time counts against a deadline: while no process ran it did not.
fn clock_runs(task: &Task) -> bool {
    let subtasks = || task.subtasks.values().any(|subtask| subtask.clock.expires_at().is_some());
    !task.is_terminal() && (task.clock.expires_at().is_some() || subtasks())
}
