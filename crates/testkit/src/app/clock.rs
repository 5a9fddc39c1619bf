use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::driver::Clock;

/// A fixed start, running on in real time: tests of the real driver need time to pass.
#[derive(Debug)]
pub struct RunningClock {
    start: Instant,
}

impl Default for RunningClock {
    #[expect(clippy::disallowed_methods, reason = "the home of time for tests of the tokio driver")]
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for RunningClock {
    #[expect(clippy::disallowed_methods, reason = "the home of time for tests of the tokio driver")]
    fn now(&self) -> Timestamp {
        let since = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(1_700_000_000_000) + Millis(since)
    }
}

/// A clock that only moves when a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    millis: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `at`.
    pub fn at(at: Timestamp) -> Self {
        Self { millis: AtomicI64::new(at.as_millis()) }
    }

    /// Moves it.
    pub fn set(&self, at: Timestamp) {
        self.millis.store(at.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}
