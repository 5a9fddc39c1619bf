//! What people tell a task while it runs: answers to approvals, edits, cap, cancel, park, rating, erasure.

use super::Deciding;
use crate::approval::{ApprovalState, ApprovalSubject, Decision};
use crate::blob::BlobRef;
use crate::money::MicroUsd;
use crate::plan::{PlanDraft, PlanRules, validate};
use crate::subtask::CallPhase;
use crate::task::event::Event;
use crate::task::phase::Stage;
use crate::task::refusal::Refusal;
use crate::wait::WaitKind;

impl Deciding<'_> {
    pub(super) fn decide_approval(&mut self, number: u32, decision: &Decision) -> Result<(), Refusal> {
        self.live()?;
        let approval = self.task.approvals.iter().find(|approval| approval.number == number);
        let approval = approval.ok_or(Refusal::NoSuchApproval { number })?;
        let state = approval.decide(decision)?;
        let subject = approval.subject;
        let edited = matches!(state, ApprovalState::Edited { .. });
        if edited && subject != ApprovalSubject::Publication {
            return Err(Refusal::NotEditable { number });
        }
        self.emit(Event::ApprovalDecided { number, state, comment: decision.comment });
        if let (ApprovalSubject::Tool(path), ApprovalState::Rejected) = (subject, state) {
            self.emit(Event::CallSettled { path, phase: CallPhase::Declined });
        }
        Ok(())
    }

    pub(super) fn edit_plan(
        &mut self,
        content: BlobRef,
        draft: &PlanDraft,
        rules: &PlanRules,
    ) -> Result<(), Refusal> {
        self.live()?;
        if self.task.stage != Stage::PlanApproval {
            return Err(Refusal::NoPlanWaits);
        }
        let rules = PlanRules { first_number: self.task.next_subtask(), ..rules.clone() };
        let plan = validate(draft, &rules).map_err(|errors| Refusal::PlanInvalid { errors })?;
        self.emit(Event::PlanEdited { content, plan });
        Ok(())
    }

    pub(super) fn park(&mut self) -> Result<(), Refusal> {
        self.live()?;
        if self.task.wait.is_some_and(|wait| wait.kind == WaitKind::Parked) {
            return Ok(());
        }
        self.emit(Event::WaitStarted(WaitKind::Parked));
        Ok(())
    }

    pub(super) fn cancel(&mut self) -> Result<(), Refusal> {
        self.live()?;
        self.cancel_in_flight();
        self.emit(Event::Cancelled);
        Ok(())
    }

    pub(super) fn change_cap(&mut self, cap: Option<MicroUsd>) -> Result<(), Refusal> {
        self.live()?;
        self.task.ledger.check_cap(cap).map_err(|refused| Refusal::CapTooLow(refused.to_string()))?;
        self.emit(Event::CapChanged { cap });
        self.end_wait(&[WaitKind::Budget]);
        Ok(())
    }

    pub(super) fn rate(&mut self, stars: u8, useful: bool, comment: Option<BlobRef>) -> Result<(), Refusal> {
        if !self.task.is_terminal() {
            return Err(Refusal::NotCompleted { state: self.task.state().as_str() });
        }
        if !(1..=5).contains(&stars) {
            return Err(Refusal::NoRating);
        }
        self.emit(Event::Rated { stars, useful, comment });
        Ok(())
    }

    pub(super) fn erase(&mut self) -> Result<(), Refusal> {
        if !self.task.is_terminal() {
            return Err(Refusal::NotCompleted { state: self.task.state().as_str() });
        }
        if !self.task.erased {
            self.emit(Event::ContentErased);
        }
        Ok(())
    }
}
