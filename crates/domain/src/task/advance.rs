//! `advance`: what follows from the state alone, one event at a time until nothing does.

use super::event::Event;
use super::phase::{FailureReason, Stage};
use super::state::{Step, Task};
use crate::approval::{self, ApprovalState, ApprovalSubject, Asked};
use crate::automation::{Decimal, Facts, Value};
use crate::name::Name;
use crate::blob::{BlobRef, Digest};
use crate::path::Node;
use crate::plan::{Settled, readiness};
use crate::review::{Next, Rerun, Verdict, after_review};
use crate::subtask::{Run, Subtask, SubtaskPhase, ToolPhase};

/// The next structural event, if one follows.
pub(super) fn next(task: &Task) -> Option<Event> {
    match task.stage {
        Stage::Pending | Stage::Completed | Stage::Failed | Stage::Cancelled => None,
        Stage::Analysis => done(task, Node::Analyse).then_some(Event::Entered(Stage::Selection)),
        Stage::Selection => {
            done(task, Node::Select).then_some(Event::Entered(Stage::Decomposition { round: 0 }))
        }
        Stage::Decomposition { round } => after_decomposition(task, round),
        Stage::PlanApproval => after_plan_approval(task),
        Stage::Execution => in_execution(task),
        Stage::Coordination => {
            done(task, Node::Coordinate).then_some(Event::Entered(Stage::Synthesis { round: 0 }))
        }
        Stage::Synthesis { round } => {
            done(task, Node::Synthesise { round }).then_some(Event::Entered(Stage::FinalReview { round }))
        }
        Stage::FinalReview { round } => after_final_review(task, round),
        Stage::ResultApproval { round } => after_result_approval(task, round),
    }
}

fn done(task: &Task, node: Node) -> bool {
    !task.steps.contains_key(&node)
}

fn after_decomposition(task: &Task, round: u8) -> Option<Event> {
    if !done(task, Node::Decompose { round }) {
        return None;
    }
    let refused = task.refused_plans.iter().filter(|refused| !refused.by_person).count();
    let rejected = task.refused_plans.iter().filter(|refused| refused.by_person).count();
    if usize::from(round) >= refused + rejected {
        return Some(Event::Entered(if asks_plan(task) { Stage::PlanApproval } else { Stage::Execution }));
    }
    if refused > usize::from(task.submission.policy.limits.plan_repair_rounds_max) {
        return Some(Event::Failed { reason: FailureReason::PlanInvalid });
    }
    Some(Event::Entered(Stage::Decomposition { round: round + 1 }))
}

fn asks_plan(task: &Task) -> bool {
    task.submission.plan_only || asks(task, Asked::Plan)
}

fn asks(task: &Task, asked: Asked) -> bool {
    approval::asks(task.submission.mode, asked, &task.submission.policy.rules, &facts(task))
}

/// What automation rules may look at, besides the subject.
fn facts(task: &Task) -> Facts {
    let amount = |micro: u64| Value::Number(Decimal::from_micros(i64::try_from(micro).unwrap_or(i64::MAX)));
    let subtasks = u32::try_from(task.planned().count()).unwrap_or(u32::MAX);
    let mut facts = Facts::new();
    facts.insert(Name::from_static("cost_usd"), amount(task.ledger.spent().0));
    facts.insert(Name::from_static("subtasks"), Value::Number(Decimal::from(subtasks)));
    let lowest = task.planned().filter_map(|subtask| subtask.accepted.as_ref());
    if let Some(lowest) = lowest.map(|accepted| accepted.hundredths).min() {
        let score = Decimal::from_micros(i64::from(lowest) * 10_000);
        facts.insert(Name::from_static("lowest_score"), Value::Number(score));
    }
    facts
}

/// What an approval of the plan or a draft is bound to.
pub(super) fn digest_of(content: BlobRef) -> Digest {
    Digest(content.0)
}

fn after_plan_approval(task: &Task) -> Option<Event> {
    let pinned = task.plan.as_ref()?;
    let digest = digest_of(pinned.content);
    let asked = task.approvals.iter().rev().find(|approval| approval.subject == ApprovalSubject::Plan);
    let Some(asked) = asked.filter(|approval| approval.state != ApprovalState::Void) else {
        return Some(ask(task, ApprovalSubject::Plan, digest));
    };
    if asked.pending() {
        return (asked.digest != digest).then(|| ask(task, ApprovalSubject::Plan, digest));
    }
    if asked.state == ApprovalState::Rejected {
        return Some(after_plan_rejection(task));
    }
    Some(Event::Entered(Stage::Execution))
}

fn after_plan_rejection(task: &Task) -> Event {
    let rejected = task.refused_plans.iter().filter(|refused| refused.by_person).count();
    if rejected > usize::from(task.submission.policy.limits.plan_rejections_max) {
        return Event::Failed { reason: FailureReason::PlanRejected };
    }
    let round = u8::try_from(task.refused_plans.len()).unwrap_or(u8::MAX);
    Event::Entered(Stage::Decomposition { round })
}

fn ask(task: &Task, subject: ApprovalSubject, digest: Digest) -> Event {
    let number = u32::try_from(task.approvals.len() + 1).unwrap_or(u32::MAX);
    Event::ApprovalRequested { number, subject, digest }
}

