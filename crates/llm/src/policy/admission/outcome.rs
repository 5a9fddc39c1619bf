//! What a call came to, told back to the policy.

use divisi_domain::model_step::FailureClass;
use divisi_domain::time::{Millis, Timestamp};

use super::ask::Admitted;
use super::gateway::Gateway;
use crate::policy::routes::TargetKey;

/// The pause after a 429 that does not say how long.
const RATE_LIMITED_PAUSE: Millis = Millis(1_000);

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// It was answered.
    Answered {
        /// All tokens, where the provider counted them.
        tokens: Option<u64>,
    },
    /// It was not.
    Failed {
        /// Why.
        class: FailureClass,
        /// How long the provider asks to be left alone.
        retry_after: Option<Millis>,
        /// All tokens, where the provider counted them.
        tokens: Option<u64>,
    },
    /// It was cut by us: cancelled, or the process ends.
    Cancelled,
    /// It was admitted and never sent.
    NotSent,
}

impl Gateway {
    /// Settles a call that was admitted: its tokens, its circuit, and the pause that a provider asks for.
    /// A call whose tokens nobody counted keeps all that was set aside for it.
    pub fn settle(&mut self, now: Timestamp, admitted: &Admitted, outcome: CallOutcome) {
        let account = admitted.target.account();
        if let Some(flying) = self.flying.get_mut(&account) {
            *flying = flying.saturating_sub(1);
        }
        if outcome == CallOutcome::NotSent
            && let Some(retries) = self.retries.get_mut(&admitted.target.target_key())
        {
            retries.undo(admitted.retry);
        }
        let breaker = self.breakers.entry(admitted.target.target_key()).or_default();
        match outcome {
            CallOutcome::Answered { .. } => breaker.succeeded(admitted.permit),
            CallOutcome::Failed { class, .. } => breaker.failed(admitted.permit, admitted.step, class, now),
            CallOutcome::Cancelled | CallOutcome::NotSent => breaker.abandoned(admitted.permit),
        }
        let Some(limiter) = self.limiters.get_mut(&account) else { return };
        match outcome {
            CallOutcome::NotSent => limiter.undo(now, admitted.at, admitted.tokens),
            CallOutcome::Cancelled => {}
            CallOutcome::Answered { tokens } | CallOutcome::Failed { tokens, .. } => {
                limiter.settle(now, admitted.at, admitted.tokens, tokens.unwrap_or(admitted.tokens));
            }
        }
        if let CallOutcome::Failed { class: FailureClass::RateLimited, retry_after, .. } = outcome {
            limiter.pause(now + retry_after.unwrap_or(RATE_LIMITED_PAUSE));
        }
    }

    /// Planted: the probe of a circuit that is half open is forgotten.
    #[cfg(feature = "planted")]
    pub fn forget_probe(&mut self, target: &TargetKey) {
        if let Some(breaker) = self.breakers.get_mut(target) {
            breaker.forget_probe();
        }
    }

    /// A provider used more than it was sent as a limit (`reservation_exceeded`): under caps its model is not asked any more.
    pub fn stop_under_caps(&mut self, target: TargetKey) {
        self.stopped_under_caps.insert(target);
    }
}
