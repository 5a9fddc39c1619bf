//! What a fault programme injected and saw.

use std::collections::BTreeMap;

/// A promise that broke, and how to see it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl Broken {
    /// With what was going on.
    pub fn at(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// Which part of all faults to inject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first case.
    pub from: u64,
    /// How many cases.
    pub cases: u64,
}

impl Extent {
    /// The numbers of the cases.
    pub fn range(self) -> std::ops::Range<u64> {
        self.from..self.from + self.cases
    }
}

/// Faults observed and checks made, by name. Adds up over shards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Injections that were seen to happen.
    pub injected: BTreeMap<&'static str, u64>,
    /// What came of them.
    pub seen: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts an injection. Kinds that are named with 0 and never happen make a run red.
    pub fn inject(&mut self, kind: &'static str, times: u64) {
        *self.injected.entry(kind).or_default() += times;
    }

    /// Counts something seen.
    pub fn see(&mut self, what: &'static str, times: u64) {
        *self.seen.entry(what).or_default() += times;
    }

    /// A tally in which each of `kinds` is expected.
    pub fn expecting(kinds: &[&'static str]) -> Self {
        let mut tally = Self::default();
        for kind in kinds {
            tally.inject(kind, 0);
        }
        tally
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        other.injected.iter().for_each(|(kind, times)| self.inject(kind, *times));
        other.seen.iter().for_each(|(what, times)| self.see(what, *times));
    }
}
