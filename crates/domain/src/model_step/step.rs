use minicbor::{Decode, Encode};

use super::{FailureClass, FailureKind};
use crate::blob::BlobRef;
use crate::money::MicroUsd;
use crate::name::Name;
use crate::time::{Millis, Timestamp};

/// Where an attempt goes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Target {
    /// Position in the purpose's route, from 0.
    #[n(0)]
    pub index: u8,
    /// Provider.
    #[n(1)]
    pub provider: Name,
    /// Model, by the provider's own name.
    #[n(2)]
    pub model: Name,
}

/// Why an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Cause {
    /// The first one.
    #[n(0)]
    First,
    /// The same target again after a transient failure.
    #[n(1)]
    Retry,
    /// Another target.
    #[n(2)]
    Failover,
    /// The same target, told what was wrong with its answer.
    #[n(3)]
    Reask,
    /// The attempt before was interrupted by the end of the process.
    #[n(4)]
    Interrupted,
    /// All targets had failed; a new series after a wait.
    #[n(5)]
    NewSeries,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum StepPhase {
    /// An attempt is to be made, not before a time where one is given.
    #[n(0)]
    Due {
        /// Why.
        #[n(0)]
        cause: Cause,
        /// Preferred position in the route.
        #[n(1)]
        target: u8,
        /// Not earlier than this.
        #[n(2)]
        not_before: Option<Timestamp>,
        /// The answer that was wrong, where `cause` is [`Cause::Reask`].
        #[n(3)]
        wrong: Option<BlobRef>,
    },
    /// An attempt was started and has no outcome.
    #[n(1)]
    InFlight {
        /// Position in the route that was admitted.
        #[n(0)]
        target: u8,
        /// Its reservation.
        #[n(1)]
        reserved: MicroUsd,
        /// When it started.
        #[n(2)]
        since: Timestamp,
    },
}

/// One model step that has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ModelStep {
    /// Number of the last attempt, from 1; 0 before the first.
    #[n(0)]
    pub attempt: u16,
    /// Wire attempts of this series that count; interruptions do not.
    #[n(1)]
    pub counted: u8,
    /// Counted attempts on the present target in a row.
    #[n(2)]
    pub on_target: u8,
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
    /// Where it stands.
    #[n(7)]
    pub phase: StepPhase,
}

/// Limits of the retry layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct RetryRules {
    /// Wire attempts per step over all targets.
    #[n(0)]
    pub attempts_max: u8,
    /// Attempts on one target.
    #[n(1)]
    pub attempts_on_target_max: u8,
    /// First ceiling of the back-off.
    #[n(2)]
    pub backoff_base: Millis,
    /// Interruptions after which the effect is performed alone.
    #[n(3)]
    pub interruptions_before_alone: u8,
    /// Counts after which the effect is quarantined.
    #[n(4)]
    pub poison_max: u8,
}

impl Default for RetryRules {
    fn default() -> Self {
        Self {
            attempts_max: 8,
            attempts_on_target_max: 6,
            backoff_base: Millis(1_000),
            interruptions_before_alone: 3,
            poison_max: 5,
        }
    }
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
    pub fn due() -> Self {
        Self {
            attempt: 0,
            counted: 0,
            on_target: 0,
            reasks: 0,
            given_up: 0,
            interruptions: 0,
            poison: 0,
            phase: StepPhase::Due { cause: Cause::First, target: 0, not_before: None, wrong: None },
        }
    }

    /// Whether an attempt is in flight.
    pub fn in_flight(&self) -> bool {
        matches!(self.phase, StepPhase::InFlight { .. })
    }

    /// Whether it must be performed with nothing else in flight.
    pub fn alone(&self, rules: &RetryRules) -> bool {
        self.interruptions >= rules.interruptions_before_alone
    }

    /// Records the start of attempt `attempt` on `target`.
    pub fn start(&mut self, attempt: u16, target: u8, reserved: MicroUsd, since: Timestamp) {
        if let StepPhase::Due { cause, .. } = self.phase {
            self.begin_on(target, cause);
        }
        self.attempt = attempt;
        self.phase = StepPhase::InFlight { target, reserved, since };
    }

