//! The end of an attempt.

use super::Deciding;
use crate::blob::BlobRef;
use crate::budget::{AttemptKey, Settlement};
use crate::limits::Limits;
use crate::model_step::{Cause, FailureClass, FailureKind, ModelStep, Next};
use crate::money::Usage;
use crate::name::Name;
use crate::path::{EffectPath, Node};
use crate::plan::validate;
use crate::retry::RetryAdvice;
use crate::subtask::{CallPhase, CallRequest, CycleFailure, EffectClass, ToolPhase, ToolStep};
use crate::task::answer::Recorded;
use crate::task::effects::targets;
use crate::task::event::{Event, Outcome};
use crate::task::input::{Answer, Report};
use crate::task::phase::FailureReason;
use crate::task::refusal::Refusal;
use crate::task::state::Step;
use crate::time::Millis;
use crate::wait::WaitKind;

/// How long a step rests after all its targets failed for passing reasons, before a new series.
const PROVIDER_REST: Millis = Millis::from_mins(5);
/// Attempts of a read-only or idempotent tool that fails for a passing reason.
const TOOL_ATTEMPTS_MAX: u8 = 3;
/// Tool calls of one turn that are performed; those beyond are refused.
const CALLS_PER_TURN_MAX: usize = 32;

/// Whether an answer is what its effect asks for.
const fn fits(node: Node, answer: &Answer) -> bool {
    matches!(
        (node, answer),
        (Node::Analyse, Answer::Analysis { .. })
            | (Node::Select, Answer::Selection { .. })
            | (Node::Decompose { .. }, Answer::Plan { .. })
            | (Node::Model { .. }, Answer::Calls { .. } | Answer::Solution { .. })
            | (Node::Tool { .. }, Answer::ToolResult { .. })
            | (Node::Review { .. }, Answer::Review { .. })
            | (Node::Coordinate, Answer::Coordination { .. })
            | (Node::Synthesise { .. }, Answer::Report { .. })
            | (Node::FinalReview { .. }, Answer::FinalReview { .. })
    )
}

/// The calls of a turn, with those beyond the limit refused.
fn bounded(calls: &[CallRequest]) -> Vec<CallRequest> {
    let refuse = |(place, call): (usize, &CallRequest)| {
        let too_many = || Name::from_static("too_many_calls");
        let refused = call.refused.clone().or_else(|| (place >= CALLS_PER_TURN_MAX).then(too_many));
        CallRequest { refused, ..call.clone() }
    };
    calls.iter().enumerate().map(refuse).collect()
}

