//! What the writer knows of the streams that it wrote to lately, so that a commit needs no read.

use divisi_domain::id::InputId;
use divisi_store::{StreamRef, TaskRow};
use rustc_hash::{FxHashMap, FxHashSet};

/// Streams remembered; beyond that the longest unused ones are forgotten.
const STREAMS_MAX: usize = 4_096;
/// Inputs remembered over all streams.
const INPUTS_MAX: usize = 400_000;

#[derive(Debug, Default)]
pub(super) struct HotStreams {
    streams: FxHashMap<StreamRef, Hot>,
    clock: u64,
}

/// One stream.
#[derive(Debug, Default)]
pub(super) struct Hot {
    /// Its integer key; `None` before its first commit.
    pub(super) key: Option<i64>,
    pub(super) last_seq: u64,
    /// Whether anything was ever committed to it.
    pub(super) known: bool,
    /// All recorded inputs; `None` for long-lived streams, whose inputs have a table.
    pub(super) inputs: Option<FxHashSet<InputId>>,
    /// The task's row as last written.
    pub(super) row: Option<Box<TaskRow>>,
    pub(super) used: u64,
}

impl HotStreams {
    pub(super) fn contains(&self, stream: &StreamRef) -> bool {
        self.streams.contains_key(stream)
    }

    pub(super) fn get(&self, stream: &StreamRef) -> Option<&Hot> {
        self.streams.get(stream)
    }

    pub(super) fn get_mut(&mut self, stream: &StreamRef) -> Option<&mut Hot> {
        self.clock += 1;
        let clock = self.clock;
        let hot = self.streams.get_mut(stream)?;
        hot.used = clock;
        Some(hot)
    }

    pub(super) fn insert(&mut self, stream: StreamRef, mut hot: Hot) {
        self.clock += 1;
        hot.used = self.clock;
        self.streams.insert(stream, hot);
    }

    /// Forgets everything: what was learnt in a transaction that was rolled back is not true.
    pub(super) fn clear(&mut self) {
        self.streams.clear();
    }

    /// After a commit: forgets tasks that ended, and the longest unused half where there are too many.
    pub(super) fn trim(&mut self) {
        if self.streams.len() <= STREAMS_MAX && !self.clock.is_multiple_of(1_024) {
            return;
        }
        self.streams.retain(|_, hot| hot.row.as_ref().is_none_or(|row| row.open));
        let inputs: usize =
            self.streams.values().filter_map(|hot| hot.inputs.as_ref()).map(FxHashSet::len).sum();
        if self.streams.len() <= STREAMS_MAX && inputs <= INPUTS_MAX {
            return;
        }
        let mut uses: Vec<u64> = self.streams.values().map(|hot| hot.used).collect();
        uses.sort_unstable();
        let median = uses.get(uses.len() / 2).copied().unwrap_or_default();
        self.streams.retain(|_, hot| hot.used > median);
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::id::{TaskId, WorkspaceId};

    use super::*;

    fn stream(number: u32) -> StreamRef {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        StreamRef::new(WorkspaceId::from_bytes([1; 16]), TaskId::from_bytes(id))
    }

    #[test]
    fn the_longest_unused_streams_are_forgotten() {
        let mut hot = HotStreams::default();
        let count = u32::try_from(STREAMS_MAX).unwrap() + 1;
        for number in 0..count {
            hot.insert(stream(number), Hot::default());
        }
        hot.get_mut(&stream(0));
        hot.trim();
        assert!(hot.contains(&stream(0)));
        assert!(!hot.contains(&stream(1)));
        assert!(hot.contains(&stream(count - 1)));
        assert!(hot.streams.len() <= STREAMS_MAX);
    }

    #[test]
    fn many_inputs_are_too_many_too() {
        let mut hot = HotStreams::default();
        let id = |number: usize| InputId((number as u128).to_be_bytes());
        let inputs: FxHashSet<_> = (0..=INPUTS_MAX).map(id).collect();
        hot.insert(stream(0), Hot { inputs: Some(inputs), ..Hot::default() });
        hot.insert(stream(1), Hot::default());
        while !hot.clock.is_multiple_of(1_024) {
            hot.get_mut(&stream(1));
        }
        hot.trim();
        assert!(!hot.contains(&stream(0)));
    }
}
