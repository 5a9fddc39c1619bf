use divisi_api::{ApprovalKind, ApprovalStatus, ApprovalView, Asked, AskedCall, UnknownCallView};
use divisi_domain::approval::{Approval, ApprovalState, ApprovalSubject};
use divisi_domain::task::Task;
use divisi_engine::content::{ContentError, Contents};
use divisi_engine::core::{Loaded, TermsTable};
use divisi_engine::report::{Presentation, render_markdown};
use divisi_engine::view::{self, AskedAbout};
use divisi_store::{ApprovalRow, ApprovalState as RowState, UsageRow};

use crate::problem::Failure;

/// Its name outside of its task.
pub(crate) fn id(task: divisi_domain::id::TaskId, number: u32) -> String {
    format!("{task}.{number}")
}

/// An approval as its row has it, without what exactly is asked about.
pub(crate) fn row(row: &ApprovalRow, title: String) -> ApprovalView {
    ApprovalView {
        approval_id: id(row.task, row.number.into()),
        task_id: row.task,
        number: u32::from(row.number),
        kind: match row.kind {
            2 => ApprovalKind::Tool,
            3 => ApprovalKind::Publication,
            _ => ApprovalKind::Plan,
        },
        title,
        digest: row.digest.to_string(),
        state: match row.state {
            RowState::Open => ApprovalStatus::Open,
            RowState::Approved => ApprovalStatus::Approved,
            RowState::Rejected => ApprovalStatus::Rejected,
            RowState::Edited => ApprovalStatus::Edited,
            RowState::Withdrawn => ApprovalStatus::Withdrawn,
        },
        asked: None,
        asked_at: row.asked_at,
        decided_at: row.decided_at,
    }
}

/// An approval as its task has it.
pub(crate) fn view(task: &Task, title: &str, approval: &Approval, asked: Option<Asked>) -> ApprovalView {
    ApprovalView {
        approval_id: id(task.id, approval.number),
        task_id: task.id,
        number: approval.number,
        kind: match approval.subject {
            ApprovalSubject::Plan => ApprovalKind::Plan,
            ApprovalSubject::Tool(_) => ApprovalKind::Tool,
            ApprovalSubject::Publication => ApprovalKind::Publication,
        },
        title: title.to_owned(),
        digest: approval.digest.to_string(),
        state: status(&approval.state),
        asked,
        asked_at: approval.asked_at,
        decided_at: approval.settled_at,
    }
}

/// Where a question stands, in the words of the wire.
pub(crate) const fn status(state: &ApprovalState) -> ApprovalStatus {
    match state {
        ApprovalState::Pending => ApprovalStatus::Open,
        ApprovalState::Approved => ApprovalStatus::Approved,
        ApprovalState::Rejected => ApprovalStatus::Rejected,
        ApprovalState::Edited { .. } => ApprovalStatus::Edited,
        ApprovalState::Void => ApprovalStatus::Withdrawn,
    }
}

/// What exactly is asked about. Where it cannot be shown as it was asked, the sentence why.
pub(crate) fn asked(
    loaded: &Loaded,
    contents: &Contents<'_>,
    approval: &Approval,
    usage: &[UsageRow],
    terms: &TermsTable,
) -> Result<Asked, Failure> {
    let lost = |error: &ContentError| Asked::Lost { sentence: format!("It cannot be shown: {error}.") };
    Ok(match view::asked_about(contents, &loaded.task, approval) {
        Ok(AskedAbout::Plan(written)) => {
            let pinned = loaded.task.plan.as_ref();
            let present = pinned.is_some_and(|pinned| pinned.content.0 == approval.digest.0);
            let plan = present.then(|| super::plan::view(loaded, contents, usage, terms)).transpose()?;
            Asked::Plan { written, plan: plan.map(Box::new) }
        }
        Ok(AskedAbout::Call(call)) => Asked::ToolCall(called(loaded, call)),
        Ok(AskedAbout::Draft { report, reviewed }) => {
            let draft = Some("It waits for approval and is not published.".to_owned());
            let presentation = Presentation { title: loaded.title.clone(), draft, ..Presentation::default() };
            let markdown = render_markdown(&report, &presentation);
            let report =
                serde_json::to_value(&report).map_err(|error| Failure::internal(&error.to_string()))?;
            Asked::Publication { report, markdown, final_review: reviewed }
        }
        Err(error) if error.is_lost() => lost(&error),
        Err(error) => return Err(error.into()),
    })
}

/// A tool call of which nobody knows whether it happened.
pub(crate) fn unknown(loaded: &Loaded, call: view::UnknownCall) -> UnknownCallView {
    UnknownCallView {
        effect_id: call.path.to_string(),
        subtask: call.subtask,
        call: call.call.map(|call| called(loaded, call)),
        since: call.since,
    }
}

fn called(loaded: &Loaded, call: view::AskedCall) -> AskedCall {
    AskedCall {
        effect_id: call.path.to_string(),
        subtask: call.subtask,
        subtask_title: loaded.subtask_titles.get(&call.subtask).cloned().unwrap_or_default(),
        tool: call.tool,
        arguments: call.arguments,
    }
}
