//! The invariants of spec/workflow.md, checked at each event.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::approval::{ApprovalState, ApprovalSubject};
use divisi_domain::budget::AttemptKey;
use divisi_domain::money::MicroUsd;
use divisi_domain::path::EffectPath;
use divisi_domain::plan::{Plan, Settled};
use divisi_domain::review::ACCEPTED_MIN_HUNDREDTHS;
use divisi_domain::subtask::{Accepted, ToolPhase};
use divisi_domain::task::{Effects, Event, Outcome, Recorded, Stage, Step, Task};
use divisi_domain::time::Timestamp;

use super::{Broken, rule};

/// What the events so far promise.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Attempts without an end, with their reservations.
    open: BTreeMap<AttemptKey, MicroUsd>,
    /// The sum of what was booked.
    booked: MicroUsd,
    /// Subtasks accepted in this pass.
    accepted: BTreeSet<u16>,
    /// Calls that a person declined.
    declined: BTreeSet<EffectPath>,
    /// Effects of this task that were answered: none is made again.
    answered: BTreeSet<EffectPath>,
    /// Numbers that plans have had.
    numbers: BTreeSet<u16>,
    /// The pass has ended.
    ended: bool,
}

impl Rules {
    pub(super) fn check(&mut self, before: Option<&Task>, event: &Event, after: &Task) -> Result<(), Broken> {
        if let Some(before) = before {
            self.after_the_end(event)?;
            rule(before.pass != after.pass || after.progress >= before.progress, || {
                format!("progress fell from {} to {} by {event:?}", before.progress, after.progress)
            })?;
            Self::accepted_stays(before, after)?;
        }
        self.attempts(event)?;
        self.subtasks(event)?;
        self.people(event, after);
        self.passes(event);
        questions(after)?;
        self.ledger(after)
    }

    fn after_the_end(&self, event: &Event) -> Result<(), Broken> {
        let allowed = matches!(
            event,
            Event::Resumed { .. }
                | Event::RevisionRequested { .. }
                | Event::Rated { .. }
                | Event::ContentErased
                | Event::EffectEnded { .. }
        );
        rule(!self.ended || allowed, || format!("after the end of a pass: {event:?}"))
    }

    fn accepted_stays(before: &Task, after: &Task) -> Result<(), Broken> {
        for (number, subtask) in &before.subtasks {
            let Some(accepted) = &subtask.accepted else { continue };
            let now = after.subtasks.get(number).and_then(|now| now.accepted.as_ref());
            let better =
                |now: &Accepted| now.pass > accepted.pass && now.hundredths >= ACCEPTED_MIN_HUNDREDTHS;
            let stays = now.is_some_and(|now| now == accepted || better(now));
            rule(stays, || format!("the accepted solution of subtask {number} is lost"))?;
        }
        Ok(())
    }

    fn attempts(&mut self, event: &Event) -> Result<(), Broken> {
        match event {
            Event::EffectStarted { path, attempt, reserved, .. } => {
                rule(!self.declined.contains(path), || format!("{path} was declined and starts"))?;
                rule(!self.answered.contains(path), || format!("{path} was answered and starts again"))?;
                let key = AttemptKey { path: *path, attempt: *attempt };
                let fresh = self.open.insert(key, *reserved).is_none();
                rule(fresh, || format!("{path} attempt {attempt} is in flight twice"))
            }
            Event::EffectEnded { path, attempt, outcome, booked, .. } => {
                if matches!(outcome, Outcome::Answered(_)) {
                    self.answered.insert(*path);
                }
                self.booked += booked.charged;
                let open = self.open.remove(&AttemptKey { path: *path, attempt: *attempt });
                rule(open.is_some(), || format!("{path} attempt {attempt} ends without having started"))
            }
            _ => Ok(()),
        }
    }

