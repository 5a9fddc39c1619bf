//! A tournament: the least of many keys, kept while single keys change. Reading the winner costs one
//! load, changing a key at most ⌈log₂ n⌉ comparisons.

/// The key of nobody.
pub(super) const NOBODY: u64 = u64::MAX;

/// `tree[1]` is the winner; the leaves are the second half.
#[derive(Debug, Clone)]
pub(super) struct Tournament {
    tree: Vec<u64>,
    len: usize,
}

impl Tournament {
    pub(super) fn new() -> Self {
        Self { tree: vec![NOBODY; 2], len: 0 }
    }

    /// Adds a key and returns its leaf.
    pub(super) fn push(&mut self, key: u64) -> usize {
        if self.len == self.leaves() {
            self.grow();
        }
        let leaf = self.len;
        self.len += 1;
        self.set(leaf, key);
        leaf
    }

    /// The least key, [`NOBODY`] where there is none.
    pub(super) fn winner(&self) -> u64 {
        self.tree[1]
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.tree[self.leaves()..][..self.len].iter().copied()
    }

    pub(super) fn set(&mut self, leaf: usize, key: u64) {
        let mut at = self.leaves() + leaf;
        self.tree[at] = key;
        while at != 1 {
            let least = self.tree[at].min(self.tree[at ^ 1]);
            at /= 2;
            if self.tree[at] == least {
                return;
            }
            self.tree[at] = least;
        }
    }

    fn leaves(&self) -> usize {
        self.tree.len() / 2
    }

    fn grow(&mut self) {
        let keys: Vec<u64> = self.keys().collect();
        let leaves = self.leaves() * 2;
        self.tree = vec![NOBODY; leaves * 2];
        self.tree[leaves..][..keys.len()].copy_from_slice(&keys);
        for at in (1..leaves).rev() {
            self.tree[at] = self.tree[at * 2].min(self.tree[at * 2 + 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_no_more_rounds_than_there_are_halves() {
        let mut tournament = Tournament::new();
        for keys in 1..=1_000_usize {
            tournament.push(0);
            assert_eq!(tournament.leaves(), keys.next_power_of_two());
        }
    }
}
