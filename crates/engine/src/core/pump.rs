//! The heart: decide on what waits in a task's inbox, then on what should be in flight, and commit both together.

use std::collections::BTreeMap;

use divisi_domain::task::{
    Decision, Envelope, Event, Input, Refusal, Stage, Task, WaitKind, decide, effects, overdue,
};
use divisi_domain::time::Millis;
use divisi_llm::outputs::Decomposition;
use divisi_llm::policy::CallOutcome;

use super::Core;
use super::admission::Admitted;
use super::live::Pending;
use super::slots::Exchange;
use super::types::{Action, Order, Refused, Reply, ReplyTo, Room, Side, TaskKey};

/// How long a task that rests keeps its running slot: what rests longer lets others run.
pub(super) const SLOT_KEPT: Millis = Millis::from_secs(10);

/// What one pump of a task decided, before it is a batch.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) task: Option<Task>,
    pub(super) events: Vec<(divisi_domain::id::InputId, Event)>,
    pub(super) inputs: Vec<Pending>,
    pub(super) starts: Vec<divisi_domain::id::InputId>,
    pub(super) orders: Vec<Order>,
    pub(super) replies: Vec<ReplyTo>,
    pub(super) sides: Vec<Side>,
    pub(super) exchange: Exchange,
}

impl Core {
    /// Decides on what the task's inbox holds and starts what should be in flight. Does nothing while a commit of
    /// the task is under way: its outcome pumps again.
    pub(super) fn pump(&mut self, key: TaskKey) {
        let Some(live) = self.live.get_mut(&key) else { return };
        if live.committing.is_some() || live.rests(self.now) {
            return;
        }
        let mut decided = Decided {
            task: live.task.clone(),
            events: Vec::new(),
            inputs: Vec::new(),
            starts: Vec::new(),
            orders: Vec::new(),
            replies: Vec::new(),
            sides: Vec::new(),
            exchange: Exchange::default(),
        };
        let inbox: Vec<Pending> = live.inbox.drain(..).collect();
        for pending in inbox {
            self.take_in(key, pending, &mut decided);
        }
        // Also where the time passed while nobody looked: while no process ran, or before the task was read.
        if decided.task.as_ref().is_some_and(|task| overdue(task, self.now)) {
            self.tell(key, Input::TimerDue, &mut decided);
        }
        self.admit_task(key, &mut decided);
        self.start_due(key, &mut decided);
        self.conclude(key, decided);
    }

    fn take_in(&mut self, key: TaskKey, pending: Pending, decided: &mut Decided) {
        // Told twice before the first was answered: one outcome for both.
        if decided.inputs.iter().any(|known| known.id == pending.id) {
            decided.replies.extend(pending.reply);
            return;
        }
        match self.decide(key, &pending.input, pending.id, decided) {
            Ok(()) => {
                self.retitle(key, &pending, decided);
                decided.sides.extend(pending.sides.iter().cloned());
                decided.replies.extend(pending.reply);
                decided.inputs.push(pending);
            }
            Err(refusal) => {
                if let Some(to) = pending.reply {
                    let reply = Reply::Refused(Refused::Machine(refusal));
                    self.actions.push(Action::Reply { to, reply });
                }
            }
        }
    }

    /// Tells the machine something of the runner's own; a refusal only means that it is not news.
    pub(super) fn tell(&mut self, key: TaskKey, input: Input, decided: &mut Decided) -> bool {
        let id = self.fresh_input();
        let before = decided.events.len();
        if self.decide(key, &input, id, decided).is_err() || decided.events.len() == before {
            return false;
        }
        decided.inputs.push(Pending { id, input, sides: Vec::new(), reply: None });
        true
    }

    fn decide(
        &mut self,
        key: TaskKey,
        input: &Input,
        id: divisi_domain::id::InputId,
        decided: &mut Decided,
    ) -> Result<(), Refusal> {
        let envelope = Envelope { id, at: self.now, entropy: self.entropy.next(), input: input.clone() };
        let Decision { events, task } = decide(key.task, decided.task.as_ref(), &envelope)?;
        decided.events.extend(events.into_iter().map(|event| (id, event)));
        decided.task = Some(task);
        Ok(())
    }

    /// Gives the task a running slot if there is one, else a place in the queue.
    fn admit_task(&mut self, key: TaskKey, decided: &mut Decided) {
        let Some(task) = decided.task.as_ref() else { return };
        if task.is_terminal() || self.waits_long(task) {
            if task.waiting_for(self.now).is_some_and(|wait| wait.kind.is_for_person()) {
                self.calls.leave(key);
            }
            self.leave_running(key);
            return;
        }
        if self.running.contains(&key) {
            return;
        }
        let place = self.queue_key(key);
        let first = self.queue.first().is_none_or(|first| *first >= place);
        if self.running.len() >= self.limits.running_tasks_max || !first || self.draining {
            self.queue.insert(place);
            return;
        }
        self.queue.remove(&place);
        self.running.insert(key);
        if task.stage == Stage::Pending {
            self.tell(key, Input::Admit, decided);
        }
    }

