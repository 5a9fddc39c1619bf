//! How close a budget is to its cap (spec/formulas.md, `budget_levels`).

use minicbor::{Decode, Encode};

use crate::money::MicroUsd;

/// How close a budget is to its cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Level {
    /// Under half.
    #[n(0)]
    Healthy,
    /// From 50 per cent.
    #[n(1)]
    Warning,
    /// From 80 per cent.
    #[n(2)]
    Critical,
    /// From 95 per cent.
    #[n(3)]
    NearLimit,
    /// From 100 per cent.
    #[n(4)]
    Depleted,
}

impl Level {
    /// The name in API and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::NearLimit => "near_limit",
            Self::Depleted => "depleted",
        }
    }
}

/// The level of `used` under `cap`. A cap of nothing is depleted.
pub fn level(used: MicroUsd, cap: MicroUsd) -> Level {
    let reaches = |percent: u128| u128::from(used.0) * 100 >= u128::from(cap.0) * percent;
    let boundaries =
        [(100, Level::Depleted), (95, Level::NearLimit), (80, Level::Critical), (50, Level::Warning)];
    boundaries.into_iter().find(|&(percent, _)| reaches(percent)).map_or(Level::Healthy, |(_, level)| level)
}
