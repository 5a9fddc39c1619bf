//! Tasks by their status. A status follows from the state of a row and from what it waits for, so that the open tasks of
//! the states that may have it, which are few, are looked through.

use divisi_api::TaskStatus;
use divisi_domain::id::WorkspaceId;
use divisi_domain::task::TaskState;
use divisi_store::limits::{LIST_ROWS_MAX, TOTAL_EXACT_MAX};
use divisi_store::{Reads, Result, TaskPage, TaskQuery, TaskRow};

use crate::views;

/// Codes of the states that a row of this status may have.
pub(crate) fn states(status: TaskStatus) -> Vec<u8> {
    use TaskState as S;
    let states: &[S] = match status {
        TaskStatus::Pending => &[S::Pending],
        TaskStatus::InProgress => {
            &[S::TaskAnalysis, S::SpecialistSelection, S::TaskDecomposition, S::SpecialistExecution]
        }
        TaskStatus::AwaitingApproval => &[S::TaskDecomposition, S::ManagerFinalReview],
        TaskStatus::ManagerReview => &[S::ManagerReview, S::ManagerFinalReview],
        TaskStatus::RevisionPending | TaskStatus::RevisionInProgress => &[
            S::TaskAnalysis,
            S::SpecialistSelection,
            S::TaskDecomposition,
            S::SpecialistExecution,
            S::RevisionRequired,
        ],
        TaskStatus::Coordination => &[S::Coordination],
        TaskStatus::Synthesis => &[S::Synthesis],
        TaskStatus::Completed => &[S::Completed],
        TaskStatus::Failed => &[S::Failed],
        TaskStatus::Cancelled => &[S::Cancelled],
    };
    states.iter().map(|state| state.code()).collect()
}

/// Whether a row is shown with this status.
pub(crate) fn has(row: &TaskRow, status: Option<TaskStatus>) -> bool {
    status.is_none_or(|status| views::task::row_status(row) == status)
}

/// The page of `query`, which names the states of `status`, with exactly the rows that are shown with it.
pub(crate) fn page(
    reads: &dyn Reads,
    workspace: WorkspaceId,
    query: &TaskQuery,
    status: Option<TaskStatus>,
) -> Result<TaskPage> {
    let ambiguous = match status {
        Some(
            TaskStatus::InProgress
            | TaskStatus::AwaitingApproval
            | TaskStatus::ManagerReview
            | TaskStatus::RevisionPending
            | TaskStatus::RevisionInProgress,
        ) => true,
        Some(
            TaskStatus::Pending
            | TaskStatus::Coordination
            | TaskStatus::Synthesis
            | TaskStatus::Completed
            | TaskStatus::Failed
            | TaskStatus::Cancelled,
        )
        | None => false,
    };
    if !ambiguous {
        return reads.tasks(workspace, query);
    }
    let all = TaskQuery { after: None, ..query.clone() };
    let (found, total_exact) = looked_through(reads, workspace, &all, status)?;
    let total = found.len() as u64;
    let rows = match query.after {
        None => found,
        // The place of the cursor is the store's: its task may have another status by now.
        Some(_) => looked_through(reads, workspace, query, status)?.0,
    };
    let rows = rows.into_iter().skip(query.skip as usize).take(query.limit as usize).collect();
    Ok(TaskPage { rows, total, total_exact })
}

/// Every row of the status from the query's cursor on, and whether that was all.
fn looked_through(
    reads: &dyn Reads,
    workspace: WorkspaceId,
    query: &TaskQuery,
    status: Option<TaskStatus>,
) -> Result<(Vec<TaskRow>, bool)> {
    let limit = u32::try_from(LIST_ROWS_MAX).unwrap_or(u32::MAX);
    let mut next = TaskQuery { skip: 0, limit, ..query.clone() };
    let (mut found, mut looked) = (Vec::new(), 0);
    loop {
        let rows = reads.tasks(workspace, &next)?.rows;
        looked += rows.len() as u64;
        let (last, over) = (rows.last().map(|row| row.task), rows.len() < LIST_ROWS_MAX);
        found.extend(rows.into_iter().filter(|row| has(row, status)));
        if over || looked >= TOTAL_EXACT_MAX {
            return Ok((found, over));
        }
        next.after = last;
    }
}