    fn subtasks(&mut self, event: &Event) -> Result<(), Broken> {
        match event {
            Event::RunStarted { subtask, .. } => rule(!self.accepted.contains(subtask), || {
                format!("subtask {subtask} was accepted in this pass and runs again")
            }),
            Event::SubtaskSettled { subtask, settled: Settled::Accepted } => {
                self.accepted.insert(*subtask);
                Ok(())
            }
            Event::PlanEdited { plan, .. } => self.new_numbers(plan),
            Event::EffectEnded { outcome: Outcome::Answered(Recorded::Plan { plan, .. }), .. } => {
                self.new_numbers(plan)
            }
            _ => Ok(()),
        }
    }

    fn new_numbers(&mut self, plan: &Plan) -> Result<(), Broken> {
        for node in &plan.nodes {
            let fresh = self.numbers.insert(node.number);
            rule(fresh, || format!("the number {} is used by two plans", node.number))?;
        }
        Ok(())
    }

    fn people(&mut self, event: &Event, after: &Task) {
        let Event::ApprovalDecided { number, state: ApprovalState::Rejected, .. } = event else { return };
        let asked = after.approvals.iter().find(|approval| approval.number == *number);
        if let Some(ApprovalSubject::Tool(path)) = asked.map(|approval| approval.subject) {
            self.declined.insert(path);
        }
    }

    fn passes(&mut self, event: &Event) {
        match event {
            Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled => self.ended = true,
            Event::Resumed { .. } | Event::RevisionRequested { .. } => {
                self.ended = false;
                self.accepted.clear();
            }
            _ => {}
        }
    }

    fn ledger(&self, after: &Task) -> Result<(), Broken> {
        let ledger = &after.ledger;
        rule(ledger.spent() == self.booked, || {
            format!("{} was booked and the ledger says {}", self.booked, ledger.spent())
        })?;
        let open: MicroUsd = self.open.values().copied().sum();
        rule(ledger.reserved() == open, || {
            format!("{open} is reserved and the ledger says {}", ledger.reserved())
        })?;
        let kept = ledger.cap().is_none_or(|cap| ledger.committed() <= cap + ledger.excess());
        rule(kept, || "more than the cap is committed".to_owned())?;
        let nothing_open = !after.is_terminal() || (self.open.is_empty() && after.steps.is_empty());
        rule(nothing_open, || "something is still in flight after the end".to_owned())
    }
}

/// Every open question is about something that waits for it.
fn questions(task: &Task) -> Result<(), Broken> {
    for approval in task.approvals.iter().filter(|approval| approval.pending()) {
        let waits = match approval.subject {
            ApprovalSubject::Plan => task.stage == Stage::PlanApproval,
            ApprovalSubject::Publication => matches!(task.stage, Stage::ResultApproval { .. }),
            ApprovalSubject::Tool(path) => match task.step(path) {
                Some(Step::Tool(step)) => {
                    step.phase == ToolPhase::AwaitingApproval { number: approval.number }
                }
                Some(Step::Model(_)) | None => false,
            },
        };
        rule(waits, || format!("approval {} is asked for and nothing waits for it", approval.number))?;
    }
    Ok(())
}

/// Liveness: a task that has not ended runs, may start something, has a timer or says what it waits for.
pub fn check_quiet(task: &Task, wanted: &Effects, now: Timestamp) -> Result<(), Broken> {
    let timed = wanted.wake_at.is_some() || wanted.overdue;
    let runs = !wanted.in_flight.is_empty() || !wanted.start.is_empty() || timed;
    let alive = task.is_terminal() || runs || task.waiting_for(now).is_some();
    rule(alive, || format!("{:?} has nothing to do, no timer and no wait", task.stage))?;
    let idle = wanted.in_flight.is_empty() && wanted.start.is_empty() && !wanted.overdue;
    let named = task.is_terminal() || !idle || task.waiting_for(now).is_some();
    rule(named, || format!("{:?} does nothing and does not say what it waits for", task.stage))
}
