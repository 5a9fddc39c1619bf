//! The projection rows of one task.

use std::collections::BTreeMap;

use divisi_domain::path::EffectPath;

use crate::maintenance::TaskProjection;
use crate::rows::{ApprovalRow, ProjectionChange, SolutionKind, SolutionRow, SubtaskRow, TaskRow, UsageRow};

#[derive(Debug, Default)]
pub(super) struct TaskRows {
    pub(super) task: Option<TaskRow>,
    pub(super) subtasks: BTreeMap<u16, SubtaskRow>,
    pub(super) solutions: BTreeMap<(u16, SolutionKind, u16, u8), SolutionRow>,
    pub(super) usage: BTreeMap<(EffectPath, u16), UsageRow>,
    pub(super) approvals: BTreeMap<u16, ApprovalRow>,
}

impl TaskRows {
    /// Inserts or replaces; gives back what is not a row of a task.
    pub(super) fn put(&mut self, row: ProjectionChange) {
        match row {
            ProjectionChange::Task(row) => self.task = Some(row),
            ProjectionChange::Subtask(row) => {
                self.subtasks.insert(row.number, row);
            }
            ProjectionChange::Solution(row) => {
                self.solutions.insert((row.pass, row.kind, row.subtask, row.version), row);
            }
            ProjectionChange::Usage(row) => {
                self.usage.insert((row.path, row.attempt), row);
            }
            ProjectionChange::Approval(row) => {
                self.approvals.insert(row.number, row);
            }
            ProjectionChange::Agent(_) | ProjectionChange::AgentOutcome(_) => {}
        }
    }

    pub(super) fn projection(&self) -> TaskProjection {
        TaskProjection {
            task: self.task.clone(),
            subtasks: self.subtasks.values().cloned().collect(),
            solutions: self.solutions.values().cloned().collect(),
            usage: self.usage.values().cloned().collect(),
            approvals: self.approvals.values().cloned().collect(),
        }
    }
}
