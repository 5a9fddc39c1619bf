use divisi_api::{ApprovalKind, ApprovalView};
use divisi_store::{ApprovalRow, ApprovalState, Reads};

use crate::problem::Failure;

/// An approval with the title of its task.
pub(crate) fn row(reads: &dyn Reads, row: &ApprovalRow) -> Result<ApprovalView, Failure> {
    let task = reads.task(row.workspace, row.task)?;
    Ok(ApprovalView {
        approval_id: format!("{}.{}", row.task, row.number),
        task_id: row.task,
        number: u32::from(row.number),
        kind: match row.kind {
            2 => ApprovalKind::Tool,
            3 => ApprovalKind::Publication,
            _ => ApprovalKind::Plan,
        },
        title: task.map(|task| task.title).unwrap_or_default(),
        digest: row.digest.to_string(),
        state: word(row.state).to_owned(),
        asked_at: row.asked_at,
        decided_at: row.decided_at,
    })
}

const fn word(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Open => "open",
        ApprovalState::Approved => "approved",
        ApprovalState::Rejected => "rejected",
        ApprovalState::Edited => "edited",
        ApprovalState::Withdrawn => "withdrawn",
    }
}
