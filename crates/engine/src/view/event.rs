//! Events as JSON for readers of the log. References to content stay references.

use divisi_domain::approval::ApprovalSubject;
use divisi_domain::plan::Settled;
use divisi_domain::task::{Event, Outcome, Recorded, RevisionScope, Stage};
use serde_json::{Value, json};

/// What an event says, beside its kind and its header.
pub fn event_data(event: &Event) -> Value {
    match event {
        Event::Submitted { rules, submission } => json!({
            "rules": rules,
            "crew": submission.crew,
            "crew_digest": submission.crew_digest.to_string(),
            "mode": submission.mode,
            "priority": submission.priority,
            "cap_micro_usd": submission.cap,
            "plan_only": submission.plan_only,
        }),
        Event::Resumed { rules } => json!({ "rules": rules }),
        Event::RevisionRequested { rules, scope, request } => {
            json!({ "rules": rules, "scope": scope_json(scope), "request": request.to_string() })
        }
        Event::Entered(stage) => json!({ "stage": stage_json(*stage) }),
        Event::EffectStarted { .. } | Event::EffectEnded { .. } | Event::AttemptScheduled { .. } => {
            effect(event)
        }
        Event::RunStarted { subtask, cycle, other_specialist } => {
            json!({ "subtask": subtask, "cycle": cycle, "other_specialist": other_specialist })
        }
        Event::RunFailed { subtask, failure } => json!({ "subtask": subtask, "reason": failure.code() }),
        Event::SubtaskSettled { subtask, settled } => {
            json!({ "subtask": subtask, "settled": settled_word(*settled) })
        }
        Event::ApprovalRequested { number, subject, digest } => {
            json!({ "number": number, "subject": subject_json(*subject), "digest": digest.to_string() })
        }
        Event::ApprovalDecided { number, state, .. } => json!({ "number": number, "state": state.as_str() }),
        Event::PlanEdited { content, plan } => {
            json!({ "content": content.to_string(), "subtasks": plan.nodes.len() })
        }
        Event::CallSettled { path, phase } => json!({ "path": path.to_string(), "phase": call_word(phase) }),
        Event::WaitStarted(kind) | Event::WaitEnded(kind) => json!({ "waiting_for": kind.as_str() }),
        Event::Recovered { last_seen } => json!({ "last_seen_ms": last_seen.as_millis() }),
        Event::CapChanged { cap } => json!({ "cap_micro_usd": cap }),
        Event::Completed { approved, missing, reason, .. } => {
            json!({ "approved": approved, "missing": missing, "reason": reason.map(divisi_domain::task::FailureReason::code) })
        }
        Event::Failed { reason } => json!({ "reason": reason.code() }),
        Event::Cancelled | Event::ContentErased => json!({}),
        Event::Rated { stars, useful, .. } => json!({ "rating": stars, "was_useful": useful }),
    }
}

fn effect(event: &Event) -> Value {
    match event {
        Event::EffectStarted { path, attempt, target, cause, reserved, agent } => json!({
            "path": path.to_string(),
            "attempt": attempt,
            "provider": target.as_ref().map(|target| &target.provider),
            "model": target.as_ref().map(|target| &target.model),
            "cause": format!("{cause:?}").to_lowercase(),
            "reserved_micro_usd": reserved,
            "agent": agent,
        }),
        Event::EffectEnded { path, attempt, outcome, usage, booked, from_cache } => json!({
            "path": path.to_string(),
            "attempt": attempt,
            "outcome": outcome_json(outcome),
            "usage": usage,
            "charged_micro_usd": booked.charged,
            "estimated": booked.estimated,
            "excess_micro_usd": booked.excess,
            "from_cache": from_cache,
        }),
        Event::AttemptScheduled { path, cause, target, not_before, waits } => json!({
            "path": path.to_string(),
            "cause": format!("{cause:?}").to_lowercase(),
            "target": target,
            "not_before_ms": not_before.map(divisi_domain::time::Timestamp::as_millis),
            "waiting_for": waits.map(divisi_domain::task::WaitKind::as_str),
        }),
        _ => Value::Null,
    }
}

fn outcome_json(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Answered(recorded) => json!({ "is": "answered", "with": recorded_word(recorded) }),
        Outcome::Failed { class, .. } => json!({ "is": "failed", "reason": class.code() }),
        Outcome::Interrupted { alone } => json!({ "is": "interrupted", "alone": alone }),
        Outcome::Cancelled => json!({ "is": "cancelled" }),
    }
}

const fn recorded_word(recorded: &Recorded) -> &'static str {
    match recorded {
        Recorded::Analysis { .. } => "analysis",
        Recorded::Selection { .. } => "selection",
        Recorded::Plan { .. } => "plan",
        Recorded::InvalidPlan { .. } => "invalid_plan",
        Recorded::Calls { .. } => "tool_calls",
        Recorded::Solution { .. } => "solution",
        Recorded::ToolResult { .. } => "tool_result",
        Recorded::Review { .. } => "review",
        Recorded::Coordination { .. } => "coordination",
        Recorded::Report { .. } => "report",
        Recorded::FinalReview { .. } => "final_review",
    }
}

fn call_word(phase: &divisi_domain::subtask::CallPhase) -> &'static str {
    use divisi_domain::subtask::CallPhase;
    match phase {
        CallPhase::Open => "open",
        CallPhase::Answered { .. } => "answered",
        CallPhase::Refused => "refused",
        CallPhase::Declined => "declined",
        CallPhase::Skipped => "skipped",
        CallPhase::Failed => "failed",
    }
}

const fn settled_word(settled: Settled) -> &'static str {
    match settled {
        Settled::Accepted => "accepted",
        Settled::Failed => "failed",
        Settled::Skipped => "skipped",
    }
}

fn subject_json(subject: ApprovalSubject) -> Value {
    match subject {
        ApprovalSubject::Plan => json!("plan"),
        ApprovalSubject::Tool(path) => json!({ "tool": path.to_string() }),
        ApprovalSubject::Publication => json!("publication"),
    }
}

fn scope_json(scope: &RevisionScope) -> Value {
    match scope {
        RevisionScope::FullTask => json!("full_task"),
        RevisionScope::SpecificSubtasks(numbers) => json!({ "specific_subtasks": numbers }),
        RevisionScope::FinalAnswer => json!("final_answer"),
    }
}

fn stage_json(stage: Stage) -> Value {
    match stage {
        Stage::Pending => json!("initialization"),
        Stage::Analysis => json!("task_analysis"),
        Stage::Selection => json!("specialist_selection"),
        Stage::Decomposition { .. } => json!("task_decomposition"),
        Stage::PlanApproval => json!("plan_approval"),
        Stage::Execution => json!("specialist_execution"),
        Stage::Coordination => json!("coordination"),
        Stage::Synthesis { .. } => json!("synthesis"),
        Stage::FinalReview { .. } => json!("manager_review"),
        Stage::ResultApproval { .. } => json!("result_approval"),
        Stage::Completed => json!("completed"),
        Stage::Failed => json!("failed"),
        Stage::Cancelled => json!("cancelled"),
    }
}
