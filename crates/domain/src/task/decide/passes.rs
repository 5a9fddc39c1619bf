//! The next pass: resume after a failure, revise after completion.

use super::Deciding;
use crate::blob::BlobRef;
use crate::model_step::StepPhase;
use crate::path::EffectPath;
use crate::task::event::{Event, RevisionScope};
use crate::task::phase::Stage;
use crate::task::refusal::Refusal;
use crate::task::state::Step;
use crate::wait::WaitKind;

impl Deciding<'_> {
    pub(super) fn resume(&mut self, rules: u32) -> Result<(), Refusal> {
        match self.task.stage {
            Stage::Cancelled => Err(Refusal::Cancelled),
            Stage::Failed => {
                self.not_erased()?;
                self.emit(Event::Resumed { rules });
                self.emit(Event::Entered(self.task.stage));
                Ok(())
            }
            _ => self.unpark(),
        }
    }

    /// Ends a wait that a person can end, and makes resting effects due.
    fn unpark(&mut self) -> Result<(), Refusal> {
        let resting = self.resting();
        if self.task.wait.is_none() && resting.is_empty() {
            return Err(Refusal::NothingToResume { state: self.task.state().as_str() });
        }
        self.end_wait(&[WaitKind::Parked, WaitKind::Budget, WaitKind::Store]);
        for event in resting {
            self.emit(event);
        }
        Ok(())
    }

    fn resting(&self) -> Vec<Event> {
        let steps = self.task.steps.iter().filter_map(|(node, step)| match step {
            Step::Model(step) => match &step.phase {
                StepPhase::Due(due)
                    if due.waits.is_some() || due.not_before.is_some_and(|at| at > self.at) =>
                {
                    Some(again(self.task.path(*node), due.cause, due.target))
                }
                StepPhase::Due(_) | StepPhase::InFlight { .. } => None,
            },
            Step::Tool(_) => None,
        });
        steps.collect()
    }

    /// Without its content a task cannot go on.
    fn not_erased(&self) -> Result<(), Refusal> {
        if self.task.erased { Err(Refusal::Erased) } else { Ok(()) }
    }

    pub(super) fn revise(
        &mut self,
        rules: u32,
        scope: &RevisionScope,
        request: BlobRef,
    ) -> Result<(), Refusal> {
        if self.task.stage != Stage::Completed {
            return Err(Refusal::NotCompleted { state: self.task.state().as_str() });
        }
        self.not_erased()?;
        if let RevisionScope::SpecificSubtasks(numbers) = scope {
            if numbers.is_empty() {
                return Err(Refusal::NothingToRevise);
            }
            let known = |number: &&u16| !self.task.planned().any(|subtask| subtask.node.number == **number);
            if let Some(number) = numbers.iter().find(known) {
                return Err(Refusal::NoSuchSubtask { number: *number });
            }
        }
        self.emit(Event::RevisionRequested { rules, scope: scope.clone(), request });
        self.emit(Event::Entered(self.task.stage));
        Ok(())
    }
}

fn again(path: EffectPath, cause: crate::model_step::Cause, target: u8) -> Event {
    Event::AttemptScheduled { path, cause, target, not_before: None, waits: None }
}
