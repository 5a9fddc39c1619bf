//! What a shard came to, as it lies on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use divisi_testkit::faults::Tally;
use serde::{Deserialize, Serialize};

use crate::report::say;

/// Counts of one kind of fault; they add up over shards.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    pub(crate) cases: u64,
    pub(crate) seconds: f64,
    pub(crate) injected: BTreeMap<String, u64>,
    pub(crate) seen: BTreeMap<String, u64>,
    /// The builds whose cases these are. A result that says none is of a build before they were written down.
    #[serde(default)]
    pub(crate) builds: BTreeSet<String>,
}

impl Outcome {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(crate) fn add(&mut self, tally: &Tally) {
        tally.injected.iter().for_each(|(kind, times)| count(&mut self.injected, kind, *times));
        tally.seen.iter().for_each(|(what, times)| count(&mut self.seen, what, *times));
    }

    /// What an earlier run of the shard left, to be gone on with by `build`. Says so where it is of another build: a fault that
    /// was mended between the two has been looked for in a part of the cases alone.
    pub(crate) fn begun(path: &Path, seed: u64, afresh: bool, build: String) -> anyhow::Result<Self> {
        let kept = if afresh { None } else { Self::read(path, seed)? };
        let mut outcome = kept.unwrap_or_else(|| Self::new(seed));
        if outcome.cases > 0 && !outcome.builds.contains(&build) {
            say(&format!("{} cases are kept of another build; --afresh forgets them", outcome.cases));
        }
        outcome.builds.insert(build);
        Ok(outcome)
    }

    /// Adds what was counted elsewhere; cases and seconds are the caller's.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.builds.extend(other.builds.iter().cloned());
        other.injected.iter().for_each(|(kind, times)| count(&mut self.injected, kind, *times));
        other.seen.iter().for_each(|(what, times)| count(&mut self.seen, what, *times));
    }

    /// What an earlier run of the shard left; `None`: none did, or one with another seed.
    fn read(path: &Path, seed: u64) -> anyhow::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let found: Self =
            serde_json::from_slice(&bytes).with_context(|| format!("{} is no result", path.display()))?;
        Ok((found.seed == seed).then_some(found))
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let next = path.with_extension("next");
        std::fs::write(&next, serde_json::to_vec_pretty(self)?)
            .and_then(|()| std::fs::rename(&next, path))
            .with_context(|| format!("writing {}", path.display()))
    }
}

fn count(counts: &mut BTreeMap<String, u64>, what: &str, times: u64) {
    *counts.entry(what.to_owned()).or_default() += times;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_back_and_shards_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        let mut tally = Tally::expecting(&["a", "b"]);
        tally.inject("a", 2);
        let mut one = Outcome::new(3);
        one.add(&tally);
        one.write(&path).unwrap();
        assert_eq!(Outcome::read(&path, 4).unwrap(), None);
        let mut sum = Outcome::read(&path, 3).unwrap().unwrap();
        assert_eq!(sum, one);
        sum.merge(&one);
        assert_eq!(sum.injected, BTreeMap::from([("a".to_owned(), 4), ("b".to_owned(), 0)]));
    }

    #[test]
    fn a_result_tells_the_builds_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        let mut one = Outcome::begun(&path, 3, false, "a".to_owned()).unwrap();
        one.cases = 5;
        one.write(&path).unwrap();
        let two = Outcome::begun(&path, 3, false, "b".to_owned()).unwrap();
        assert_eq!((two.cases, two.builds.len()), (5, 2));
        let afresh = Outcome::begun(&path, 3, true, "b".to_owned()).unwrap();
        assert_eq!((afresh.cases, afresh.builds.len()), (0, 1));
    }
}
