//! Starts of attempts, and what shared state says instead.

use super::Deciding;
use crate::budget::{AttemptKey, ReserveRefused, Settlement};
use crate::id::AgentId;
use crate::model_step::{StepPhase, Target};
use crate::money::MicroUsd;
use crate::path::{EffectPath, Node};
use crate::subtask::CycleFailure;
use crate::task::advance::cut_short;
use crate::task::effects::effects;
use crate::task::event::{Event, Outcome};
use crate::task::phase::FailureReason;
use crate::task::refusal::Refusal;
use crate::task::state::Step;
use crate::task::submission::OnBudget;
use crate::time::Timestamp;
use crate::wait::WaitKind;

impl Deciding<'_> {
    pub(super) fn start(
        &mut self,
        path: EffectPath,
        attempt: u16,
        target: Option<&Target>,
        reserved: MicroUsd,
        agent: Option<AgentId>,
    ) -> Result<(), Refusal> {
        self.live()?;
        let wanted = effects(self.task, self.at).start;
        let wanted = wanted.iter().find(|wanted| wanted.path == path && wanted.attempt == attempt);
        let cause = wanted.map(|wanted| wanted.cause).ok_or(Refusal::NotDue { path, attempt })?;
        match self.task.ledger.check(&AttemptKey { path, attempt }, reserved) {
            Ok(()) => {
                let target = target.cloned();
                self.emit(Event::EffectStarted { path, attempt, target, cause, reserved, agent });
                Ok(())
            }
            Err(ReserveRefused::AlreadyReserved { .. }) => Err(Refusal::NotDue { path, attempt }),
            Err(_) if self.task.ledger.open().next().is_some() => Err(Refusal::BudgetBusy),
            Err(_) => {
                self.out_of_budget();
                Ok(())
            }
        }
    }

    fn out_of_budget(&mut self) {
        // Who opens a pass after the cap has ended one is asked to raise it: ending again would help nobody.
        let again = self
            .task
            .ending
            .as_ref()
            .is_some_and(|ending| ending.reason == Some(FailureReason::BudgetExhausted));
        match self.task.submission.policy.on_budget {
            OnBudget::Finish if !again => self.cut_short(FailureReason::BudgetExhausted),
            OnBudget::Finish | OnBudget::Wait => self.emit(Event::WaitStarted(WaitKind::Budget)),
        }
    }

    /// Ends the pass with what it has.
    pub(super) fn cut_short(&mut self, reason: FailureReason) {
        self.cancel_in_flight();
        let event = cut_short(self.task, reason);
        self.emit(event);
    }

    pub(super) fn fail(&mut self, reason: FailureReason) {
        self.cancel_in_flight();
        self.emit(Event::Failed { reason });
    }

    /// Ends every attempt in flight: it settles at its whole reservation.
    pub(super) fn cancel_in_flight(&mut self) {
        self.cancel_where(|_| true);
    }

    pub(super) fn cancel_where(&mut self, chosen: impl Fn(Node) -> bool) {
        let open: Vec<(Node, u16)> = self
            .task
            .steps
            .iter()
            .filter(|(node, step)| step.in_flight() && chosen(**node))
            .map(|(node, step)| (*node, step.attempt()))
            .collect();
        for (node, attempt) in open {
            self.settle_whole(self.task.path(node), attempt, Outcome::Cancelled);
        }
    }

    pub(super) fn settle_whole(&mut self, path: EffectPath, attempt: u16, outcome: Outcome) {
        let booked = self.task.ledger.booking(&AttemptKey { path, attempt }, Settlement::Whole);
        let booked = booked.unwrap_or_default();
        self.emit(Event::EffectEnded { path, attempt, outcome, usage: None, booked, from_cache: false });
    }

    pub(super) fn defer(
        &mut self,
        path: EffectPath,
        waits: WaitKind,
        until: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        self.live()?;
        let Some(Step::Model(step)) = self.task.step(path) else {
            return Err(Refusal::NotDue { path, attempt: 0 });
        };
        let StepPhase::Due(due) = &step.phase else {
            return Err(Refusal::NotDue { path, attempt: step.attempt });
        };
        let (cause, target) = (due.cause, due.target);
        let event = Event::AttemptScheduled { path, cause, target, not_before: until, waits: Some(waits) };
        self.emit(event);
        Ok(())
    }

    pub(super) fn no_capable_agent(&mut self, path: EffectPath) -> Result<(), Refusal> {
        self.live()?;
        if self.task.step(path).is_none() {
            return Err(Refusal::NotDue { path, attempt: 0 });
        }
        match path.node {
            Node::Model { subtask, .. } => {
                self.fail_run(subtask, CycleFailure::NoCapableAgent);
            }
            _ => self.fail(FailureReason::NoCapableAgent),
        }
        Ok(())
    }

    pub(super) fn fail_run(&mut self, subtask: u16, failure: CycleFailure) {
        self.cancel_where(|node| node.subtask() == Some(subtask));
        self.emit(Event::RunFailed { subtask, failure });
    }
}
