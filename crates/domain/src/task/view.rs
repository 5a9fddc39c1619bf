//! What people see of a task's state: state, stage, status, progress, what it waits for. All derived.

use super::phase::{Stage, TaskState};
use super::state::{Step, Task, Wait};
use crate::model_step::StepPhase;
use crate::review::Next;
use crate::subtask::{Subtask, SubtaskPhase, ToolPhase};
use crate::time::Timestamp;
use crate::wait::WaitKind;

impl Task {
    /// The state of spec/workflow.md.
    pub fn state(&self) -> TaskState {
        match self.stage {
            Stage::Pending => TaskState::Pending,
            Stage::Analysis => TaskState::TaskAnalysis,
            Stage::Selection => TaskState::SpecialistSelection,
            Stage::Decomposition { .. } | Stage::PlanApproval => TaskState::TaskDecomposition,
            Stage::Execution => self.execution_state(),
            Stage::Coordination => TaskState::Coordination,
            Stage::Synthesis { .. } => TaskState::Synthesis,
            Stage::FinalReview { .. } | Stage::ResultApproval { .. } => TaskState::ManagerFinalReview,
            Stage::Completed => TaskState::Completed,
            Stage::Failed => TaskState::Failed,
            Stage::Cancelled => TaskState::Cancelled,
        }
    }

    /// States 5–7 tell what kind of work is left: first runs, else reviews only, else reruns.
    fn execution_state(&self) -> TaskState {
        let open = || self.planned().filter(|subtask| subtask.settled().is_none());
        let first_run = |subtask: &Subtask| {
            let mut runs = subtask.runs_of(self.pass);
            let run = runs.next();
            let over = run.is_some_and(|run| run.solution.is_some() || run.failure.is_some());
            !over
        };
        if open().any(first_run) {
            return TaskState::SpecialistExecution;
        }
        if open().any(|subtask| self.reruns(subtask)) {
            return TaskState::RevisionRequired;
        }
        TaskState::ManagerReview
    }

    /// Whether a rerun of a subtask is pending or running.
    fn reruns(&self, subtask: &Subtask) -> bool {
        match subtask.phase {
            SubtaskPhase::Running => true,
            SubtaskPhase::Waiting => {
                let cycles_max = self.submission.policy.limits.subtask_cycles_max;
                matches!(subtask.after_run(self.pass, cycles_max), Some(Next::Rerun(_)))
            }
            SubtaskPhase::Reviewing
            | SubtaskPhase::Accepted
            | SubtaskPhase::FinallyFailed
            | SubtaskPhase::Skipped => false,
        }
    }

