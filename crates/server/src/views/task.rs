use std::collections::HashMap;

use divisi_api::{
    AttachmentView, Completion, Mode, Priority, TaskStatus, TaskSummary, TaskView, WaitKind, Waiting,
};
use divisi_domain::approval::Mode as Asks;
use divisi_domain::task::{
    FailureReason, Stage, Task, TaskPriority, TaskState, Wait as HeldFor, WaitKind as Wait,
};
use divisi_domain::time::Timestamp;
use divisi_engine::content::{Contents, or_told};
use divisi_engine::core::Loaded;
use divisi_engine::view;
use divisi_store::TaskRow;

use crate::problem::Failure;

/// A task in full, without what only rows know.
pub(crate) fn view(loaded: &Loaded, contents: &Contents<'_>, now: Timestamp) -> Result<TaskView, Failure> {
    let task = &loaded.task;
    let mut problems = Vec::new();
    let spec = or_told(view::spec(contents, task), &mut problems)?.flatten();
    let outcome = or_told(view::outcome(contents, task, &loaded.title), &mut problems)?.flatten();
    or_told(view::subtask_texts(contents, task), &mut problems)?;
    if !task.erased {
        or_told(contents.bytes(task.submission.crew_content), &mut problems)?;
    }
    let unknown = view::unknown_calls(contents, task)?;
    let ending = task.ending.as_ref().filter(|_| task.is_terminal());
    let reason = ending.and_then(|ending| ending.reason);
    Ok(TaskView {
        task_id: task.id,
        title: loaded.title.clone(),
        description: spec.as_ref().map(|spec| spec.brief.description.clone()).unwrap_or_default(),
        status: status(task),
        current_stage: task.stage_name().to_owned(),
        state: task.state().as_str().to_owned(),
        progress: task.progress,
        priority: priority(task.submission.priority),
        mode: mode(task.submission.mode),
        crew: task.submission.crew.to_string(),
        crew_version: loaded.crew.version.clone(),
        crew_digest: task.submission.crew_digest.to_string(),
        attachments: spec.map(|spec| attachments(&spec)).unwrap_or_default(),
        waiting_for: task.waiting_for(now).map(waiting),
        unknown_calls: unknown.into_iter().map(|call| super::approval::unknown(loaded, call)).collect(),
        problems,
        completion: completion(task),
        approved: ending.filter(|_| task.stage == Stage::Completed).map(|ending| ending.approved),
        missing: outcome.map(|outcome| outcome.presentation.missing).unwrap_or_default(),
        reason: reason.map(|reason| reason.code().to_owned()),
        reason_detail: reason.map(|reason| why(task, reason)),
        pass: task.pass,
        cap_micro_usd: task.ledger.cap().map(|cap| cap.0),
        spent_micro_usd: task.ledger.spent().0,
        estimated_micro_usd: task.ledger.estimated().0,
        excess_micro_usd: task.ledger.excess().0,
        reserved_micro_usd: task.ledger.reserved().0,
        model_calls: 0,
        cached_calls: 0,
        created_at: task.created_at,
        updated_at: task.updated_at,
        completed_at: ending.map(|ending| ending.at),
        last_seq: task.seq,
        rating: task.stars,
        erased: task.erased,
    })
}

/// Why a task ended as it did, as a sentence.
pub(crate) fn why(task: &Task, reason: FailureReason) -> String {
    let sentence =
        if task.stage == Stage::Completed { view::partial_sentence } else { view::failure_sentence };
    sentence(reason).to_owned()
}

/// A wait with its sentence.
pub(crate) fn waiting(wait: HeldFor) -> Waiting {
    Waiting {
        kind: wait_kind(wait.kind),
        since: wait.since,
        detail: view::wait_sentence(wait.kind).to_owned(),
    }
}

fn attachments(spec: &divisi_engine::spec::TaskSpec) -> Vec<AttachmentView> {
    let known = spec.brief.documents.iter().map(|document| (document.file.as_str(), &document.source));
    let known: HashMap<&str, &String> = known.collect();
    let source = |file: &str| known.get(file).map(|source| (*source).clone()).unwrap_or_default();
    let attachments = spec.attachments.iter();
    attachments
        .map(|one| AttachmentView {
            file: one.file.clone(),
            source: source(&one.file),
            unreadable: one.unreadable.clone(),
        })
        .collect()
}

