//! Exact decimals: what is compared is what was written.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

const MICROS: i64 = 1_000_000;
const PLACES_MAX: usize = 6;

/// A number with six decimal places, kept in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Decimal(#[n(0)] i64);

/// A text that is no [`Decimal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a number that can be compared exactly: use digits, a point and at most six decimals, such as 0.75"
)]
pub struct InvalidDecimal(String);

impl Decimal {
    /// From millionths.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The millionths.
    pub const fn micros(self) -> i64 {
        self.0
    }
}

impl From<u32> for Decimal {
    fn from(whole: u32) -> Self {
        Self(i64::from(whole) * MICROS)
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self).ok_or_else(|| InvalidDecimal(text.chars().take(40).collect()))
    }
}

fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let places = if places.len() > 1 { places.trim_end_matches('0') } else { places };
    if !plain(whole) || !(plain(places) || places.is_empty() && digits.ends_with('0')) {
        return None;
    }
    if places.len() > PLACES_MAX {
        return None;
    }
    let micros: i64 = format!("{places:0<PLACES_MAX$}").parse().ok()?;
    let value = whole.parse::<i64>().ok()?.checked_mul(MICROS)?.checked_add(micros)?;
    Some(if negative { -value } else { value })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let (whole, places) = (micros / MICROS.unsigned_abs(), micros % MICROS.unsigned_abs());
        let places = format!("{places:06}");
        match places.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            kept => write!(f, "{sign}{whole}.{kept}"),
        }
    }
}
