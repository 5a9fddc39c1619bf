//! Where a pass begins and ends.

use std::collections::BTreeSet;

use super::{Ending, Event, Revision, RevisionScope, Stage, Subtask, SubtaskPhase, Task, Timestamp};
use crate::blob::BlobRef;
use crate::plan::Settled;
use crate::subtask::{CycleFailure, Run};
use crate::task::phase::FailureReason;

impl Task {
    pub(super) fn end_pass(&mut self, event: &Event, at: Timestamp) {
        let mut ending = Ending {
            from: self.stage,
            content: None,
            approved: false,
            missing: Vec::new(),
            reason: None,
            at,
        };
        self.stage = match event {
            Event::Completed { content, approved, missing, reason } => {
                ending.content = *content;
                ending.approved = *approved;
                ending.missing.clone_from(missing);
                ending.reason = *reason;
                Stage::Completed
            }
            Event::Failed { reason } => {
                if *reason == FailureReason::Quarantined {
                    self.note_quarantined(|_| true);
                }
                ending.reason = Some(*reason);
                Stage::Failed
            }
            _ => Stage::Cancelled,
        };
        self.ending = Some(ending);
        self.wait = None;
        self.steps.clear();
        self.void(at, |_| true);
    }

    /// Accepted work stays; what finally failed or was skipped may run again.
    pub(super) fn open_resumed(&mut self, rules: u32, at: Timestamp) {
        let stage = self.stage_to_resume();
        self.open_pass(rules, stage, at);
        if stage == Stage::Execution {
            self.reopen(|subtask| subtask.phase != SubtaskPhase::Accepted);
        }
    }

    pub(super) fn open_revision(
        &mut self,
        rules: u32,
        scope: &RevisionScope,
        request: BlobRef,
        at: Timestamp,
    ) {
        self.open_pass(rules, self.stage_to_revise(scope), at);
        self.refused_plans.clear();
        self.revisions.push(Revision { pass: self.pass, scope: scope.clone(), request });
        if let RevisionScope::SpecificSubtasks(numbers) = scope {
            // Beside what was asked for: what was built on it, which stands unless the new answer is another one; what a
            // pass cut short left open; and what was skipped for want of it.
            let asked = self.with_lost_requirements(numbers);
            let built_on = self.with_dependents(&asked);
            self.reopen(|subtask| match subtask.phase {
                SubtaskPhase::Accepted => built_on.contains(&subtask.node.number),
                SubtaskPhase::FinallyFailed => asked.contains(&subtask.node.number),
                SubtaskPhase::Waiting
                | SubtaskPhase::Running
                | SubtaskPhase::Reviewing
                | SubtaskPhase::Skipped => true,
            });
        }
    }

    /// These subtasks with those that they cannot do without and that brought nothing.
    fn with_lost_requirements(&self, numbers: &[u16]) -> BTreeSet<u16> {
        let mut found = BTreeSet::new();
        let mut left = numbers.to_vec();
        while let Some(number) = left.pop() {
            let Some(subtask) = self.subtasks.get(&number).filter(|_| found.insert(number)) else { continue };
            let required = subtask.node.dependencies.iter().filter(|edge| edge.required);
            left.extend(
                required.map(|edge| edge.on).filter(|on| self.settled(*on) != Some(Settled::Accepted)),
            );
        }
        found
    }

    fn reopen(&mut self, chosen: impl Fn(&Subtask) -> bool) {
        for subtask in self.subtasks.values_mut().filter(|subtask| chosen(subtask)) {
            subtask.phase = SubtaskPhase::Waiting;
        }
    }

    fn open_pass(&mut self, rules: u32, stage: Stage, at: Timestamp) {
        self.pass = self.pass.saturating_add(1);
        self.rules = rules;
        if stage == Stage::Execution {
            // Solutions will change: what the coordinator found in them does not hold any more.
            self.coordination = None;
        }
        self.stage = stage;
        self.progress = 0;
        self.steps.clear();
        self.wait = None;
        self.began = false;
        self.opened_at = at;
        self.spent_before = self.ledger.spent();
    }

    /// The stage a failed pass goes on from: the rounds of its plan and its report begin anew.
    fn stage_to_resume(&self) -> Stage {
        let Some(ending) = &self.ending else { return Stage::Analysis };
        if matches!(ending.reason, Some(FailureReason::NoAnswer(_))) && self.lost_to_providers() {
            // What took the last call its answer took subtasks theirs before: they come first.
            return Stage::Execution;
        }
        match ending.from {
            Stage::Decomposition { .. } => Stage::Decomposition { round: 0 },
            Stage::PlanApproval if ending.reason == Some(FailureReason::PlanRejected) => {
                Stage::Decomposition { round: 0 }
            }
            Stage::Synthesis { .. } => self.stage_to_write(),
            Stage::ResultApproval { .. } if ending.reason == Some(FailureReason::PublicationRejected) => {
                self.stage_to_write()
            }
            Stage::FinalReview { .. } => Stage::FinalReview { round: 0 },
            Stage::ResultApproval { .. } => Stage::ResultApproval { round: 0 },
            Stage::Analysis
            | Stage::Selection
            | Stage::PlanApproval
            | Stage::Execution
            | Stage::Coordination => ending.from,
            Stage::Pending | Stage::Completed | Stage::Failed | Stage::Cancelled => Stage::Analysis,
        }
    }

    /// Whether a subtask of the plan ended without a solution because no model answered or reviewed it.
    fn lost_to_providers(&self) -> bool {
        let lost =
            |run: &Run| matches!(run.failure, Some(CycleFailure::NoAnswer(_) | CycleFailure::NoReview(_)));
        let failed = |subtask: &Subtask| subtask.phase == SubtaskPhase::FinallyFailed;
        self.subtasks.values().any(|subtask| failed(subtask) && subtask.run().is_some_and(lost))
    }

    /// Where the pass of a revision begins.
    const fn stage_to_revise(&self, scope: &RevisionScope) -> Stage {
        match scope {
            RevisionScope::FullTask => Stage::Analysis,
            RevisionScope::SpecificSubtasks(_) => Stage::Execution,
            RevisionScope::FinalAnswer => self.stage_to_write(),
        }
    }

    /// A report is written from what the coordinator found in the present plan's solutions: where a pass was cut short
    /// before that, it comes first.
    const fn stage_to_write(&self) -> Stage {
        match self.coordination {
            Some(_) => Stage::Synthesis { round: 0 },
            None => Stage::Coordination,
        }
    }
}