/// A task in a list.
pub(crate) fn summary(row: &TaskRow) -> TaskSummary {
    TaskSummary {
        task_id: row.task,
        title: row.title.clone(),
        status: row_status(row),
        progress: row.progress,
        priority: match row.priority {
            0 => Priority::Low,
            2 => Priority::High,
            3 => Priority::Urgent,
            _ => Priority::Medium,
        },
        crew: row.crew.to_string(),
        completion: row.completion.map(|completion| match completion {
            divisi_store::Completion::Full => Completion::Full,
            divisi_store::Completion::Partial => Completion::Partial,
        }),
        waiting_for: row.waiting.and_then(|waiting| row_wait(waiting.kind)),
        reason: row.reason.as_ref().map(ToString::to_string),
        spent_micro_usd: row.spent.0,
        created_at: row.created_at,
        updated_at: row.updated_at,
        completed_at: row.completed_at,
    }
}

/// The status by the state alone; a wait for a person is told by the row's wait.
pub(crate) fn row_status(row: &TaskRow) -> TaskStatus {
    let asked = row.waiting.and_then(|waiting| row_wait(waiting.kind)) == Some(WaitKind::Approval);
    let early = if row.pass > 1 { TaskStatus::RevisionInProgress } else { TaskStatus::InProgress };
    match TaskState::from_code(row.state) {
        Some(TaskState::TaskDecomposition | TaskState::ManagerFinalReview) if asked => {
            TaskStatus::AwaitingApproval
        }
        Some(TaskState::Pending) | None => TaskStatus::Pending,
        Some(
            TaskState::TaskAnalysis
            | TaskState::SpecialistSelection
            | TaskState::TaskDecomposition
            | TaskState::SpecialistExecution,
        ) => early,
        Some(TaskState::ManagerReview | TaskState::ManagerFinalReview) => TaskStatus::ManagerReview,
        Some(TaskState::RevisionRequired) => TaskStatus::RevisionInProgress,
        Some(TaskState::Coordination) => TaskStatus::Coordination,
        Some(TaskState::Synthesis) => TaskStatus::Synthesis,
        Some(TaskState::Completed) => TaskStatus::Completed,
        Some(TaskState::Failed) => TaskStatus::Failed,
        Some(TaskState::Cancelled) => TaskStatus::Cancelled,
    }
}

fn row_wait(code: u8) -> Option<WaitKind> {
    let kinds = [
        Wait::Queued,
        Wait::Parked,
        Wait::Approval,
        Wait::Budget,
        Wait::Quota,
        Wait::Provider,
        Wait::Store,
        Wait::OutcomeUnknown,
    ];
    kinds.into_iter().find(|kind| divisi_engine::project::wait_code(*kind) == code).map(wait_kind)
}

/// The public status of a state.
pub(crate) fn status(task: &Task) -> TaskStatus {
    TaskStatus::from_word(task.status_name()).unwrap_or(TaskStatus::InProgress)
}

/// Of a completed task.
pub(crate) fn completion(task: &Task) -> Option<Completion> {
    let ending = task.ending.as_ref().filter(|_| task.stage == Stage::Completed)?;
    Some(if ending.is_partial() { Completion::Partial } else { Completion::Full })
}

const fn priority(priority: TaskPriority) -> Priority {
    match priority {
        TaskPriority::Low => Priority::Low,
        TaskPriority::Medium => Priority::Medium,
        TaskPriority::High => Priority::High,
        TaskPriority::Urgent => Priority::Urgent,
    }
}

const fn mode(mode: Asks) -> Mode {
    match mode {
        Asks::FullAutonomous => Mode::FullAutonomous,
        Asks::Assisted => Mode::Assisted,
        Asks::Manual => Mode::Manual,
        Asks::Hybrid => Mode::Hybrid,
    }
}

pub(crate) const fn wait_kind(kind: Wait) -> WaitKind {
    match kind {
        Wait::Queued => WaitKind::Queued,
        Wait::Parked => WaitKind::Parked,
        Wait::Approval => WaitKind::Approval,
        Wait::Budget => WaitKind::Budget,
        Wait::Quota => WaitKind::Quota,
        Wait::Provider => WaitKind::Provider,
        Wait::Store => WaitKind::Store,
        Wait::OutcomeUnknown => WaitKind::OutcomeUnknown,
    }
}
