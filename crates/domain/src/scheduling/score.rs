//! The score of an agent in micro-points: exact but for the division of load by slots, which is cut.

use crate::stats::AgentStats;

/// Millionths of a point; lower wins. At most 400 points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(pub u32);

/// A load of one whole agent weighs 200 points: utilisation in per cent × 2.
const FULL_LOAD_MICRO_POINTS: u64 = 200_000_000;
/// A success rate of nothing weighs 100 points, so one part per million weighs 100 micro-points.
const PER_MISSING_PPM_MICRO_POINTS: u64 = 100;
/// Ten milliseconds weigh one point, so one microsecond weighs 100 micro-points.
const PER_MICROSECOND_MICRO_POINTS: u64 = 100;
/// The most that a response time weighs: slow models must not drown load.
const RESPONSE_MICRO_POINTS_MAX: u64 = 100_000_000;

/// `utilisation% × 2 + (1 − success rate) × 100 + min(average ms ÷ 10, 100)`. An agent without slots
/// counts as full.
pub fn score(load: u16, slots: u16, stats: &AgentStats) -> Score {
    let utilisation = u64::from(load.min(slots)) * FULL_LOAD_MICRO_POINTS;
    let utilisation = utilisation.checked_div(u64::from(slots)).unwrap_or(FULL_LOAD_MICRO_POINTS);
    let missing = 1_000_000_u64.saturating_sub(u64::from(stats.success_ppm)) * PER_MISSING_PPM_MICRO_POINTS;
    let response = stats.response_micros.saturating_mul(PER_MICROSECOND_MICRO_POINTS);
    let sum = utilisation + missing + response.min(RESPONSE_MICRO_POINTS_MAX);
    Score(u32::try_from(sum).unwrap_or(u32::MAX))
}
