//! Where a pass begins and ends.

use super::{Ending, Revision, RevisionScope, Stage, SubtaskPhase, Task, Timestamp};
use crate::approval::ApprovalState;
use crate::blob::BlobRef;

impl Task {
    pub(super) fn finish(&mut self, stage: Stage, at: Timestamp) {
        self.ending = Some(Ending {
            from: self.stage,
            content: None,
            approved: false,
            missing: Vec::new(),
            reason: None,
            at,
        });
        self.stage = stage;
        self.wait = None;
        self.steps.clear();
        for approval in &mut self.approvals {
            approval.settle(ApprovalState::Void, at, None);
        }
    }

    /// Accepted work stays; what finally failed or was skipped may run again.
    pub(super) fn open_resumed(&mut self, rules: u32) {
        let from = self.ending.as_ref().map_or(Stage::Pending, |ending| ending.from);
        self.open_pass(rules);
        self.stage = from;
        for subtask in self.subtasks.values_mut() {
            if subtask.phase != SubtaskPhase::Accepted {
                subtask.phase = SubtaskPhase::Waiting;
            }
        }
    }

    pub(super) fn open_revision(&mut self, rules: u32, scope: &RevisionScope, request: BlobRef) {
        self.open_pass(rules);
        self.revisions.push(Revision { pass: self.pass, scope: scope.clone(), request });
        match scope {
            RevisionScope::FullTask | RevisionScope::FinalAnswer => {}
            RevisionScope::SpecificSubtasks(numbers) => {
                for number in numbers {
                    if let Some(subtask) = self.subtasks.get_mut(number) {
                        subtask.phase = SubtaskPhase::Waiting;
                    }
                }
            }
        }
    }

    fn open_pass(&mut self, rules: u32) {
        self.pass += 1;
        self.rules = rules;
        self.progress = 0;
        self.steps.clear();
        self.refused_plans.clear();
        self.wait = None;
    }

    /// When the present pass may still be joined by what it had before: the time of its end.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ending.as_ref().filter(|_| self.is_terminal()).map(|ending| ending.at)
    }
}