fn in_execution(task: &Task) -> Option<Event> {
    if let Some(event) = asked_calls(task) {
        return Some(event);
    }
    if let Some(event) = task.planned().find_map(|subtask| after_run(task, subtask)) {
        return Some(event);
    }
    let pinned = task.plan.as_ref()?;
    let ready = readiness(&pinned.plan, |number| task.settled(number));
    if let Some(subtask) = ready.skipped.first() {
        return Some(Event::SubtaskSettled { subtask: *subtask, settled: Settled::Skipped });
    }
    let fresh = ready.ready.iter().find(|number| is_fresh(task, **number));
    if let Some(subtask) = fresh {
        return Some(Event::RunStarted { subtask: *subtask, cycle: 0, other_specialist: false });
    }
    if !ready.ready.is_empty() {
        return None;
    }
    if !ready.waiting.is_empty() {
        return Some(Event::Failed { reason: FailureReason::Stuck });
    }
    Some(match task.any_accepted() {
        true => Event::Entered(Stage::Coordination),
        false => Event::Failed { reason: FailureReason::NoAcceptedSolution },
    })
}

/// A subtask that waits and has no run in this pass.
fn is_fresh(task: &Task, number: u16) -> bool {
    task.subtasks.get(&number).is_some_and(|subtask| {
        subtask.phase == SubtaskPhase::Waiting && subtask.runs_of(task.pass).next().is_none()
    })
}

/// The approval of a tool call with side effects, before it may run.
fn asked_calls(task: &Task) -> Option<Event> {
    task.steps.iter().find_map(|(node, step)| {
        let Step::Tool(step) = step else { return None };
        let fresh = step.attempt == 0 && matches!(step.phase, ToolPhase::Due { .. });
        let request = super::effects::call_request(task, *node)?;
        let subject = ApprovalSubject::Tool(task.path(*node));
        let asked = task.approvals.iter().any(|approval| approval.subject == subject);
        let ask_first =
            fresh && request.side_effects && !asked && asks(task, Asked::Tool { side_effects: true });
        ask_first.then(|| ask(task, subject, request.digest))
    })
}

/// What follows a run that has ended and whose consequence is not drawn yet.
fn after_run(task: &Task, subtask: &Subtask) -> Option<Event> {
    if subtask.phase != SubtaskPhase::Waiting {
        return None;
    }
    let run = subtask.run().filter(|run| run.pass == task.pass)?;
    let number = subtask.node.number;
    let cycles_max = task.submission.policy.limits.subtask_cycles_max;
    Some(match after_review(verdict(run)?, run.cycle, cycles_max) {
        Next::Accept => Event::SubtaskSettled { subtask: number, settled: Settled::Accepted },
        Next::FinallyFail => Event::SubtaskSettled { subtask: number, settled: Settled::Failed },
        Next::Rerun(who) => Event::RunStarted {
            subtask: number,
            cycle: run.cycle + 1,
            other_specialist: who == Rerun::OtherSpecialist,
        },
    })
}

/// A run without a review ended without a solution: as if it had been rejected.
fn verdict(run: &Run) -> Option<Verdict> {
    match (&run.review, run.failure) {
        (_, Some(_)) => Some(Verdict::Rejected),
        (Some(review), None) => Some(review.scores.verdict()),
        (None, None) => None,
    }
}

fn after_final_review(task: &Task, round: u8) -> Option<Event> {
    if !done(task, Node::FinalReview { round }) {
        return None;
    }
    let approved = task.draft()?.review.as_ref()?.approved;
    let rounds_max = task.submission.policy.limits.final_review_rounds_max;
    if !approved && round < rounds_max {
        return Some(Event::Entered(Stage::Synthesis { round: round + 1 }));
    }
    if asks(task, Asked::Publication) {
        return Some(Event::Entered(Stage::ResultApproval { round }));
    }
    Some(completed(task, approved))
}

fn after_result_approval(task: &Task, round: u8) -> Option<Event> {
    let draft = task.draft()?;
    let digest = digest_of(draft.content);
    let asked = task.approvals.iter().rev().find(|approval| {
        approval.subject == ApprovalSubject::Publication
            && approval.state != ApprovalState::Void
            && is_about(approval, digest)
    });
    let Some(asked) = asked else { return Some(ask(task, ApprovalSubject::Publication, digest)) };
    if asked.pending() {
        return None;
    }
    if asked.state != ApprovalState::Rejected {
        return Some(completed(task, true));
    }
    if round < task.submission.policy.limits.final_review_rounds_max {
        return Some(Event::Entered(Stage::Synthesis { round: round + 1 }));
    }
    Some(Event::Failed { reason: FailureReason::PublicationRejected })
}

/// Whether the approval asked for this draft, or was answered by writing it.
fn is_about(approval: &approval::Approval, digest: Digest) -> bool {
    match approval.state {
        ApprovalState::Edited { content, .. } => digest_of(content) == digest,
        _ => approval.digest == digest,
    }
}

fn completed(task: &Task, approved: bool) -> Event {
    let content = task.draft().map(|draft| draft.content);
    Event::Completed { content, approved, missing: task.missing(), reason: None }
}

/// The end of a pass that cannot go on: with what it has, where it has something.
pub(super) fn cut_short(task: &Task, reason: FailureReason) -> Event {
    let past_plan = !matches!(
        task.stage,
        Stage::Pending
            | Stage::Analysis
            | Stage::Selection
            | Stage::Decomposition { .. }
            | Stage::PlanApproval
    );
    if past_plan && task.any_accepted() {
        let content = task.draft().filter(|draft| draft.pass == task.pass).map(|draft| draft.content);
        return Event::Completed { content, approved: false, missing: task.missing(), reason: Some(reason) };
    }
    Event::Failed { reason }
}
