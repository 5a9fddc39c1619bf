//! What a person says happened to an effect whose outcome is unknown.

use super::Deciding;
use crate::model_step::Cause;
use crate::path::{EffectPath, Node};
use crate::subtask::{CallPhase, CycleFailure, ToolPhase};
use crate::task::event::Event;
use crate::task::input::Resolution;
use crate::task::refusal::Refusal;
use crate::task::state::Step;

impl Deciding<'_> {
    pub(super) fn resolve(&mut self, path: EffectPath, resolution: &Resolution) -> Result<(), Refusal> {
        self.live()?;
        let unknown = match self.task.step(path) {
            Some(Step::Tool(step)) => matches!(step.phase, ToolPhase::OutcomeUnknown { .. }),
            Some(Step::Model(_)) | None => false,
        };
        let Node::Tool { subtask, .. } = path.node else { return Err(Refusal::NoUnknownOutcome { path }) };
        if !unknown {
            return Err(Refusal::NoUnknownOutcome { path });
        }
        match resolution {
            Resolution::Retry => {
                let cause = Cause::Retry;
                self.emit(Event::AttemptScheduled { path, cause, target: 0, not_before: None, waits: None });
            }
            Resolution::Enter(content) => {
                let phase = CallPhase::Answered { content: *content, ok: true };
                self.emit(Event::CallSettled { path, phase });
            }
            Resolution::Skip => self.emit(Event::CallSettled { path, phase: CallPhase::Skipped }),
            Resolution::Fail => self.fail_run(subtask, CycleFailure::GivenUp),
        }
        Ok(())
    }
}
