//! Lists of tasks.

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::time::Timestamp;

use crate::rows::TaskRow;

/// By what a list is sorted; ties are broken by the order of the tasks' first commits, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// When it was submitted.
    #[default]
    Created,
    /// When it last changed.
    Updated,
    /// Its priority.
    Priority,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The largest first.
    #[default]
    Descending,
    /// The smallest first.
    Ascending,
}

/// Which tasks of a workspace, and which page of them. Empty filters allow everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskQuery {
    /// Codes of states; empty = all.
    pub states: Vec<u8>,
    /// Codes of priorities; empty = all.
    pub priorities: Vec<u8>,
    /// Submitted at or after.
    pub from: Option<Timestamp>,
    /// Submitted before.
    pub to: Option<Timestamp>,
    /// By what.
    pub sort: Sort,
    /// In which direction.
    pub order: Order,
    /// Rows to pass over. Costs as many reads: deep pages use `after`.
    pub skip: u32,
    /// Only what comes after this task in the list's order; a task that is not there gives an empty page.
    pub after: Option<TaskId>,
    /// Rows to give; at most [`crate::limits::LIST_ROWS_MAX`].
    pub limit: u32,
}

impl TaskQuery {
    /// Whether every row passes the filters.
    pub fn takes_all(&self) -> bool {
        self.states.is_empty() && self.priorities.is_empty() && self.from.is_none() && self.to.is_none()
    }

    /// Whether a row passes the filters.
    pub fn matches(&self, row: &TaskRow) -> bool {
        (self.states.is_empty() || self.states.contains(&row.state))
            && (self.priorities.is_empty() || self.priorities.contains(&row.priority))
            && self.from.is_none_or(|from| row.created_at >= from)
            && self.to.is_none_or(|to| row.created_at < to)
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskPage {
    /// The rows, in order.
    pub rows: Vec<TaskRow>,
    /// How many tasks match the filters, whatever page this is; counted up to [`crate::limits::TOTAL_EXACT_MAX`].
    pub total: u64,
    /// Whether `total` is all; `false` means more than that.
    pub total_exact: bool,
}

/// A task that recovery must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTask {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
    /// Code of its priority.
    pub priority: u8,
}
