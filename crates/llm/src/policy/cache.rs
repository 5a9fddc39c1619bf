//! Answers that were given before: exact, by the hash of the whole canonical request, per workspace,
//! for a while. Off unless a crew asks for it, purpose by purpose.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::blob::Digest;
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::model_step::Purpose;
use divisi_domain::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// Entries of one cache.
pub const CACHE_ENTRIES_MAX: usize = 10_000;

/// For which purposes a crew wants the cache, and for how long. Nothing by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CachePolicy(BTreeMap<Purpose, Millis>);

impl CachePolicy {
    /// The policy that keeps answers of `purpose` for `keep`, too.
    #[must_use]
    pub fn with(mut self, purpose: Purpose, keep: Millis) -> Self {
        self.0.insert(purpose, keep);
        self
    }

    /// How long answers of a purpose are kept; `None` where they are not.
    pub fn keep(&self, purpose: Purpose) -> Option<Millis> {
        self.0.get(&purpose).copied().filter(|keep| keep.0 > 0)
    }
}

/// Whose answer to what. A workspace never sees another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Of the whole canonical request, model and sampling included.
    pub request: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry<V> {
    value: V,
    task: TaskId,
    expires: Timestamp,
}

/// Answers by request. Full, it forgets what would expire next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache<V> {
    entries: BTreeMap<CacheKey, Entry<V>>,
    by_expiry: BTreeSet<(Timestamp, CacheKey)>,
    entries_max: usize,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self::with_entries_max(CACHE_ENTRIES_MAX)
    }
}

impl<V> Cache<V> {
    /// An empty cache of this size.
    pub fn with_entries_max(entries_max: usize) -> Self {
        Self { entries: BTreeMap::new(), by_expiry: BTreeSet::new(), entries_max }
    }

    /// An answer that was given to another task. A task never gets its own answer again: its attempts,
    /// cycles and re-asks want a new one.
    pub fn get(&self, key: &CacheKey, task: TaskId, now: Timestamp) -> Option<&V> {
        let entry = self.entries.get(key)?;
        (entry.task != task && now < entry.expires).then_some(&entry.value)
    }

    /// Keeps an answer; one kept before for the same request is replaced.
    pub fn put(&mut self, key: CacheKey, task: TaskId, value: V, now: Timestamp, keep: Millis) {
        self.forget_expired(now);
        self.remove(&key);
        if keep.0 == 0 || self.entries_max == 0 {
            return;
        }
        if self.entries.len() >= self.entries_max
            && let Some((_, next)) = self.by_expiry.first().copied()
        {
            self.remove(&next);
        }
        let expires = now + keep;
        self.by_expiry.insert((expires, key));
        self.entries.insert(key, Entry { value, task, expires });
    }

    /// Forgets everything of a workspace: its content was erased.
    pub fn forget_workspace(&mut self, workspace: WorkspaceId) {
        self.entries.retain(|key, _| key.workspace != workspace);
        self.by_expiry.retain(|(_, key)| key.workspace != workspace);
    }

    /// Entries, expired ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while let Some((expires, key)) = self.by_expiry.first().copied() {
            if now < expires {
                return;
            }
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &CacheKey) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_expiry.remove(&(entry.expires, *key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
    const THEIRS: WorkspaceId = WorkspaceId::from_bytes([2; 16]);
    const FIRST: TaskId = TaskId::from_bytes([1; 16]);
    const SECOND: TaskId = TaskId::from_bytes([2; 16]);

    fn key(workspace: WorkspaceId, request: u8) -> CacheKey {
        CacheKey { workspace, request: Digest([request; 32]) }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn it_is_off_unless_asked_for() {
        let policy = CachePolicy::default();
        assert!(Purpose::ALL.iter().all(|purpose| policy.keep(*purpose).is_none()));
        let policy = policy.with(Purpose::Analyse, Millis(5)).with(Purpose::Work, Millis(0));
        assert_eq!((policy.keep(Purpose::Analyse), policy.keep(Purpose::Work)), (Some(Millis(5)), None));
    }

    #[test]
    fn only_the_same_request_of_the_same_workspace_from_another_task_within_its_time() {
        let mut cache = Cache::default();
        cache.put(key(OURS, 1), FIRST, "answer", at(0), Millis(100));
        let rows = [
            (key(OURS, 1), SECOND, 0, Some("answer")),
            (key(OURS, 1), SECOND, 99, Some("answer")),
            (key(OURS, 1), SECOND, 100, None),
            (key(OURS, 1), FIRST, 0, None),
            (key(OURS, 2), SECOND, 0, None),
            (key(THEIRS, 1), SECOND, 0, None),
        ];
        for (key, task, now, expected) in rows {
            assert_eq!(cache.get(&key, task, at(now)).copied(), expected, "{key:?} {task} {now}");
        }
    }

    #[test]
    fn it_is_bounded_and_forgets_what_would_expire_next() {
        let mut cache = Cache::with_entries_max(2);
        cache.put(key(OURS, 1), FIRST, 1, at(0), Millis(300));
        cache.put(key(OURS, 2), FIRST, 2, at(0), Millis(100));
        cache.put(key(OURS, 2), FIRST, 3, at(0), Millis(200));
        assert_eq!(cache.len(), 2, "replaced");
        cache.put(key(OURS, 3), FIRST, 4, at(0), Millis(400));
        let found = [1, 2, 3].map(|request| cache.get(&key(OURS, request), SECOND, at(0)).copied());
        assert_eq!(found, [Some(1), None, Some(4)]);
        cache.put(key(OURS, 4), FIRST, 5, at(300), Millis(0));
        assert_eq!(cache.len(), 1, "what expired is gone, what is not kept does not come");
        let mut none = Cache::with_entries_max(0);
        none.put(key(OURS, 1), FIRST, 1, at(0), Millis(1));
        assert!(none.is_empty());
    }

    #[test]
    fn erasing_a_workspace_leaves_nothing_of_it() {
        let mut cache = Cache::default();
        cache.put(key(OURS, 1), FIRST, 1, at(0), Millis(100));
        cache.put(key(THEIRS, 1), FIRST, 2, at(0), Millis(100));
        cache.forget_workspace(OURS);
        assert_eq!(cache.get(&key(OURS, 1), SECOND, at(0)), None);
        assert_eq!(cache.get(&key(THEIRS, 1), SECOND, at(0)), Some(&2));
        assert_eq!(cache.by_expiry.len(), 1);
    }
}
