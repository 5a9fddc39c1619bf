//! Active time: it runs only while an attempt is in flight, so that waits, queues and time without a
//! process never count against a deadline.

use minicbor::{Decode, Encode};

use crate::time::{Millis, Timestamp};

/// What is left of an allowance of active time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Clock {
    #[n(0)]
    remaining: Millis,
    #[n(1)]
    in_flight: u16,
    #[n(2)]
    since: Timestamp,
}

impl Clock {
    /// A stopped clock with this allowance.
    pub const fn with(allowance: Millis) -> Self {
        Self { remaining: allowance, in_flight: 0, since: Timestamp::from_millis(0) }
    }

    /// An attempt started.
    pub fn start(&mut self, at: Timestamp) {
        if self.in_flight == 0 {
            self.since = at;
        }
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// An attempt ended.
    pub fn stop(&mut self, at: Timestamp) {
        if self.in_flight == 1 {
            self.remaining = self.remaining.saturating_sub(at.since(self.since));
        }
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The process came back at `at` and was last seen at `last_seen`: the time between does not count.
    pub fn shift(&mut self, last_seen: Timestamp, at: Timestamp) {
        if self.in_flight > 0 {
            let counted = last_seen.since(self.since);
            self.remaining = self.remaining.saturating_sub(counted);
            self.since = at;
        }
    }

    /// When the allowance will be used up; `None` while the clock stands.
    pub fn expires_at(&self) -> Option<Timestamp> {
        (self.in_flight > 0).then(|| self.since + self.remaining)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn expired(clock: &Clock, at: Timestamp) -> bool {
        clock.expires_at().map_or(clock.remaining == Millis(0), |due| due <= at)
    }

    #[test]
    fn only_time_in_flight_counts() {
        let mut clock = Clock::with(Millis(100));
        assert_eq!(clock.expires_at(), None);
        clock.start(at(1_000));
        clock.start(at(1_010));
        clock.stop(at(1_020));
        assert_eq!(clock.expires_at(), Some(at(1_100)));
        clock.stop(at(1_060));
        assert_eq!(clock.expires_at(), None);
        clock.start(at(9_000));
        assert_eq!(clock.expires_at(), Some(at(9_040)));
        assert!(!expired(&clock, at(9_039)));
        assert!(expired(&clock, at(9_040)));
    }

    #[test]
    fn time_without_a_process_does_not_count() {
        let mut clock = Clock::with(Millis(100));
        clock.start(at(0));
        clock.shift(at(30), at(5_000));
        assert_eq!(clock.expires_at(), Some(at(5_070)));
    }

    #[test]
    fn a_standing_clock_is_not_moved_by_a_recovery() {
        let mut clock = Clock::with(Millis(100));
        clock.shift(at(30), at(5_000));
        assert_eq!(clock, Clock::with(Millis(100)));
        clock.start(at(6_000));
        assert_eq!(clock.expires_at(), Some(at(6_100)));
    }

    #[test]
    fn a_sign_of_life_from_before_the_start_counts_nothing() {
        let mut clock = Clock::with(Millis(100));
        clock.start(at(1_000));
        clock.shift(at(500), at(9_000));
        assert_eq!(clock.expires_at(), Some(at(9_100)));
    }

    #[test]
    fn what_is_used_up_stays_used_up() {
        let mut clock = Clock::with(Millis(100));
        clock.start(at(0));
        clock.stop(at(250));
        assert!(expired(&clock, at(250)));
        clock.start(at(9_000));
        assert_eq!(clock.expires_at(), Some(at(9_000)), "the next attempt is late at once");
    }

    #[test]
    fn a_stop_too_many_changes_nothing() {
        let mut clock = Clock::with(Millis(100));
        clock.start(at(0));
        clock.stop(at(10));
        clock.stop(at(500));
        assert!(!expired(&clock, at(1_000)));
        clock.start(at(1_000));
        assert_eq!(clock.expires_at(), Some(at(1_090)));
    }
}
