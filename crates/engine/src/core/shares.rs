//! Shares of what there is not enough of: who has least of it goes first, so that no workspace waits for all that another
//! wants.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::id::WorkspaceId;

use super::QueueKey;
use super::types::TaskKey;

/// Tasks that wait for some of it. Within a workspace the most urgent goes first.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    /// None of them is empty.
    of: BTreeMap<WorkspaceId, BTreeSet<QueueKey>>,
}

impl Waiters {
    pub(super) fn insert(&mut self, place: QueueKey) {
        self.of.entry(place.2.workspace).or_default().insert(place);
    }

    pub(super) fn remove(&mut self, place: &QueueKey) {
        let Some(waiting) = self.of.get_mut(&place.2.workspace) else { return };
        waiting.remove(place);
        if waiting.is_empty() {
            self.of.remove(&place.2.workspace);
        }
    }

    pub(super) fn contains(&self, place: &QueueKey) -> bool {
        self.of.get(&place.2.workspace).is_some_and(|waiting| waiting.contains(place))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = QueueKey> + use<> {
        std::mem::take(&mut self.of).into_values().flatten()
    }
}

/// How much each workspace has, and when it took the last of it.
#[derive(Debug, Default)]
pub(super) struct Shares {
    taken: BTreeMap<WorkspaceId, (u32, u64)>,
    turns: u64,
}

impl Shares {
    pub(super) fn take(&mut self, workspace: WorkspaceId) {
        self.turns += 1;
        let (count, turn) = self.taken.entry(workspace).or_default();
        (*count, *turn) = (*count + 1, self.turns);
    }

    pub(super) fn give_back(&mut self, workspace: WorkspaceId) {
        if let Some((count, _)) = self.taken.get_mut(&workspace) {
            *count = count.saturating_sub(1);
        }
        // When it took the last of it counts as long as anybody has any.
        if self.taken.values().all(|(count, _)| *count == 0) && self.taken.len() > REMEMBERED_MAX {
            self.taken.clear();
        }
    }

    /// Whether somebody who waits has less than this workspace, or as much and had it longer ago.
    pub(super) fn yields(&self, workspace: WorkspaceId, waiters: &Waiters) -> bool {
        let own = self.standing(workspace);
        waiters.of.keys().any(|other| *other != workspace && self.standing(*other) < own)
    }

    /// Takes the task out that goes next.
    pub(super) fn pop(&self, waiters: &mut Waiters) -> Option<TaskKey> {
        let next = waiters.of.keys().min_by_key(|workspace| self.standing(**workspace)).copied()?;
        let place = waiters.of.get(&next)?.first().copied()?;
        waiters.remove(&place);
        Some(place.2)
    }

    fn standing(&self, workspace: WorkspaceId) -> (u32, u64, WorkspaceId) {
        let (count, turn) = self.taken.get(&workspace).copied().unwrap_or_default();
        (count, turn, workspace)
    }
}

/// Workspaces whose last turn is remembered though none has anything.
const REMEMBERED_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use divisi_domain::id::TaskId;

    use super::*;

    fn workspace(number: u8) -> WorkspaceId {
        WorkspaceId::from_bytes([number; 16])
    }

    fn place(of: u8, priority: u8, arrival: u64) -> QueueKey {
        (Reverse(priority), arrival, TaskKey::new(workspace(of), TaskId::from_bytes([1; 16])))
    }

    #[test]
    fn who_has_least_goes_first_and_of_those_who_had_it_longest_ago() {
        let (mut shares, mut waiters) = (Shares::default(), Waiters::default());
        for arrival in 0..1_000 {
            waiters.insert(place(1, 3, arrival));
        }
        for of in [2, 3] {
            waiters.insert(place(of, 0, 2_000));
            waiters.insert(place(of, 1, 2_001));
        }
        let mut order = Vec::new();
        for _ in 0..9 {
            let next = shares.pop(&mut waiters).unwrap();
            assert!(!shares.yields(next.workspace, &waiters), "who is taken out need not yield");
            shares.take(next.workspace);
            order.push(next.workspace);
        }
        assert_eq!(order, [1, 2, 3, 1, 2, 3, 1, 1, 1].map(workspace));
        waiters.insert(place(2, 0, 3_000));
        assert!(shares.yields(workspace(1), &waiters) && !shares.yields(workspace(2), &waiters));
        for _ in 0..3 {
            shares.give_back(workspace(1));
        }
        assert!(shares.yields(workspace(1), &waiters), "as much, and had it last");
    }

    #[test]
    fn one_place_goes_round() {
        let (mut shares, mut waiters) = (Shares::default(), Waiters::default());
        let mut order = Vec::new();
        for arrival in 0..4 {
            for of in [1, 2] {
                if of == 1 || arrival % 2 == 0 {
                    waiters.insert(place(of, 0, arrival));
                }
            }
            let next = shares.pop(&mut waiters).unwrap();
            shares.take(next.workspace);
            shares.give_back(next.workspace);
            order.push(next.workspace);
        }
        assert_eq!(order, [1, 2, 1, 2].map(workspace));
    }
}
