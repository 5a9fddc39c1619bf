use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use divisi_engine::driver::{Chance, Clock};

/// What a measurement is given from outside.
#[derive(Clone)]
pub struct Means {
    /// A monotonic reading, as precise as the system has it.
    pub watch: fn() -> Duration,
    /// The time that engines are told.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub chance: Arc<dyn Chance>,
    /// This program: measurements run in processes of their own.
    pub program: PathBuf,
    /// A folder on the disk that is measured; everything made there is removed again.
    pub scratch: PathBuf,
}

impl std::fmt::Debug for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means").field("scratch", &self.scratch).finish_non_exhaustive()
    }
}

impl Means {
    /// How long `work` takes, with what it gives.
    pub(crate) fn timed<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let begun = (self.watch)();
        let value = work();
        (value, (self.watch)().saturating_sub(begun))
    }
}
