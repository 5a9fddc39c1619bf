//! Money: integer micro-USD. Prices are integer micro-USD per million tokens; a call's cost rounds up once.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// An amount in millionths of a US dollar.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct MicroUsd(#[n(0)] pub u64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` where it does not fit: an amount never wraps.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// This amount less `other`, never below zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for MicroUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for MicroUsd {
    /// Dollars with at least two and at most six decimals: `$0.50`, `$0.000012`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:06}", self.0 % 1_000_000);
        let kept = digits.trim_end_matches('0').len().max(2);
        write!(f, "${}.{}", self.0 / 1_000_000, &digits[..kept])
    }
}

/// What a model costs, in micro-USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, Serialize, Deserialize)]
pub struct Price {
    /// Per million input tokens.
    #[n(0)]
    pub input_per_million: u64,
    /// Per million output tokens, reasoning included.
    #[n(1)]
    pub output_per_million: u64,
    /// Per million input tokens that the provider read from its own cache.
    #[n(2)]
    pub cached_per_million: u64,
}

/// Tokens of one call, as the provider counted them or as we estimated them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens, those from the provider's cache included.
    #[n(0)]
    pub input_tokens: u64,
    /// All output tokens, reasoning included.
    #[n(1)]
    pub output_tokens: u64,
    /// The part of `input_tokens` that came from the provider's cache.
    #[n(2)]
    pub cached_tokens: u64,
    /// The part of `output_tokens` that was reasoning.
    #[n(3)]
    pub reasoning_tokens: u64,
}

impl Price {
    /// The cost of `usage`, rounded up once to a whole micro-USD.
    pub fn cost(&self, usage: &Usage) -> MicroUsd {
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let fresh = usage.input_tokens - cached;
        let total = u128::from(fresh) * u128::from(self.input_per_million)
            + u128::from(cached) * u128::from(self.cached_per_million)
            + u128::from(usage.output_tokens) * u128::from(self.output_per_million);
        MicroUsd(u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_rounds_up_once() {
        let price = Price { input_per_million: 1, output_per_million: 1, cached_per_million: 0 };
        let usage = Usage { input_tokens: 400_000, output_tokens: 700_000, ..Usage::default() };
        assert_eq!(price.cost(&usage), MicroUsd(2));
        assert_eq!(price.cost(&Usage::default()), MicroUsd::ZERO);
    }

    #[test]
    fn dollars_read_well() {
        let shown: Vec<String> =
            [0, 12, 500_000, 1_234_567].iter().map(|&micro| MicroUsd(micro).to_string()).collect();
        assert_eq!(shown, ["$0.00", "$0.000012", "$0.50", "$1.234567"]);
    }
}