    /// The public stage (`current_stage`).
    pub fn stage_name(&self) -> &'static str {
        let stage = match (&self.ending, self.stage) {
            (Some(ending), Stage::Failed | Stage::Cancelled) => ending.from,
            (_, stage) => stage,
        };
        match stage {
            Stage::Pending | Stage::Failed | Stage::Cancelled => "initialization",
            Stage::Analysis => "task_analysis",
            Stage::Selection => "specialist_selection",
            Stage::Decomposition { .. } => "task_decomposition",
            Stage::PlanApproval => "plan_approval",
            Stage::Execution => match self.execution_state() {
                TaskState::ManagerReview => "manager_review",
                _ => "specialist_execution",
            },
            Stage::Coordination => "coordination",
            Stage::Synthesis { .. } => "synthesis",
            Stage::FinalReview { .. } => "manager_review",
            Stage::ResultApproval { .. } => "result_approval",
            Stage::Completed => "completed",
        }
    }

    /// The public status.
    pub fn status_name(&self) -> &'static str {
        if !self.is_terminal() && !self.began && self.revision().is_some_and(|one| one.pass == self.pass) {
            return "revision_pending";
        }
        match self.stage {
            Stage::Pending => "pending",
            Stage::Analysis | Stage::Selection | Stage::Decomposition { .. } => self.early_status(),
            Stage::PlanApproval | Stage::ResultApproval { .. } => "awaiting_approval",
            Stage::Execution => match self.execution_state() {
                TaskState::ManagerReview => "manager_review",
                TaskState::RevisionRequired => "revision_in_progress",
                _ => self.early_status(),
            },
            Stage::Coordination => "coordination",
            Stage::Synthesis { .. } => "synthesis",
            Stage::FinalReview { .. } => "manager_review",
            Stage::Completed => "completed",
            Stage::Failed => "failed",
            Stage::Cancelled => "cancelled",
        }
    }

    fn early_status(&self) -> &'static str {
        if self.revision().is_some() { "revision_in_progress" } else { "in_progress" }
    }

    /// What the task waits for: `None` while something of it runs or could run now.
    pub fn waiting_for(&self, now: Timestamp) -> Option<Wait> {
        if self.is_terminal() {
            return None;
        }
        if let Some(wait) = self.wait {
            return Some(wait);
        }
        if self.stage == Stage::Pending {
            return Some(Wait { kind: WaitKind::Queued, since: self.created_at });
        }
        let waits: Option<Vec<Wait>> = self.steps.values().map(|step| self.step_wait(step, now)).collect();
        let asked = self
            .pending_approval()
            .map(|approval| Wait { kind: WaitKind::Approval, since: approval.asked_at });
        waits?.into_iter().chain(asked).min_by_key(|wait| (urgency(wait.kind), wait.since))
    }

    /// What a step waits for; `None` where it runs or may be started now.
    fn step_wait(&self, step: &Step, now: Timestamp) -> Option<Wait> {
        match step {
            Step::Model(step) => match &step.phase {
                StepPhase::InFlight { .. } => None,
                StepPhase::Due(due) => {
                    let over = due.not_before.is_some_and(|at| at <= now);
                    let rests = due.not_before.map(|_| WaitKind::Provider);
                    let held = due.waits.or(rests).filter(|_| !over);
                    held.map(|kind| Wait { kind, since: due.since })
                }
            },
            Step::Tool(step) => match step.phase {
                ToolPhase::InFlight { .. } | ToolPhase::Due { .. } => None,
                ToolPhase::AwaitingApproval { number } => {
                    let asked = self.approvals.iter().find(|approval| approval.number == number);
                    let since = asked.map_or(self.updated_at, |approval| approval.asked_at);
                    Some(Wait { kind: WaitKind::Approval, since })
                }
                ToolPhase::OutcomeUnknown { since } => Some(Wait { kind: WaitKind::OutcomeUnknown, since }),
            },
        }
    }

    /// Numbers of planned subtasks that brought nothing.
    pub fn missing(&self) -> Vec<u16> {
        let missing = self.planned().filter(|subtask| subtask.accepted.is_none());
        missing.map(|subtask| subtask.node.number).collect()
    }

    /// Whether any planned subtask has an accepted solution.
    pub fn any_accepted(&self) -> bool {
        self.planned().any(|subtask| subtask.accepted.is_some())
    }
}

/// Waits that need a person come before those that time ends.
fn urgency(kind: WaitKind) -> u8 {
    match kind {
        WaitKind::OutcomeUnknown => 0,
        WaitKind::Approval => 1,
        WaitKind::Budget => 2,
        WaitKind::Parked => 3,
        WaitKind::Provider => 4,
        WaitKind::Quota => 5,
        WaitKind::Store => 6,
        WaitKind::Queued => 7,
    }
}

/// Progress in per cent by the table of spec/workflow.md, before it is kept from falling.
pub(super) fn progress(task: &Task) -> u8 {
    match task.stage {
        Stage::Pending => 5,
        Stage::Analysis => 10,
        Stage::Selection => 15,
        Stage::Decomposition { .. } => 20,
        Stage::PlanApproval => 22,
        Stage::Execution => execution_progress(task),
        Stage::Coordination => 75,
        Stage::Synthesis { .. } => 85,
        Stage::FinalReview { .. } => 95,
        Stage::ResultApproval { .. } => 97,
        Stage::Completed => 100,
        Stage::Failed | Stage::Cancelled => task.progress,
    }
}

fn execution_progress(task: &Task) -> u8 {
    match task.execution_state() {
        TaskState::ManagerReview => return 65,
        TaskState::RevisionRequired => return task.progress,
        _ => {}
    }
    let planned = task.planned().count().max(1);
    let accepted = task.planned().filter(|subtask| subtask.phase == SubtaskPhase::Accepted).count();
    u8::try_from(25 + 35 * accepted / planned).unwrap_or(60)
}
