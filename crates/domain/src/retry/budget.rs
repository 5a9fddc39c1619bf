//! How many retries a target is spared: a tenth of its calls, at least ten a minute. It keeps a target
//! that is down from being asked six times as often as one that is up.

use crate::time::{Millis, Timestamp};

/// Calls are counted over the last minute, in seconds.
const WINDOW_SECONDS: usize = 60;
/// Retries of a minute that are always allowed.
const RETRIES_PER_MINUTE_MIN: u64 = 10;
/// One retry for each so many calls.
const CALLS_PER_RETRY: u64 = 10;

/// No retry is left for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The retry budget of this target is spent for the next {} ms.", wait.0)]
pub struct BudgetSpent {
    /// After this long the oldest retry counted leaves the window.
    pub wait: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Second {
    calls: u32,
    retries: u32,
}

/// The retry budget of one target. Retries are calls too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryBudget {
    seconds: [Second; WINDOW_SECONDS],
    /// The second that was counted last, since the epoch.
    latest: i64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { seconds: [Second::default(); WINDOW_SECONDS], latest: 0 }
    }
}

impl RetryBudget {
    /// Counts a first call.
    pub fn call(&mut self, now: Timestamp) {
        let second = self.second(now);
        second.calls = second.calls.saturating_add(1);
    }

    /// Whether a retry is left; counts nothing.
    pub fn check(&mut self, now: Timestamp) -> Result<(), BudgetSpent> {
        self.advance(now);
        let (calls, retries) = self.totals();
        if retries >= (calls / CALLS_PER_RETRY).max(RETRIES_PER_MINUTE_MIN) {
            return Err(BudgetSpent { wait: self.until_one_leaves(now) });
        }
        Ok(())
    }

    /// Counts a retry if one is left.
    pub fn retry(&mut self, now: Timestamp) -> Result<(), BudgetSpent> {
        self.check(now)?;
        let second = self.second(now);
        second.calls = second.calls.saturating_add(1);
        second.retries = second.retries.saturating_add(1);
        Ok(())
    }

    /// Takes back the latest call counted, which never went.
    pub fn undo(&mut self, retry: bool) {
        let counted = |second: &Second| second.calls > 0 && (!retry || second.retries > 0);
        let newest = self.window().find(|at| counted(&self.seconds[place(*at)]));
        if let Some(at) = newest {
            let second = &mut self.seconds[place(at)];
            second.calls -= 1;
            second.retries -= u32::from(retry);
        }
    }

    fn totals(&self) -> (u64, u64) {
        let sum = |of: fn(&Second) -> u32| self.seconds.iter().map(|second| u64::from(of(second))).sum();
        (sum(|second| second.calls), sum(|second| second.retries))
    }

    fn second(&mut self, now: Timestamp) -> &mut Second {
        self.advance(now);
        &mut self.seconds[place(self.latest)]
    }

    /// Forgets what left the window. A clock that goes back counts into the latest second.
    fn advance(&mut self, now: Timestamp) {
        let second = now.as_millis().div_euclid(1_000);
        let passed = usize::try_from(second.saturating_sub(self.latest)).unwrap_or(0);
        for step in 1..=passed.min(WINDOW_SECONDS) {
            let step = i64::try_from(step).unwrap_or(0);
            self.seconds[place(self.latest.saturating_add(step))] = Second::default();
        }
        self.latest = self.latest.max(second);
    }

    fn until_one_leaves(&self, now: Timestamp) -> Millis {
        let window = i64::try_from(WINDOW_SECONDS).unwrap_or(i64::MAX);
        let retried = |second: &i64| self.seconds[place(*second)].retries > 0;
        let oldest = self.window().filter(retried).last().unwrap_or(self.latest);
        Timestamp::from_millis((oldest + window).saturating_mul(1_000)).since(now)
    }

    /// The seconds that are counted, the latest first.
    fn window(&self) -> impl Iterator<Item = i64> + use<> {
        let latest = self.latest;
        (0_i64..).take(WINDOW_SECONDS).map(move |ago| latest - ago)
    }
}

fn place(second: i64) -> usize {
    let window = i64::try_from(WINDOW_SECONDS).unwrap_or(i64::MAX);
    usize::try_from(second.rem_euclid(window)).unwrap_or(0)
}
