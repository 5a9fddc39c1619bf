//! `decide`: what an input makes of a task, as events. Total; may refuse; nothing else happens here.

mod attempts;
mod ended;
mod interrupted;
mod passes;
mod people;
mod resolve;
mod timers;

use std::sync::Arc;

use super::advance;
use super::event::Event;
use super::input::{Envelope, Input, Report};
use super::phase::Stage;
use super::refusal::Refusal;
use super::state::{RULES, Task};
use crate::budget::Settlement;
use crate::id::TaskId;
use crate::money::MicroUsd;
use crate::time::Timestamp;
use crate::wait::WaitKind;

/// How many structural events may follow one input. More is a bug of `advance`.
const ADVANCE_EVENTS_MAX: usize = 10_000;

/// Decides on an input: the facts to record, none where it changes nothing. They are applied to `task`, which is `None` for
/// a stream without events. Whoever else holds the task keeps it as it was; a refused input leaves it so, too.
pub fn decide(id: TaskId, task: &mut Option<Arc<Task>>, envelope: &Envelope) -> Result<Vec<Event>, Refusal> {
    match (task.as_mut(), &envelope.input) {
        (None, Input::Submit(submission)) => {
            let event = Event::Submitted { rules: RULES, submission: submission.clone() };
            let begun = Task::begin(id, &event, envelope.at).ok_or(Refusal::Unknown)?;
            *task = Some(Arc::new(begun));
            Ok(vec![event])
        }
        (None, _) => Err(Refusal::Unknown),
        (Some(_), Input::Submit(_)) => Err(Refusal::Exists),
        (Some(task), input) => Deciding::on(task, envelope).conclude(input),
    }
}

/// What the end of an attempt settles at. Where no usage was told, only a call that cannot have been charged is free:
/// one that never left, or was turned away before anything was generated.
fn settlement(report: &Report, cost: Option<MicroUsd>, sent: bool, generated: bool) -> Settlement {
    match (report, cost) {
        (_, Some(cost)) => Settlement::Actual(cost),
        (Report::Failed { class, .. }, None) if class.turned_away() && !generated => Settlement::Unused,
        (_, None) if !sent => Settlement::Unused,
        (_, None) => Settlement::Whole,
    }
}

/// A task while an input is decided on: every emitted event is applied at once. Who refuses does so before the first.
struct Deciding<'t> {
    task: &'t mut Arc<Task>,
    at: Timestamp,
    entropy: u64,
    events: Vec<Event>,
}

impl<'t> Deciding<'t> {
    fn on(task: &'t mut Arc<Task>, envelope: &Envelope) -> Self {
        let at = envelope.at.max(task.updated_at);
        Self { task, at, entropy: envelope.entropy, events: Vec::new() }
    }

    fn conclude(mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        self.interpret(input)?;
        self.advance();
        Ok(self.events)
    }

    fn emit(&mut self, event: Event) {
        Arc::make_mut(self.task).apply(&event, self.at);
        self.events.push(event);
    }

    fn advance(&mut self) {
        for _ in 0..ADVANCE_EVENTS_MAX {
            let Some(event) = advance::next(self.task) else { return };
            self.emit(event);
        }
    }

    fn interpret(&mut self, input: &Input) -> Result<(), Refusal> {
        match input {
            Input::Submit(_) => Err(Refusal::Exists),
            Input::Admit => self.admit(),
            Input::Start { path, attempt, target, reserved, agent } => {
                self.start(*path, *attempt, target.as_ref(), *reserved, *agent)
            }
            Input::Defer { path, waits, until } => self.defer(*path, *waits, *until),
            Input::NoCapableAgent { path } => self.no_capable_agent(*path),
            Input::Ended { path, attempt, report, usage, cost, sent, generated } => {
                let settlement = settlement(report, *cost, *sent, *generated);
                self.ended(*path, *attempt, report, *usage, settlement)
            }
            Input::Interrupted { path, attempt, alone } => self.interrupted(*path, *attempt, *alone),
            Input::Recovered { last_seen } => self.recovered(*last_seen),
            Input::TimerDue => self.timer_due(),
            Input::Decide { number, decision } => self.decide_approval(*number, decision),
            Input::EditPlan { content, draft, rules } => self.edit_plan(*content, draft, rules),
            Input::Park => self.park(),
            Input::Resume { rules } => self.resume(*rules),
            Input::Cancel => self.cancel(),
            Input::Revise { rules, scope, request } => self.revise(*rules, scope, *request),
            Input::ChangeCap { cap } => self.change_cap(*cap),
            Input::Resolve { path, resolution } => self.resolve(*path, resolution),
            Input::Rate { stars, useful, comment } => self.rate(*stars, *useful, *comment),
            Input::Erase => self.erase(),
        }
    }

    fn admit(&mut self) -> Result<(), Refusal> {
        self.live()?;
        if self.task.stage == Stage::Pending && self.task.wait.is_none() {
            self.emit(Event::Entered(Stage::Analysis));
        }
        Ok(())
    }

    /// Refuses where the task has ended.
    fn live(&self) -> Result<(), Refusal> {
        if self.task.is_terminal() {
            return Err(Refusal::Terminal { state: self.task.state().as_str() });
        }
        Ok(())
    }

    fn end_wait(&mut self, kinds: &[WaitKind]) {
        if let Some(wait) = self.task.wait.filter(|wait| kinds.contains(&wait.kind)) {
            self.emit(Event::WaitEnded(wait.kind));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_step::FailureClass;

    #[test]
    fn only_what_cannot_have_been_charged_is_free() {
        let failed = |class| Report::Failed { class, content: None, retry_after: None };
        let turned_away = [
            FailureClass::RateLimited,
            FailureClass::ContextTooLong,
            FailureClass::BadRequest,
            FailureClass::Unauthorized,
            FailureClass::UnknownModel,
            FailureClass::QuotaSpent,
        ];
        for class in turned_away {
            assert_eq!(settlement(&failed(class), None, true, false), Settlement::Unused, "{class:?}");
            assert_eq!(settlement(&failed(class), None, true, true), Settlement::Whole, "{class:?}");
        }
        let cut = failed(FailureClass::Truncated);
        let cost = MicroUsd(7);
        assert_eq!(settlement(&cut, None, true, true), Settlement::Whole);
        assert_eq!(settlement(&cut, None, false, false), Settlement::Unused);
        assert_eq!(settlement(&cut, Some(cost), true, true), Settlement::Actual(cost));
    }
}
