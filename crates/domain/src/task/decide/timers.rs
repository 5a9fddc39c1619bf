//! Time: active-time allowances and the user's own deadline.

use super::Deciding;
use crate::model_step::FailureClass;
use crate::subtask::{CycleFailure, SubtaskPhase};
use crate::task::phase::FailureReason;
use crate::task::refusal::Refusal;

impl Deciding<'_> {
    pub(super) fn timer_due(&mut self) -> Result<(), Refusal> {
        self.live()?;
        if self.task.deadline().is_some_and(|deadline| deadline <= self.at) {
            self.cut_short(FailureReason::DeadlineExceeded);
            return Ok(());
        }
        let stage_over = self.task.clock.expires_at().is_some_and(|due| due <= self.at);
        if stage_over {
            self.cut_short(FailureReason::DeadlineExceeded);
            return Ok(());
        }
        let at = self.at;
        let over = self.task.subtasks.values().filter(|subtask| {
            subtask.clock.expires_at().is_some_and(|due| due <= at) && subtask.settled().is_none()
        });
        let over: Vec<u16> = over.map(|subtask| subtask.node.number).collect();
        for number in over {
            let reviewing = self
                .task
                .subtasks
                .get(&number)
                .is_some_and(|subtask| subtask.phase == SubtaskPhase::Reviewing);
            let failure = if reviewing {
                CycleFailure::NoReview(FailureClass::TimedOut)
            } else {
                CycleFailure::DeadlineExceeded
            };
            self.fail_run(number, failure);
        }
        Ok(())
    }
}
