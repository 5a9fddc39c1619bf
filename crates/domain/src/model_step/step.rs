use minicbor::{Decode, Encode};

use super::states::{Cause, Due, StepPhase, StepState};
use super::{FailureClass, FailureKind};
use crate::blob::BlobRef;
use crate::limits::{Limits, ROUTE_TARGETS_MAX};
use crate::retry::{Backoff, RetryAdvice};
use crate::time::{Millis, Timestamp};

/// Who asks to be left alone for longer than this is left to another target that was not asked yet.
const RETRY_AFTER_PATIENCE: Millis = Millis(10_000);

/// Answers that broke off in all, of who has answered since and breaks off when told what was wrong: nothing is down, that prompt
/// is too much.
const TOLD_BROKEN_OFF_MAX: u8 = 3;

/// One model step that has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ModelStep {
    /// Number of the last attempt, from 1; 0 before the first.
    #[n(0)]
    pub attempt: u16,
    /// Wire attempts of this series that count; interruptions do not.
    #[n(1)]
    pub counted: u8,
    /// Counted attempts of this series on each target of the route.
    #[n(2)]
    pub asked: [u8; ROUTE_TARGETS_MAX],
    /// Times the present target was asked again with the error.
    #[n(3)]
    pub reasks: u8,
    /// Targets of the route that have been given up in this series, as bits.
    #[n(4)]
    pub given_up: u8,
    /// How often the end of the process interrupted an attempt.
    #[n(5)]
    pub interruptions: u8,
    /// Counts against the effect itself: panics, and deaths of the process while it ran alone.
    #[n(6)]
    pub poison: u8,
    /// The last answer that was no JSON of the schema, with what was wrong; the next attempt is told.
    #[n(7)]
    pub wrong: Option<BlobRef>,
    /// Where it stands.
    #[n(8)]
    pub phase: StepPhase,
    /// Answers of each target of the route that broke off, over all series.
    #[n(9)]
    pub broken_off: [u8; ROUTE_TARGETS_MAX],
}

/// What follows a failed or interrupted attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another attempt.
    Again {
        /// Why.
        cause: Cause,
        /// Preferred position in the route.
        target: u8,
        /// Not earlier than this.
        not_before: Option<Timestamp>,
    },
    /// All that may be tried was tried.
    GiveUp,
    /// The effect itself is the danger.
    Quarantine,
}

impl ModelStep {
    /// A step whose first attempt is due now.
    pub fn due(since: Timestamp) -> Self {
        let due = Due { cause: Cause::First, target: 0, not_before: None, waits: None, since };
        Self {
            attempt: 0,
            counted: 0,
            asked: [0; ROUTE_TARGETS_MAX],
            reasks: 0,
            given_up: 0,
            interruptions: 0,
            poison: 0,
            wrong: None,
            phase: StepPhase::Due(due),
            broken_off: [0; ROUTE_TARGETS_MAX],
        }
    }

    /// Where it stands, as diagrams show it.
    pub const fn state(&self) -> StepState {
        match &self.phase {
            StepPhase::InFlight { .. } => StepState::InFlight,
            StepPhase::Due(Due { waits: None, not_before: None, .. }) => StepState::Due,
            StepPhase::Due(_) => StepState::Resting,
        }
    }

    /// Whether an attempt is in flight.
    pub fn in_flight(&self) -> bool {
        matches!(self.phase, StepPhase::InFlight { .. })
    }

    /// Whether it must be performed with nothing else in flight.
    pub fn alone(&self, limits: &Limits) -> bool {
        self.interruptions >= limits.poison_alone_count
    }

    /// Records that `due` is the next attempt.
    pub fn schedule(&mut self, due: Due) {
        // Another target starts clean; the same one is still told what was wrong.
        if matches!(due.cause, Cause::Failover | Cause::NewSeries) {
            self.wrong = None;
        }
        self.phase = StepPhase::Due(due);
    }

    /// Records the start of attempt `attempt` on `target`.
    pub fn start(&mut self, attempt: u16, target: u8, cause: Cause, since: Timestamp) {
        // Shared state may have admitted another target than the preferred one.
        if target != self.target() {
            self.reasks = 0;
        }
        match cause {
            Cause::First | Cause::Failover => self.reasks = 0,
            Cause::NewSeries => {
                self.asked = [0; ROUTE_TARGETS_MAX];
                self.reasks = 0;
                self.counted = 0;
                self.given_up = 0;
            }
            Cause::Reask => self.reasks = self.reasks.saturating_add(1),
            Cause::Retry | Cause::Interrupted => {}
        }
        self.attempt = attempt;
        self.phase = StepPhase::InFlight { target, since };
    }

    /// Records that the attempt in flight failed with `class` at `at`.
    pub fn fail(&mut self, class: FailureClass, wrong: Option<BlobRef>, at: Timestamp) {
        let StepPhase::InFlight { target, .. } = self.phase else { return };
        self.counted = self.counted.saturating_add(1);
        if let Some(asked) = self.asked.get_mut(usize::from(target)) {
            *asked = asked.saturating_add(1);
        }
        if class == FailureClass::Truncated
            && let Some(broken_off) = self.broken_off.get_mut(usize::from(target))
        {
            *broken_off = broken_off.saturating_add(1);
            if self.reasks > 0 && *broken_off >= TOLD_BROKEN_OFF_MAX {
                self.given_up |= bit(target);
            }
        }
        match class.kind() {
            FailureKind::OtherTarget => self.given_up |= bit(target),
            FailureKind::Poison => self.poison = self.poison.saturating_add(1),
            FailureKind::AskAgain => {
                self.wrong = wrong;
                if self.reasks > 0 {
                    self.given_up |= bit(target);
                }
            }
            FailureKind::Transient => {}
        }
        self.rest(Cause::Retry, target, at);
    }