    /// Whether the task waits for a person, or for so long that others should have its running slot.
    fn waits_long(&self, task: &Task) -> bool {
        let Some(wait) = task.waiting_for(self.now) else { return false };
        match wait.kind {
            WaitKind::Parked | WaitKind::Approval | WaitKind::Budget | WaitKind::OutcomeUnknown => true,
            WaitKind::Quota | WaitKind::Provider => {
                let until = effects(task, self.now).wake_at;
                until.is_none_or(|at| at > self.now + SLOT_KEPT)
            }
            WaitKind::Queued | WaitKind::Store => false,
        }
    }

    pub(super) fn queue_key(&self, key: TaskKey) -> super::QueueKey {
        let (priority, arrival) =
            self.live.get(&key).map_or((0, u64::MAX), |live| (live.priority, live.arrival));
        (std::cmp::Reverse(priority), arrival, key)
    }

    /// Frees the task's running slot and gives it to the next in the queue.
    pub(super) fn leave_running(&mut self, key: TaskKey) {
        let place = self.queue_key(key);
        self.queue.remove(&place);
        self.starved.forget(&place);
        self.calls.pause(key, &place);
        if self.running.remove(&key)
            && let Some((_, _, next)) = self.queue.first().copied()
        {
            self.wake_later(next);
        }
    }

    /// Starts every attempt that should be in flight and is admitted by shared state.
    fn start_due(&mut self, key: TaskKey, decided: &mut Decided) {
        self.calls.asks_anew(key);
        if self.draining || !self.running.contains(&key) {
            return;
        }
        let Some(task) = decided.task.as_ref() else { return };
        let due = effects(task, self.now).start;
        decided.exchange = self.spare_slots(key, decided.events.iter().map(|(_, event)| event));
        for wanted in due {
            let settled = decided.events.is_empty() && decided.inputs.is_empty();
            match self.admit(key, decided.task.as_ref(), &wanted, &decided.exchange, settled) {
                Admitted::Now(grant) => self.start(key, &wanted, *grant, decided),
                Admitted::Later => {}
                Admitted::Told(input) => {
                    self.tell(key, *input, decided);
                }
            }
        }
        self.calls.asked_anew(key, self.now);
    }

    fn start(
        &mut self,
        key: TaskKey,
        wanted: &divisi_domain::task::Wanted,
        grant: super::admission::Grant,
        decided: &mut Decided,
    ) {
        let input = Input::Start {
            path: wanted.path,
            attempt: wanted.attempt,
            target: grant.target.clone(),
            reserved: grant.reserved,
            agent: grant.agent,
        };
        let id = self.fresh_input();
        let before = decided.events.len();
        let taken = self.decide(key, &input, id, decided).is_ok() && decided.events.len() > before;
        if taken {
            decided.starts.push(id);
        }
        // Where the cap has no room the machine records what follows instead of a start.
        if !taken || !matches!(decided.events.last(), Some((_, Event::EffectStarted { .. }))) {
            if let Some(call) = &grant.call {
                self.not_called(call, CallOutcome::NotSent);
            }
            return;
        }
        self.take_off(key, wanted, &grant, &mut decided.exchange);
        let Some(live) = self.live.get(&key) else { return };
        let Some(state) = decided.task.clone() else { return };
        let deadline = self.terms.call_max(grant.target.as_ref(), self.limits.effect_deadline);
        decided.orders.push(Order {
            task: key,
            state: std::sync::Arc::new(state),
            crew: std::sync::Arc::clone(&live.crew),
            wanted: wanted.clone(),
            target: grant.target,
            refused: grant.refused,
            room: grant.call.map(|call| Room {
                input_tokens_max: call.target.input_tokens_max,
                output_tokens_max: call.output_tokens_max,
                thought_tokens: call.target.thought_tokens,
                input_tokens_reserved: Some(call.input_tokens_bound),
            }),
            at: self.now,
            deadline,
        });
    }

    /// Pumps the task once the present input is handled: never inside of another task's pump.
    pub(super) fn wake_later(&mut self, key: TaskKey) {
        self.ready.insert(key);
    }

    /// A plan that a person wrote brings titles of its own.
    fn retitle(&mut self, key: TaskKey, pending: &Pending, decided: &Decided) {
        let Input::EditPlan { content, .. } = &pending.input else { return };
        let written = pending.sides.iter().find(|side| side.blob == *content);
        let written = written.and_then(|side| serde_json::from_slice::<Decomposition>(&side.bytes).ok());
        let (Some(plan), Some(task), Some(live)) = (written, &decided.task, self.live.get_mut(&key)) else {
            return;
        };
        let titles: Vec<String> = plan.subtasks.into_iter().map(|subtask| subtask.title).collect();
        Self::rename_subtasks(&mut live.subtask_titles, task, &titles);
    }

    pub(super) fn rename_subtasks(titles: &mut BTreeMap<u16, String>, task: &Task, texts: &[String]) {
        let Some(pinned) = task.plan.as_ref() else { return };
        for (node, title) in pinned.plan.nodes.iter().zip(texts) {
            titles.insert(node.number, title.clone());
        }
    }
}