    fn begin_on(&mut self, target: u8, cause: Cause) {
        match cause {
            Cause::Failover | Cause::NewSeries | Cause::First => {
                self.on_target = 0;
                self.reasks = 0;
            }
            Cause::Reask => self.reasks = self.reasks.saturating_add(1),
            Cause::Retry | Cause::Interrupted => {}
        }
        if cause == Cause::NewSeries {
            self.counted = 0;
            self.given_up = 0;
        }
        debug_assert!(target < 8, "routes have at most three targets");
    }

    /// Records that the attempt in flight failed with `class`.
    pub fn fail(&mut self, class: FailureClass) {
        let StepPhase::InFlight { target, .. } = self.phase else { return };
        self.counted = self.counted.saturating_add(1);
        self.on_target = self.on_target.saturating_add(1);
        match class.kind() {
            FailureKind::OtherTarget => self.given_up |= 1 << target,
            FailureKind::Poison => self.poison = self.poison.saturating_add(1),
            FailureKind::Transient | FailureKind::AskAgain => {}
        }
        self.phase = StepPhase::Due { cause: Cause::Retry, target, not_before: None, wrong: None };
    }

    /// Records that the end of the process interrupted the attempt in flight.
    pub fn interrupt(&mut self, alone: bool) {
        let StepPhase::InFlight { target, .. } = self.phase else { return };
        self.interruptions = self.interruptions.saturating_add(1);
        if alone {
            self.poison = self.poison.saturating_add(1);
        }
        self.phase = StepPhase::Due { cause: Cause::Interrupted, target, not_before: None, wrong: None };
    }

    /// What follows after [`Self::fail`] with `class` on a route of `targets`.
    pub fn after_failure(&self, class: FailureClass, targets: u8, rules: &RetryRules, retry: &RetryAdvice) -> Next {
        let StepPhase::Due { target, .. } = self.phase else { return Next::GiveUp };
        if self.poison >= rules.poison_max {
            return Next::Quarantine;
        }
        if self.counted >= rules.attempts_max {
            return Next::GiveUp;
        }
        match class.kind() {
            FailureKind::AskAgain if self.reasks == 0 => Next::Again { cause: Cause::Reask, target, not_before: None },
            FailureKind::AskAgain | FailureKind::OtherTarget => self.failover(target, targets),
            FailureKind::Poison => Next::Again { cause: Cause::Retry, target, not_before: None },
            FailureKind::Transient => self.after_transient(class, target, targets, rules, retry),
        }
    }

    fn after_transient(
        &self,
        class: FailureClass,
        target: u8,
        targets: u8,
        rules: &RetryRules,
        retry: &RetryAdvice,
    ) -> Next {
        // An answer that broke off is answered at once by the next target: waiting would not mend it.
        let broken_off = class == FailureClass::Truncated && targets > 1;
        if self.on_target >= rules.attempts_on_target_max || broken_off {
            return self.failover(target, targets);
        }
        let not_before = retry.not_before(self.on_target, rules.backoff_base);
        Next::Again { cause: Cause::Retry, target, not_before: Some(not_before) }
    }

    /// What follows after [`Self::interrupt`].
    pub fn after_interruption(&self, rules: &RetryRules) -> Next {
        let StepPhase::Due { target, .. } = self.phase else { return Next::GiveUp };
        if self.poison >= rules.poison_max {
            return Next::Quarantine;
        }
        Next::Again { cause: Cause::Interrupted, target, not_before: None }
    }

    fn failover(&self, failed: u8, targets: u8) -> Next {
        (1..targets)
            .map(|offset| (failed + offset) % targets)
            .find(|target| *target > failed && self.given_up & (1 << target) == 0)
            .map_or(Next::GiveUp, |target| Next::Again { cause: Cause::Failover, target, not_before: None })
    }
}

/// Time and chance for the next retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAdvice {
    /// When the failure was recorded.
    pub now: Timestamp,
    /// Randomness of the input.
    pub entropy: u64,
    /// What the provider asked for; it wins over the back-off.
    pub retry_after: Option<Millis>,
}

impl RetryAdvice {
    /// Full jitter under a doubling ceiling; `failures` is 1 after the first failure.
    fn not_before(&self, failures: u8, base: Millis) -> Timestamp {
        if let Some(wait) = self.retry_after {
            return self.now + wait;
        }
        let ceiling = base.0.saturating_mul(1 << u32::from(failures.saturating_sub(1)).min(20));
        let span = u128::from(self.entropy) * u128::from(ceiling + 1) >> 64;
        self.now + Millis(u64::try_from(span).unwrap_or(ceiling))
    }
}
