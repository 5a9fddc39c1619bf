//! A bucket that fills evenly. Levels are kept in units × 60,000, so that a rate per minute adds a whole
//! number each millisecond.

use divisi_domain::time::{Millis, Timestamp};

const MILLIS_PER_MINUTE: i64 = 60_000;
/// The part of a minute's allowance that may go at once.
const BURST_PER_MINUTE: i64 = 10;

/// Admits at most `burst + rate × t` units within any time t. Burst and rate are chosen so that within
/// any minute that is at most the allowance, as long as no single take is larger than the burst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    per_minute: i64,
    level: i64,
    at: Timestamp,
}

impl Bucket {
    pub(super) fn full(per_minute: u32, at: Timestamp) -> Self {
        let mut bucket = Self { per_minute: i64::from(per_minute.max(1)), level: 0, at };
        bucket.level = bucket.top();
        bucket
    }

    /// Units that may go at once.
    pub(super) fn burst(&self) -> i64 {
        (self.per_minute / BURST_PER_MINUTE).max(1)
    }

    /// Units per minute that come back.
    pub(super) fn rate(&self) -> i64 {
        self.per_minute - self.burst() + 1
    }

    fn top(&self) -> i64 {
        self.burst() * MILLIS_PER_MINUTE
    }

    pub(super) fn set_rate(&mut self, per_minute: u32) {
        self.per_minute = i64::from(per_minute.max(1));
        self.level = self.level.min(self.top());
    }

    /// A clock that goes back adds nothing.
    pub(super) fn refill(&mut self, now: Timestamp) {
        let passed = i64::try_from(now.since(self.at).0).unwrap_or(i64::MAX);
        self.level = self.level.saturating_add(passed.saturating_mul(self.rate())).min(self.top());
        self.at = self.at.max(now);
    }

    /// What a call of this size takes: never more than a minute's allowance, for an upper bound is often
    /// far above the real use.
    pub(super) fn charge(&self, units: u64) -> u64 {
        units.min(self.per_minute.unsigned_abs())
    }

    /// When `units` could be taken after `ahead` others were. More than a burst needs a full bucket and
    /// leaves a debt.
    pub(super) fn ready_at(&self, now: Timestamp, ahead: u64, units: u64) -> Timestamp {
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        let units = i64::try_from(units).unwrap_or(i64::MAX).min(self.burst());
        let needed = ahead.saturating_add(units).saturating_mul(MILLIS_PER_MINUTE);
        let missing = needed.saturating_sub(self.level).max(0).unsigned_abs();
        now + Millis(missing.div_ceil(self.rate().unsigned_abs()))
    }

    pub(super) fn take(&mut self, units: u64) {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        self.level = self.level.saturating_sub(units.saturating_mul(MILLIS_PER_MINUTE));
    }

    pub(super) fn give_back(&mut self, reserved: u64, used: u64) {
        let whole = |units: u64| i64::try_from(units).unwrap_or(i64::MAX).saturating_mul(MILLIS_PER_MINUTE);
        self.level = self.level.saturating_add(whole(reserved)).saturating_sub(whole(used)).min(self.top());
    }
}
