//! The tokio driver: carries out what [`crate::core::Core`] asks for. The one home of spawned tasks and of sleep.

mod archive;
mod corpora;
mod engine;
mod handle;
mod hub;
mod reading;
mod submit;

use std::sync::Arc;

use divisi_domain::time::Timestamp;

pub use archive::{Archive, ArchiveError, unreadable};
pub use corpora::Corpora;
pub use engine::{Engine, Options, Service, StartError};
pub use handle::{CommandError, DRAIN_MAX, Handle};
pub use hub::{Hub, LiveMessage, Subscription};
pub use reading::{ReadError, ReadTask, read_pass, read_shown, read_state, read_task};
pub use submit::{AttachedDocument, Prepared, SubmitError, Task as NewTask, prepare};

/// Where a driver's time comes from. The clock of a process runs on monotonically from the wall time of its start.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// What the clock on the wall shows now: what times from outside are told by. It may have been set since the start, and
    /// may be behind [`Self::now`].
    fn wall(&self) -> Timestamp {
        self.now()
    }
}

/// A clock that was behind the log when the process started, set forward to it for the life of the process.
pub(crate) struct NotBefore {
    inner: Arc<dyn Clock>,
    ahead: divisi_domain::time::Millis,
}

impl NotBefore {
    pub(crate) fn new(inner: Arc<dyn Clock>, last_seen: Timestamp) -> Self {
        let ahead = last_seen.since(inner.now());
        Self { inner, ahead }
    }
}

impl Clock for NotBefore {
    fn now(&self) -> Timestamp {
        self.inner.now() + self.ahead
    }

    fn wall(&self) -> Timestamp {
        self.inner.wall()
    }
}

/// Where a driver's chance comes from: 32 random bytes each time.
pub trait Chance: Send + Sync {
    /// Fresh random bytes.
    fn bytes(&self) -> [u8; 32];
}

/// Words that are drawn from 32 random bytes: asking the system is a call into it, and each event needs some.
const DRAWN_WORDS: usize = 128;

/// [`crate::core::Entropy`] over [`Chance`].
struct Drawn {
    chance: Arc<dyn Chance>,
    left: Vec<u64>,
}

impl Drawn {
    fn new(chance: Arc<dyn Chance>) -> Self {
        Self { chance, left: Vec::new() }
    }
}

impl crate::core::Entropy for Drawn {
    fn next(&mut self) -> u64 {
        if self.left.is_empty() {
            let mut bytes = [0; DRAWN_WORDS * size_of::<u64>()];
            blake3::Hasher::new_keyed(&self.chance.bytes()).finalize_xof().fill(&mut bytes);
            let words = bytes.chunks_exact(size_of::<u64>()).filter_map(|word| word.try_into().ok());
            self.left.extend(words.map(u64::from_be_bytes));
        }
        self.left.pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::core::Entropy as _;

    /// Other bytes each time, and how often it was asked.
    struct Counted(AtomicU8);

    impl Chance for Counted {
        fn bytes(&self) -> [u8; 32] {
            [self.0.fetch_add(1, Ordering::Relaxed); 32]
        }
    }

    #[test]
    fn no_word_is_drawn_twice_and_the_system_is_seldom_asked() {
        let chance = Arc::new(Counted(AtomicU8::new(0)));
        let mut drawn = Drawn::new(Arc::<Counted>::clone(&chance));
        let words: BTreeSet<u64> = (0..3 * DRAWN_WORDS).map(|_| drawn.next()).collect();
        assert_eq!(words.len(), 3 * DRAWN_WORDS);
        assert_eq!(chance.0.load(Ordering::Relaxed), 3);
    }
}
