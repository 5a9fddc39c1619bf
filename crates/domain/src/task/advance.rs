//! `advance`: what follows from the state alone, one event at a time until nothing does.

use super::event::Event;
use super::phase::{FailureReason, Stage};
use super::state::{Step, Task};
use crate::approval::{self, ApprovalState, ApprovalSubject, Asked};
use crate::automation::{Decimal, Facts, Value};
use crate::blob::{BlobRef, Digest};
use crate::name::Name;
use crate::path::Node;
use crate::plan::{Settled, readiness};
use crate::review::{Next, Rerun};
use crate::subtask::{CycleFailure, Subtask, SubtaskPhase, ToolPhase};

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
    if usize::from(round) >= task.refused_of_pass().count() {
        return Some(Event::Entered(if asks_plan(task) { Stage::PlanApproval } else { Stage::Execution }));
    }
    if task.faulty_plans() > usize::from(task.submission.policy.limits.plan_repair_rounds_max) {
        return Some(Event::Failed { reason: FailureReason::PlanInvalid });
    }
    Some(write_plan_again(task, FailureReason::PlanInvalid))
}

/// The next round of the plan: rounds are counted by the plans that were not taken.
fn write_plan_again(task: &Task, otherwise: FailureReason) -> Event {
    match u8::try_from(task.refused_of_pass().count()) {
        Ok(round) => Event::Entered(Stage::Decomposition { round }),
        Err(_) => Event::Failed { reason: otherwise },
    }
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
    let asked = task.asked(ApprovalSubject::Plan).filter(|asked| asked.digest == digest);
    match asked.map(|asked| asked.state) {
        None | Some(ApprovalState::Void) => Some(ask(task, ApprovalSubject::Plan, digest)),
        Some(ApprovalState::Pending) => None,
        Some(ApprovalState::Rejected) => Some(after_plan_rejection(task)),
        Some(ApprovalState::Approved | ApprovalState::Edited { .. }) => {
            Some(Event::Entered(Stage::Execution))
        }
    }
}

fn after_plan_rejection(task: &Task) -> Event {
    let rejected = task.refused_of_pass().filter(|refused| refused.by_person).count();
    if rejected > usize::from(task.submission.policy.limits.plan_rejections_max) {
        return Event::Failed { reason: FailureReason::PlanRejected };
    }
    write_plan_again(task, FailureReason::PlanRejected)
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
        if task.subtasks.get(subtask).is_some_and(|fresh| task.stands(fresh)) {
            return Some(Event::SubtaskSettled { subtask: *subtask, settled: Settled::Accepted });
        }
        return Some(Event::RunStarted { subtask: *subtask, cycle: 0, other_specialist: false });
    }
    if !task.steps.is_empty() {
        return None;
    }
    Some(match (ready.ready.is_empty() && ready.waiting.is_empty(), task.any_accepted()) {
        (false, _) => Event::Failed { reason: FailureReason::Stuck },
        (true, true) => Event::Entered(Stage::Coordination),
        (true, false) => Event::Failed { reason: without_solution(task) },
    })
}

/// Why a plan brought nothing at all.
fn without_solution(task: &Task) -> FailureReason {
    let incapable = Some(CycleFailure::NoCapableAgent);
    let mut tried = task.planned().filter_map(Subtask::run).peekable();
    if tried.peek().is_some() && tried.all(|run| run.failure == incapable) {
        FailureReason::NoCapableAgent
    } else {
        FailureReason::NoAcceptedSolution
    }
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
    let next = subtask.after_run(task.pass, task.submission.policy.limits.subtask_cycles_max)?;
    let number = subtask.node.number;
    let settle = |settled| Event::SubtaskSettled { subtask: number, settled };
    Some(match next {
        Next::Accept => settle(Settled::Accepted),
        // What an earlier pass accepted stands where its revision brought nothing better.
        Next::FinallyFail if subtask.accepted.is_some() => settle(Settled::Accepted),
        Next::FinallyFail => settle(Settled::Failed),
        Next::Rerun(who) => Event::RunStarted {
            subtask: number,
            cycle: subtask.run()?.cycle.saturating_add(1),
            other_specialist: who == Rerun::OtherSpecialist,
        },
    })
}

fn after_final_review(task: &Task, round: u8) -> Option<Event> {
    if !done(task, Node::FinalReview { round }) {
        return None;
    }
    let approved = task.draft()?.review.as_ref()?.approved;
    let rounds_max = task.submission.policy.limits.final_review_rounds_max;
    if !approved && round < rounds_max {
        return Some(Event::Entered(Stage::Synthesis { round: round.saturating_add(1) }));
    }
    if asks(task, Asked::Publication) {
        return Some(Event::Entered(Stage::ResultApproval { round }));
    }
    Some(completed(task, approved))
}

fn after_result_approval(task: &Task, round: u8) -> Option<Event> {
    let digest = digest_of(task.draft()?.content);
    let rounds_max = task.submission.policy.limits.final_review_rounds_max;
    Some(match task.asked(ApprovalSubject::Publication).map(|asked| asked.state) {
        None | Some(ApprovalState::Void) => ask(task, ApprovalSubject::Publication, digest),
        Some(ApprovalState::Pending) => return None,
        Some(ApprovalState::Approved | ApprovalState::Edited { .. }) => completed(task, true),
        Some(ApprovalState::Rejected) if round < rounds_max => {
            Event::Entered(Stage::Synthesis { round: round.saturating_add(1) })
        }
        Some(ApprovalState::Rejected) => Event::Failed { reason: FailureReason::PublicationRejected },
    })
}

fn completed(task: &Task, approved: bool) -> Event {
    let content = task.draft().map(|draft| draft.content);
    Event::Completed { content, approved, missing: task.missing(), reason: None }
}

/// The end of a pass that cannot go on. Where the cap is reached it ends with what it has, if it has
/// something; a deadline fails it, and `resume` goes on from there.
pub(super) fn cut_short(task: &Task, reason: FailureReason) -> Event {
    let past_plan = !matches!(
        task.stage,
        Stage::Pending
            | Stage::Analysis
            | Stage::Selection
            | Stage::Decomposition { .. }
            | Stage::PlanApproval
    );
    if reason == FailureReason::BudgetExhausted && past_plan && task.any_accepted() {
        let content = task.present_draft().map(|draft| draft.content);
        return Event::Completed { content, approved: false, missing: task.missing(), reason: Some(reason) };
    }
    Event::Failed { reason }
}
