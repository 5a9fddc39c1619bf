//! Events as short lines, so that a scenario reads as what happened; and what people see between them.

use divisi_domain::approval::ApprovalSubject;
use divisi_domain::plan::Settled;
use divisi_domain::subtask::CallPhase;
use divisi_domain::task::{Event, Outcome, RevisionScope, Stage, Task, TaskState, WaitKind};
use divisi_domain::time::Timestamp;

/// What people see of a task after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glimpse {
    /// The state.
    pub state: TaskState,
    /// `current_stage`.
    pub stage: &'static str,
    /// `status`.
    pub status: &'static str,
    /// Per cent.
    pub progress: u8,
    /// What it waits for.
    pub waits: Option<WaitKind>,
    /// The pass.
    pub pass: u16,
}

impl Glimpse {
    /// What is seen of `task` at `now`.
    pub fn of(task: &Task, now: Timestamp) -> Option<Self> {
        Some(Self {
            state: task.state(),
            stage: task.stage_name(),
            status: task.status_name(),
            progress: task.progress,
            waits: task.waiting_for(now).map(|wait| wait.kind),
            pass: task.pass,
        })
    }
}

/// An event as a line.
pub fn line(event: &Event) -> String {
    match event {
        Event::Submitted { .. } => "submitted".to_owned(),
        Event::Resumed { .. } => "resumed".to_owned(),
        Event::RevisionRequested { scope, .. } => format!("revise {}", scope_text(scope)),
        Event::Entered(stage) => format!("enter {}", stage_text(*stage)),
        Event::EffectStarted { .. } | Event::EffectEnded { .. } | Event::AttemptScheduled { .. } => {
            attempt_line(event)
        }
        Event::RunStarted { subtask, cycle, other_specialist } => {
            let who = if *other_specialist { "other" } else { "same" };
            format!("run s{subtask} cycle{cycle} {who}")
        }
        Event::RunFailed { subtask, failure } => format!("run s{subtask} failed {}", failure.code()),
        Event::SubtaskSettled { subtask, settled } => format!("s{subtask} {}", settled_text(*settled)),
        Event::ApprovalRequested { number, subject, .. } => {
            format!("ask {number} {}", subject_text(*subject))
        }
        Event::ApprovalDecided { number, state, .. } => format!("approval {number} {}", state.as_str()),
        Event::PlanEdited { plan, .. } => {
            let numbers: Vec<String> = plan.nodes.iter().map(|node| format!("s{}", node.number)).collect();
            format!("plan edited {}", numbers.join(" "))
        }
        Event::CallSettled { path, phase } => format!("call {path} {}", call_text(phase)),
        Event::WaitStarted(kind) => format!("wait {}", kind.as_str()),
        Event::WaitEnded(kind) => format!("wait {} over", kind.as_str()),
        Event::Recovered { .. } => "recovered".to_owned(),
        Event::CapChanged { cap } => format!("cap {}", cap.map_or(0, |cap| cap.0)),
        Event::Completed { .. } => completed_line(event),
        Event::Failed { reason } => format!("failed {}", reason.code()),
        Event::Cancelled => "cancelled".to_owned(),
        Event::Rated { stars, .. } => format!("rated {stars}"),
        Event::ContentErased => "erased".to_owned(),
    }
}

fn attempt_line(event: &Event) -> String {
    match event {
        Event::EffectStarted { path, attempt, target, cause, agent, .. } => {
            let on = target.as_ref().map_or(0, |target| target.index);
            let by = agent.map_or(String::new(), |agent| format!(" by {}", agent.as_bytes()[15]));
            format!("start {path} #{attempt} {cause:?} on {on}{by}")
        }
        Event::EffectEnded { path, attempt, outcome, .. } => {
            format!("{path} #{attempt} {}", outcome_text(outcome))
        }
        Event::AttemptScheduled { path, cause, target, waits, .. } => {
            let waits = waits.map_or(String::new(), |kind| format!(" waits {}", kind.as_str()));
            format!("again {path} {cause:?} on {target}{waits}")
        }
        _ => String::new(),
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(_) => "answered".to_owned(),
        Outcome::Failed { class, .. } => format!("failed {}", class.code()),
        Outcome::Interrupted { alone: true } => "interrupted alone".to_owned(),
        Outcome::Interrupted { alone: false } => "interrupted".to_owned(),
        Outcome::Cancelled => "cancelled".to_owned(),
    }
}

fn completed_line(event: &Event) -> String {
    let Event::Completed { content, approved, missing, reason } = event else { return String::new() };
    let how = if missing.is_empty() && reason.is_none() { "full" } else { "partial" };
    let approved = if *approved { "approved" } else { "unapproved" };
    let what = if content.is_some() { "report" } else { "solutions" };
    let missing: Vec<String> = missing.iter().map(|number| format!(" s{number}")).collect();
    let missing = if missing.is_empty() { String::new() } else { format!(" missing{}", missing.concat()) };
    let why = reason.map_or(String::new(), |reason| format!(" because {}", reason.code()));
    format!("completed {how} {approved} {what}{missing}{why}")
}

fn scope_text(scope: &RevisionScope) -> String {
    match scope {
        RevisionScope::FullTask => "full_task".to_owned(),
        RevisionScope::SpecificSubtasks(numbers) => {
            numbers.iter().map(|number| format!("s{number}")).collect::<Vec<_>>().join(" ")
        }
        RevisionScope::FinalAnswer => "final_answer".to_owned(),
    }
}

fn stage_text(stage: Stage) -> String {
    match stage {
        Stage::Pending => "pending".to_owned(),
        Stage::Analysis => "analysis".to_owned(),
        Stage::Selection => "selection".to_owned(),
        Stage::Decomposition { round } => format!("decomposition {round}"),
        Stage::PlanApproval => "plan approval".to_owned(),
        Stage::Execution => "execution".to_owned(),
        Stage::Coordination => "coordination".to_owned(),
        Stage::Synthesis { round } => format!("synthesis {round}"),
        Stage::FinalReview { round } => format!("final review {round}"),
        Stage::ResultApproval { round } => format!("result approval {round}"),
        Stage::Completed => "completed".to_owned(),
        Stage::Failed => "failed".to_owned(),
        Stage::Cancelled => "cancelled".to_owned(),
    }
}

fn settled_text(settled: Settled) -> &'static str {
    match settled {
        Settled::Accepted => "accepted",
        Settled::Failed => "failed",
        Settled::Skipped => "skipped",
    }
}

fn subject_text(subject: ApprovalSubject) -> String {
    match subject {
        ApprovalSubject::Plan => "plan".to_owned(),
        ApprovalSubject::Tool(path) => format!("tool {path}"),
        ApprovalSubject::Publication => "publication".to_owned(),
    }
}

fn call_text(phase: &CallPhase) -> &'static str {
    match phase {
        CallPhase::Open => "open",
        CallPhase::Answered { ok: true, .. } => "answered",
        CallPhase::Answered { ok: false, .. } | CallPhase::Failed => "failed",
        CallPhase::Refused => "refused",
        CallPhase::Declined => "declined",
        CallPhase::Skipped => "skipped",
    }
}
