//! The clock of this process: the wall clock once, then monotonic time.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::driver::Clock;

/// Runs on from the wall time of its start; a step of the wall clock does not move it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessClock {
    begun: Instant,
    started: Timestamp,
}

impl ProcessClock {
    /// Started now, never below `floor`: what was recorded is never in the future.
    #[expect(clippy::disallowed_methods, reason = "the composition root is the home of the clock")]
    pub(crate) fn start(floor: Option<Timestamp>) -> Self {
        let wall = wall();
        Self { begun: Instant::now(), started: floor.map_or(wall, |floor| wall.max(floor)) }
    }
}

impl Clock for ProcessClock {
    #[expect(clippy::disallowed_methods, reason = "the composition root is the home of the clock")]
    fn now(&self) -> Timestamp {
        let run = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.started + Millis(run)
    }

    fn wall(&self) -> Timestamp {
        wall()
    }
}

#[expect(clippy::disallowed_methods, reason = "the composition root is the home of the clock")]
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Time since the first reading, as precise as the system has it.
#[expect(clippy::disallowed_methods, reason = "the composition root is the home of the clock")]
pub(crate) fn monotonic() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}