    /// Records that the end of the process interrupted the attempt in flight.
    pub fn interrupt(&mut self, alone: bool, at: Timestamp) {
        let StepPhase::InFlight { target, .. } = self.phase else { return };
        self.interruptions = self.interruptions.saturating_add(1);
        if alone {
            self.poison = self.poison.saturating_add(1);
        }
        self.rest(Cause::Interrupted, target, at);
    }

    fn rest(&mut self, cause: Cause, target: u8, since: Timestamp) {
        self.phase = StepPhase::Due(Due { cause, target, not_before: None, waits: None, since });
    }

    fn target(&self) -> u8 {
        match &self.phase {
            StepPhase::Due(due) => due.target,
            StepPhase::InFlight { target, .. } => *target,
        }
    }

    /// What follows after [`Self::fail`] with `class` on a route of `targets`.
    pub fn after_failure(
        &self,
        class: FailureClass,
        targets: u8,
        limits: &Limits,
        retry: &RetryAdvice,
    ) -> Next {
        let target = self.target();
        if self.poison >= limits.poison_count_max {
            return Next::Quarantine;
        }
        if self.counted >= limits.wire_attempts_max {
            return Next::GiveUp;
        }
        match class.kind() {
            FailureKind::AskAgain if self.reasks == 0 => {
                Next::Again { cause: Cause::Reask, target, not_before: None }
            }
            FailureKind::AskAgain | FailureKind::OtherTarget => self.failover(target, targets, limits),
            FailureKind::Poison => Next::Again { cause: Cause::Retry, target, not_before: None },
            FailureKind::Transient => self.after_transient(class, target, targets, limits, retry),
        }
    }

    fn after_transient(
        &self,
        class: FailureClass,
        target: u8,
        targets: u8,
        limits: &Limits,
        retry: &RetryAdvice,
    ) -> Next {
        let asked = self.asked(target);
        if asked >= limits.target_attempts_max || self.is_given_up(target, limits) {
            return self.failover(target, targets, limits);
        }
        let fresh = self.other_target(target, targets, limits, |asked| asked == 0).map(failover_to);
        // An answer that broke off is answered at once by a target that was not asked yet: waiting would not mend it.
        // So does one that may be asked now, where this one asks to be left alone for long.
        let long = retry.retry_after.is_some_and(|wait| wait > RETRY_AFTER_PATIENCE);
        if let Some(fresh) = fresh.filter(|_| long || class == FailureClass::Truncated) {
            return fresh;
        }
        let retries_max = limits.target_attempts_max.saturating_sub(1);
        match retry.not_before(&Backoff { retries_max, ..Backoff::default() }, asked) {
            Some(at) => Next::Again { cause: Cause::Retry, target, not_before: Some(at) },
            // The deadline would be over by then: only a target that was not asked yet may still answer in time.
            None => fresh.unwrap_or(Next::GiveUp),
        }
    }

    /// Targets that no new series asks again, as bits: those whose answers broke off or were empty more often than a series
    /// has attempts. Each of them is paid for whole, and who breaks off in a second series does so on this prompt,
    /// whatever the server calls it.
    pub fn given_up_for_good(&self, limits: &Limits) -> u8 {
        let often = (0_u8..).zip(self.broken_off).filter(|(_, times)| *times > limits.target_attempts_max);
        often.fold(0, |bits, (target, _)| bits | bit(target))
    }

    fn is_given_up(&self, target: u8, limits: &Limits) -> bool {
        (self.given_up | self.given_up_for_good(limits)) & bit(target) != 0
    }

    /// Whether a target of the route was only asked too often while it could not answer: it may answer later.
    pub fn may_recover(&self, targets: u8, limits: &Limits) -> bool {
        (0..targets).any(|target| !self.is_given_up(target, limits) && self.asked(target) > 0)
    }

    /// What follows after [`Self::interrupt`].
    pub fn after_interruption(&self, limits: &Limits) -> Next {
        let target = self.target();
        if self.poison >= limits.poison_count_max {
            return Next::Quarantine;
        }
        Next::Again { cause: Cause::Interrupted, target, not_before: None }
    }

    /// Counted attempts of this series on a target. One outside of the route has none left.
    fn asked(&self, target: u8) -> u8 {
        self.asked.get(usize::from(target)).copied().unwrap_or(u8::MAX)
    }

    fn failover(&self, failed: u8, targets: u8, limits: &Limits) -> Next {
        let left = |asked| asked < limits.target_attempts_max;
        self.other_target(failed, targets, limits, left).map_or(Next::GiveUp, failover_to)
    }

    /// The next target of the route that is not given up and was asked as often as `fits` says: those after the failed
    /// one come first, then those before it, which shared state may have passed over.
    fn other_target(
        &self,
        failed: u8,
        targets: u8,
        limits: &Limits,
        fits: impl Fn(u8) -> bool,
    ) -> Option<u8> {
        let later = failed.saturating_add(1)..targets;
        later
            .chain(0..failed.min(targets))
            .find(|target| !self.is_given_up(*target, limits) && fits(self.asked(*target)))
    }
}

const fn failover_to(target: u8) -> Next {
    Next::Again { cause: Cause::Failover, target, not_before: None }
}

/// The place of a target in [`ModelStep::given_up`]; routes have at most three.
fn bit(target: u8) -> u8 {
    1_u8.checked_shl(u32::from(target)).unwrap_or(0)
}
