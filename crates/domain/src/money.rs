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
    /// Per million input tokens that the provider wrote to its own cache; they cost no less than other input, whatever stands
    /// here.
    #[n(3)]
    #[cbor(default, skip_if = "is_zero")]
    #[serde(default)]
    pub cache_write_per_million: u64,
}

/// Tokens of one call, as the provider counted them or as we estimated them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens, those that the provider read from its cache or wrote to it included.
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
    /// The part of `input_tokens` that was written to the provider's cache; none of it came from there.
    #[n(4)]
    #[cbor(default, skip_if = "is_zero")]
    #[serde(default)]
    pub cache_write_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Price {
    /// The cost of `usage`, rounded up once to a whole micro-USD.
    pub fn cost(&self, usage: &Usage) -> MicroUsd {
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let fresh = usage.input_tokens - cached - written;
        let total = u128::from(fresh) * u128::from(self.input_per_million)
            + u128::from(cached) * u128::from(self.cached_per_million)
            + u128::from(written) * u128::from(self.written_per_million())
            + u128::from(usage.output_tokens) * u128::from(self.output_per_million);
        MicroUsd(u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// The most that a million input tokens may cost, whatever the provider's cache does with them.
    pub fn dearest_input_per_million(&self) -> u64 {
        self.written_per_million().max(self.cached_per_million)
    }

    fn written_per_million(&self) -> u64 {
        self.cache_write_per_million.max(self.input_per_million)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_rounds_up_once() {
        let price = Price { input_per_million: 1, output_per_million: 1, ..Price::default() };
        let usage = Usage { input_tokens: 400_000, output_tokens: 700_000, ..Usage::default() };
        assert_eq!(price.cost(&usage), MicroUsd(2));
        assert_eq!(price.cost(&Usage::default()), MicroUsd::ZERO);
    }

    #[test]
    fn what_is_written_to_a_cache_has_its_own_price() {
        let price = |cache_write_per_million| Price {
            input_per_million: 1_000_000,
            output_per_million: 5_000_000,
            cached_per_million: 100_000,
            cache_write_per_million,
        };
        let usage = |input_tokens, cached_tokens, cache_write_tokens| Usage {
            input_tokens,
            cached_tokens,
            cache_write_tokens,
            ..Usage::default()
        };
        let rows = [
            // 300 as they are, 500 read at a tenth, 200 written at five quarters.
            (1_250_000, usage(1_000, 500, 200), 300 + 50 + 250),
            // A price that nobody gave is that of input.
            (0, usage(1_000, 500, 200), 300 + 50 + 200),
            // Parts that are larger than the whole are cut to it.
            (1_250_000, usage(100, 60, 90), 6 + 50),
            (1_250_000, usage(100, 200, 90), 10),
        ];
        for (written, usage, cost) in rows {
            assert_eq!(price(written).cost(&usage), MicroUsd(cost), "{usage:?}");
        }
    }

    #[test]
    fn what_was_recorded_before_there_was_writing_is_read_and_written_the_same() {
        let old = [0x84, 0x18, 100, 20, 10, 5];
        let usage: Usage = minicbor::decode(&old).unwrap();
        assert_eq!((usage.input_tokens, usage.cache_write_tokens), (100, 0));
        assert_eq!(minicbor::to_vec(usage).unwrap(), old);
        let new = Usage { cache_write_tokens: 7, ..usage };
        assert_eq!(minicbor::decode::<Usage>(&minicbor::to_vec(new).unwrap()).unwrap(), new);
        let told: Usage = serde_json::from_str(
            r#"{"input_tokens": 1, "output_tokens": 2, "cached_tokens": 0, "reasoning_tokens": 0}"#,
        )
        .unwrap();
        assert_eq!(told.cache_write_tokens, 0);
    }

    #[test]
    fn dollars_read_well() {
        let shown: Vec<String> =
            [0, 12, 500_000, 1_234_567].iter().map(|&micro| MicroUsd(micro).to_string()).collect();
        assert_eq!(shown, ["$0.00", "$0.000012", "$0.50", "$1.234567"]);
    }
}