impl Deciding<'_> {
    pub(super) fn ended(
        &mut self,
        path: EffectPath,
        attempt: u16,
        report: &Report,
        usage: Option<Usage>,
        settlement: Settlement,
    ) -> Result<(), Refusal> {
        let in_flight =
            self.task.step(path).is_some_and(|step| step.in_flight() && step.attempt() == attempt);
        if !in_flight {
            return Err(Refusal::NotDue { path, attempt });
        }
        if let Report::Answered(answer) = report
            && !fits(path.node, answer)
        {
            return Err(Refusal::UnfitAnswer { path });
        }
        let booked = self.task.ledger.booking(&AttemptKey { path, attempt }, settlement).unwrap_or_default();
        let (outcome, follow) = match report {
            Report::Answered(answer) => (Outcome::Answered(self.check(answer)), None),
            Report::Failed { class, content, retry_after } => {
                (Outcome::Failed { class: *class, content: *content }, Some((*class, *content, *retry_after)))
            }
        };
        let repeated = self.stops_loop(path.node, &outcome);
        // Whoever answers is paid: by its usage, or by the whole reservation.
        let from_cache = settlement == Settlement::Unused && matches!(report, Report::Answered(_));
        self.emit(Event::EffectEnded { path, attempt, outcome, usage, booked, from_cache });
        if let Some((class, content, retry_after)) = follow {
            self.after_failure(path, class, content, retry_after);
        }
        if let (Some(failure), Node::Model { subtask, .. }) = (repeated, path.node) {
            self.fail_run(subtask, failure);
        }
        Ok(())
    }

    fn check(&self, answer: &Answer) -> Recorded {
        match answer {
            Answer::Analysis { content, complexity } => {
                Recorded::Analysis { content: *content, complexity: *complexity }
            }
            Answer::Selection { content, specialists } => {
                Recorded::Selection { content: *content, specialists: specialists.clone() }
            }
            Answer::Plan { content, draft, rules, errors } => {
                let rules =
                    crate::plan::PlanRules { first_number: self.task.next_subtask(), ..rules.clone() };
                match validate(draft, &rules) {
                    Ok(plan) => Recorded::Plan { content: *content, plan },
                    Err(_) => Recorded::InvalidPlan { content: *content, errors: *errors },
                }
            }
            Answer::Calls { content, calls } => Recorded::Calls { content: *content, calls: bounded(calls) },
            Answer::Solution { content } => Recorded::Solution { content: *content },
            Answer::ToolResult { content, ok } => Recorded::ToolResult { content: *content, ok: *ok },
            Answer::Review { content, scores } => Recorded::Review { content: *content, scores: *scores },
            Answer::Coordination { content } => Recorded::Coordination { content: *content },
            Answer::Report { content } => Recorded::Report { content: *content },
            Answer::FinalReview { content, approved } => {
                Recorded::FinalReview { content: *content, approved: *approved }
            }
        }
    }

    /// Why a turn that asks for tools ends the run instead.
    fn stops_loop(&self, node: Node, outcome: &Outcome) -> Option<CycleFailure> {
        let Outcome::Answered(Recorded::Calls { calls, .. }) = outcome else { return None };
        let Node::Model { subtask, turn, .. } = node else { return None };
        let limits = &self.task.submission.policy.limits;
        if turn >= limits.agent_turns_max {
            return Some(CycleFailure::TurnLimit);
        }
        let run = self.task.subtasks.get(&subtask)?.run()?;
        let asked = |call: &CallRequest| {
            let now = calls.iter().filter(|other| other.digest == call.digest).count();
            run.times_asked(call.digest) + now >= usize::from(limits.same_call_count_max)
        };
        calls.iter().any(asked).then_some(CycleFailure::RepeatedCall)
    }

    fn after_failure(
        &mut self,
        path: EffectPath,
        class: FailureClass,
        content: Option<BlobRef>,
        retry_after: Option<Millis>,
    ) {
        let limits = self.task.submission.policy.limits.clone();
        match self.task.step(path).cloned() {
            Some(Step::Model(step)) => self.after_model_failure(path, &step, class, retry_after, &limits),
            Some(Step::Tool(step)) => self.after_tool_failure(path, &step, class, content, &limits),
            None => {}
        }
    }

    fn after_model_failure(
        &mut self,
        path: EffectPath,
        step: &ModelStep,
        class: FailureClass,
        retry_after: Option<Millis>,
        limits: &Limits,
    ) {
        let deadline = self.task.deadline();
        let advice = RetryAdvice { now: self.at, entropy: self.entropy, retry_after, deadline };
        let targets = crate::model_step::Purpose::of(path.node)
            .map_or(1, |purpose| targets(self.task, path.node, purpose));
        match step.after_failure(class, targets, limits, &advice) {
            Next::Again { cause, target, not_before } => {
                self.emit(Event::AttemptScheduled { path, cause, target, not_before, waits: None });
            }
            Next::Quarantine => self.give_up(path, None),
            // Nobody's fault and nothing wrong with the task: it waits for the providers. So it does where the last target
            // of the route is set up wrong, and those before it did not answer.
            Next::GiveUp if waits_for_providers(step, class, targets, limits) => {
                self.emit(Event::AttemptScheduled {
                    path,
                    cause: Cause::NewSeries,
                    target: 0,
                    not_before: Some(self.at + PROVIDER_REST),
                    waits: Some(WaitKind::Provider),
                });
            }
            Next::GiveUp => self.give_up(path, Some(class)),
        }
    }

    fn after_tool_failure(
        &mut self,
        path: EffectPath,
        step: &ToolStep,
        class: FailureClass,
        content: Option<BlobRef>,
        limits: &Limits,
    ) {
        if matches!(step.phase, ToolPhase::OutcomeUnknown { .. }) {
            return;
        }
        let call = crate::task::effects::call_request(self.task, path.node);
        let repeatable = call.is_some_and(|call| call.class != EffectClass::AtMostOnce);
        if class.kind() == FailureKind::Poison {
            if step.poison >= limits.poison_count_max {
                self.give_up(path, None);
            }
        } else if !repeatable || step.failures >= TOOL_ATTEMPTS_MAX {
            let failed = |content| CallPhase::Answered { content, ok: false };
            self.emit(Event::CallSettled { path, phase: content.map_or(CallPhase::Failed, failed) });
        }
    }

    /// The effect will not be tried again; `None` means that it is quarantined.
    pub(super) fn give_up(&mut self, path: EffectPath, class: Option<FailureClass>) {
        match (path.node, class) {
            (Node::Model { subtask, .. }, Some(class)) => {
                self.fail_run(subtask, CycleFailure::NoAnswer(class));
            }
            (Node::Review { subtask, .. }, Some(class)) => {
                self.fail_run(subtask, CycleFailure::NoReview(class));
            }
            (Node::Model { subtask, .. } | Node::Review { subtask, .. } | Node::Tool { subtask, .. }, _) => {
                self.fail_run(subtask, CycleFailure::Quarantined);
            }
            (_, Some(class)) => self.fail(FailureReason::NoAnswer(class)),
            (_, None) => self.fail(FailureReason::Quarantined),
        }
    }
}

fn waits_for_providers(step: &ModelStep, class: FailureClass, targets: u8, limits: &Limits) -> bool {
    match class.kind() {
        FailureKind::Transient | FailureKind::OtherTarget => step.may_recover(targets, limits),
        FailureKind::AskAgain | FailureKind::Poison => false,
    }
}
