//! After a crash: what becomes of attempts that had started and have no outcome.

use super::Deciding;
use crate::model_step::Next;
use crate::path::EffectPath;
use crate::subtask::EffectClass;
use crate::task::event::{Event, Outcome};
use crate::task::refusal::Refusal;
use crate::task::state::Step;
use crate::time::Timestamp;

impl Deciding<'_> {
    pub(super) fn recovered(&mut self, last_seen: Timestamp) -> Result<(), Refusal> {
        self.live()?;
        self.emit(Event::Recovered { last_seen });
        Ok(())
    }

    pub(super) fn interrupted(&mut self, path: EffectPath, attempt: u16, alone: bool) -> Result<(), Refusal> {
        let in_flight =
            self.task.step(path).is_some_and(|step| step.in_flight() && step.attempt() == attempt);
        if !in_flight {
            return Err(Refusal::NotDue { path, attempt });
        }
        self.settle_whole(path, attempt, Outcome::Interrupted { alone });
        match self.task.step(path).cloned() {
            Some(Step::Model(step)) => {
                let limits = &self.task.submission.policy.limits;
                match step.after_interruption(limits) {
                    Next::Again { cause, target, not_before } => {
                        self.emit(Event::AttemptScheduled { path, cause, target, not_before, waits: None });
                    }
                    Next::GiveUp | Next::Quarantine => self.give_up(path, None),
                }
            }
            Some(Step::Tool(step)) => {
                let call = crate::task::effects::call_request(self.task, path.node);
                let class = call.map_or(EffectClass::AtMostOnce, |call| call.class);
                if step.poison >= self.task.submission.policy.limits.poison_count_max {
                    self.give_up(path, None);
                } else if class != EffectClass::AtMostOnce {
                    let cause = crate::model_step::Cause::Interrupted;
                    let event =
                        Event::AttemptScheduled { path, cause, target: 0, not_before: None, waits: None };
                    self.emit(event);
                }
            }
            None => {}
        }
        Ok(())
    }
}
