//! A bucket that fills evenly. Levels are kept in units × 60,000, so that a rate per minute adds a whole
//! number each millisecond.

use std::collections::VecDeque;

use divisi_domain::time::{Millis, Timestamp};

const MILLIS_PER_MINUTE: i64 = 60_000;
/// The part of a minute's allowance that may go at once.
const BURST_PER_MINUTE: i64 = 10;

/// Levels that are remembered.
const PEAKS_MAX: usize = 1_024;

/// Admits at most `burst + rate × t` units within any time t. Burst and rate are chosen so that within
/// any minute that is at most the allowance, as long as no single take is larger than the burst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    per_minute: i64,
    level: i64,
    at: Timestamp,
    /// The highest levels, each higher than all that came later.
    peaks: VecDeque<(Timestamp, i64)>,
    /// From when on they are known.
    known_since: Timestamp,
}

impl Bucket {
    pub(super) fn full(per_minute: u32, at: Timestamp) -> Self {
        let (peaks, known_since) = (VecDeque::new(), at);
        let mut bucket = Self { per_minute: i64::from(per_minute.max(1)), level: 0, at, peaks, known_since };
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
        if self.per_minute == i64::from(per_minute.max(1)) {
            return;
        }
        self.per_minute = i64::from(per_minute.max(1));
        self.level = self.level.min(self.top());
        self.peaks.clear();
        self.known_since = self.at;
    }

    /// A clock that goes back adds nothing.
    pub(super) fn refill(&mut self, now: Timestamp) {
        let passed = i64::try_from(now.since(self.at).0).unwrap_or(i64::MAX);
        self.level = self.level.saturating_add(passed.saturating_mul(self.rate())).min(self.top());
        self.at = self.at.max(now);
        while self.peaks.back().is_some_and(|(_, level)| *level <= self.level) {
            self.peaks.pop_back();
        }
        self.peaks.push_back((self.at, self.level));
        if self.peaks.len() > PEAKS_MAX
            && let Some((gone, _)) = self.peaks.pop_front()
        {
            self.known_since = gone;
        }
    }

    /// The highest level after `taken`.
    fn peak_after(&self, taken: Timestamp) -> i64 {
        if taken < self.known_since {
            return self.top();
        }
        let later = self.peaks.iter().find(|(at, _)| *at > taken);
        later.map_or(self.level, |(_, level)| self.level.max(*level))
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

    /// Returns what a take at `taken` did not use. What would have run over since then, had it not been taken, is lost:
    /// else it would be there a second time.
    pub(super) fn give_back(&mut self, taken: Timestamp, reserved: u64, used: u64) {
        let whole = |units: u64| i64::try_from(units).unwrap_or(i64::MAX).saturating_mul(MILLIS_PER_MINUTE);
        let room = self.top().saturating_sub(self.peak_after(taken)).max(0);
        let back = whole(reserved).saturating_sub(whole(used)).min(room);
        self.level = self.level.saturating_add(back).min(self.top());
        let top = self.top();
        for (_, level) in self.peaks.iter_mut().filter(|(at, _)| *at > taken) {
            *level = level.saturating_add(back.max(0)).min(top);
        }
    }
}
