//! Waits between attempts. Chance is a number that the caller brings.

use crate::limits::TARGET_ATTEMPTS_MAX;
use crate::time::{Millis, Timestamp};

/// Ceilings that double.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first retry.
    pub base: Millis,
    /// No ceiling is higher.
    pub cap: Millis,
    /// Retries; attempts are one more.
    pub retries_max: u8,
}

impl Default for Backoff {
    /// 1, 2, 4, 8, 16 s.
    fn default() -> Self {
        Self { base: Millis(1_000), cap: Millis(16_000), retries_max: TARGET_ATTEMPTS_MAX - 1 }
    }
}

impl Backoff {
    /// The ceiling of retry `retry`, from 1; `None` where no such retry is left.
    pub fn ceiling(&self, retry: u8) -> Option<Millis> {
        if retry == 0 || retry > self.retries_max {
            return None;
        }
        let factor = 1_u64.checked_shl(u32::from(retry) - 1).unwrap_or(u64::MAX);
        Some(Millis(self.base.0.saturating_mul(factor)).min(self.cap))
    }

    /// A wait from nothing to the ceiling of retry `retry`, each millisecond as likely.
    pub fn wait(&self, retry: u8, entropy: u64) -> Option<Millis> {
        self.ceiling(retry).map(|ceiling| full_jitter(ceiling, entropy))
    }
}

/// `0 ..= ceiling`, spread evenly over the entropy.
fn full_jitter(ceiling: Millis, entropy: u64) -> Millis {
    let places = u128::from(ceiling.0) + 1;
    Millis(u64::try_from((u128::from(entropy) * places) >> 64).unwrap_or(ceiling.0))
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
    /// When nobody wants the answer any more.
    pub deadline: Option<Timestamp>,
}

impl RetryAdvice {
    /// When retry `retry`, from 1, may start. `None`: no such retry is left, or it would be at or past the deadline.
    pub fn not_before(&self, backoff: &Backoff, retry: u8) -> Option<Timestamp> {
        let wait = backoff.wait(retry, self.entropy)?;
        let at = self.now + self.retry_after.unwrap_or(wait);
        self.deadline.is_none_or(|deadline| at < deadline).then_some(at)
    }
}
