//! Time: active-time allowances and the user's own deadline.

use super::Deciding;
use crate::subtask::CycleFailure;
use crate::task::input::Refusal;
use crate::task::phase::FailureReason;

impl Deciding {
    pub(super) fn timer_due(&mut self) -> Result<(), Refusal> {
        self.live()?;
        if self.task.submission.deadline.is_some_and(|deadline| deadline <= self.at) {
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
            self.fail_run(number, CycleFailure::DeadlineExceeded);
        }
        Ok(())
    }
}
