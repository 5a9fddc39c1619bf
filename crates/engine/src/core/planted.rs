//! Bugs that tests plant to see that they are caught. Compiled with the feature `planted` only, and chosen at run time.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_llm::policy::routes::RouteTarget;
use divisi_llm::policy::{Admitted as Call, CallOutcome, RateLimits};

use super::NewTask;

/// A planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Planted {
    /// Callers are told before the commit is durable.
    AckBeforeCommit,
    /// Attempts are performed before their start is durable.
    PerformBeforeCommit,
    /// A commit whose answer was lost counts as durable without being repeated.
    ReuseLostResult,
    /// An attempt's cost is booked twice in the workspace's account.
    DoubleSettle,
    /// Nobody is woken when room is made.
    LostWakeUp,
    /// The slot of an attempt is not given back when it ends.
    LeakedSlot,
    /// Next to nothing is reserved for a call.
    ReserveTooLittle,
    /// What a provider allows in a minute is given back with each call.
    LimitForgotten,
    /// A call that ended frees two places at its provider.
    PlaceFreedTwice,
    /// No failure opens a circuit.
    BreakerBlind,
    /// Nobody rests after a 429.
    PauseIgnored,
    /// A model that exceeded its reservation is called under caps all the same.
    ExcessForgiven,
    /// A circuit that is half open lets a second probe through beside the first.
    TwoProbes,
    /// A step is tried a ninth time.
    NinthAttempt,
    /// A route goes on to a fourth target.
    FourthTarget,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AckBeforeCommit,
        Self::PerformBeforeCommit,
        Self::ReuseLostResult,
        Self::DoubleSettle,
        Self::LostWakeUp,
        Self::LeakedSlot,
    ];

    /// Those of the gateway: histories that watch it must catch each.
    pub const GATEWAY: [Self; 11] = [
        Self::DoubleSettle,
        Self::ReuseLostResult,
        Self::ReserveTooLittle,
        Self::LimitForgotten,
        Self::PlaceFreedTwice,
        Self::BreakerBlind,
        Self::PauseIgnored,
        Self::ExcessForgiven,
        Self::TwoProbes,
        Self::NinthAttempt,
        Self::FourthTarget,
    ];
}

impl super::Core {
    /// What a call that may cost `reserved` is reserved.
    pub(super) fn spoilt_reservation(&self, reserved: MicroUsd) -> MicroUsd {
        if self.planted == Some(Planted::ReserveTooLittle) { MicroUsd(1) } else { reserved }
    }

    /// What the gateway is told of a call that ended.
    pub(super) fn spoilt_outcome(&mut self, call: &Call, outcome: CallOutcome) -> CallOutcome {
        let failed = |outcome| match outcome {
            CallOutcome::Failed { class, .. } => Some(class),
            CallOutcome::Answered { .. } | CallOutcome::Cancelled | CallOutcome::NotSent => None,
        };
        match self.planted {
            Some(Planted::BreakerBlind)
                if failed(outcome).is_some_and(|class| class != FailureClass::RateLimited) =>
            {
                CallOutcome::Answered { tokens: None }
            }
            Some(Planted::PauseIgnored) if failed(outcome) == Some(FailureClass::RateLimited) => {
                CallOutcome::Cancelled
            }
            Some(Planted::PlaceFreedTwice) => {
                self.calls.gateway.settle(self.now, call, CallOutcome::Cancelled);
                outcome
            }
            Some(Planted::LimitForgotten) => {
                let (provider, key) = call.target.account();
                let limits = RateLimits { requests_per_minute: None, ..self.limits_of(&provider, &key) };
                self.calls.gateway.set_limits(provider, key, limits, self.now);
                outcome
            }
            _ => outcome,
        }
    }

    /// A call has been let through.
    pub(super) fn spoilt_circuit(&mut self, call: &Call) {
        if self.planted == Some(Planted::TwoProbes) {
            self.calls.gateway.forget_probe(&call.target.target_key());
        }
    }

    /// What is submitted.
    pub(super) fn spoilt_submission(&self, mut new: NewTask) -> NewTask {
        if self.planted == Some(Planted::NinthAttempt) {
            new.submission.policy.limits.wire_attempts_max += 1;
        }
        new
    }

    /// The targets of a call: a model that is known here and not in the route comes after the others.
    pub(super) fn spoilt_route(&self, route: &mut Vec<RouteTarget>) {
        if self.planted != Some(Planted::FourthTarget) {
            return;
        }
        let foreign =
            self.terms.models().find(|(provider, ..)| !route.iter().any(|at| at.provider == **provider));
        let fourth = foreign.and_then(|(provider, model, _)| self.terms.target(provider, model));
        route.extend(fourth);
    }

    fn limits_of(&self, provider: &Name, key: &Name) -> RateLimits {
        self.terms.limits().get(&(provider.clone(), key.clone())).copied().unwrap_or_default()
    }
}
