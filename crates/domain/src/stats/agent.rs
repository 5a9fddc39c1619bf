//! How well and how fast an agent worked lately: exponentially weighted with α = 0.1.

use minicbor::{Decode, Encode};

use crate::time::Millis;

/// Success rate of an agent without outcomes, in parts per million: .95.
pub const SUCCESS_PPM_START: u32 = 950_000;
/// Response time of an agent without outcomes, in microseconds: 100 ms.
pub const RESPONSE_MICROS_START: u64 = 100_000;
/// A response time counts as at most this: one that hung for a week must not outweigh all others.
const RESPONSE_MICROS_MAX: u64 = 86_400_000_000;

/// How one run of an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Outcome {
    /// It brought a solution.
    #[n(0)]
    pub success: bool,
    /// From its start to its end.
    #[n(1)]
    pub response: Millis,
}

/// The statistics of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AgentStats {
    /// Weighted success rate in parts per million.
    #[n(0)]
    pub success_ppm: u32,
    /// Weighted response time in microseconds.
    #[n(1)]
    pub response_micros: u64,
    /// Outcomes counted.
    #[n(2)]
    pub outcomes: u64,
}

impl Default for AgentStats {
    fn default() -> Self {
        Self { success_ppm: SUCCESS_PPM_START, response_micros: RESPONSE_MICROS_START, outcomes: 0 }
    }
}

impl AgentStats {
    /// The statistics after one more outcome.
    #[must_use]
    pub fn after(self, outcome: Outcome) -> Self {
        let success = if outcome.success { 1_000_000 } else { 0 };
        let micros = outcome.response.0.saturating_mul(1_000).min(RESPONSE_MICROS_MAX);
        let success_ppm = ewma(u64::from(self.success_ppm), success);
        Self {
            success_ppm: u32::try_from(success_ppm).unwrap_or(1_000_000),
            response_micros: ewma(self.response_micros, micros),
            outcomes: self.outcomes.saturating_add(1),
        }
    }
}

/// `0.9 × old + 0.1 × new`, rounded half up; numbers that no outcome makes do not overflow either.
const fn ewma(old: u64, new: u64) -> u64 {
    old.saturating_mul(9).saturating_add(new).saturating_add(5) / 10
}
