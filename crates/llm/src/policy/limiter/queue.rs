//! Those of one workspace that wait, in order: how many are ahead of a place, and how many tokens they want, is known
//! without looking at each.

use super::Ticket;
use super::line::Place;
use divisi_domain::time::Timestamp;

/// Entries of one block at most; one that is full becomes two.
const BLOCK_ENTRIES_MAX: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) ticket: Ticket,
    pub(super) tokens: u64,
    pub(super) until: Timestamp,
}

/// Those ahead of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ahead {
    pub(super) count: u64,
    pub(super) tokens: u128,
}

impl Ahead {
    pub(super) fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, tokens: self.tokens + other.tokens }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Block {
    entries: Vec<(Place, Waiting)>,
    tokens: u128,
}

/// Blocks in order, none of them empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Queue {
    blocks: Vec<Block>,
    len: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn first(&self) -> Option<Ticket> {
        Some(self.blocks.first()?.entries.first()?.1.ticket)
    }

    pub(super) fn insert(&mut self, place: Place, waiting: Waiting) {
        let at = self.block_of(place).min(self.blocks.len().saturating_sub(1));
        if self.blocks.is_empty() {
            self.blocks.push(Block::default());
        }
        let Some(block) = self.blocks.get_mut(at) else { return };
        block.tokens += u128::from(waiting.tokens);
        match block.entries.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(known) => {
                block.tokens -= u128::from(block.entries[known].1.tokens);
                block.entries[known].1 = waiting;
            }
            Err(free) => {
                block.entries.insert(free, (place, waiting));
                self.len += 1;
            }
        }
        if block.entries.len() > BLOCK_ENTRIES_MAX {
            let second = block.entries.split_off(BLOCK_ENTRIES_MAX / 2);
            let tokens = second.iter().map(|(_, waiting)| u128::from(waiting.tokens)).sum();
            block.tokens -= tokens;
            self.blocks.insert(at + 1, Block { entries: second, tokens });
        }
    }

    pub(super) fn remove(&mut self, place: Place) -> Option<Waiting> {
        let at = self.block_of(place);
        let block = self.blocks.get_mut(at)?;
        let found = block.entries.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        let (_, waiting) = block.entries.remove(found);
        block.tokens -= u128::from(waiting.tokens);
        self.len -= 1;
        if block.entries.is_empty() {
            self.blocks.remove(at);
        }
        Some(waiting)
    }

    /// Those ahead of a place, whether it is taken or not.
    pub(super) fn ahead(&self, place: Place) -> Ahead {
        let at = self.block_of(place);
        let before = self.whole(at);
        let Some(block) = self.blocks.get(at) else { return before };
        let within = block.entries.partition_point(|(known, _)| *known < place);
        before.plus(part(&block.entries[..within]))
    }

    /// The first so many, or all.
    pub(super) fn first_of(&self, mut count: u64) -> Ahead {
        let mut sum = Ahead::default();
        for block in &self.blocks {
            let len = block.entries.len();
            match usize::try_from(count) {
                Ok(count) if count < len => return sum.plus(part(&block.entries[..count])),
                _ => {}
            }
            sum = sum.plus(Ahead { count: len as u64, tokens: block.tokens });
            count -= len as u64;
        }
        sum
    }

    /// The block that holds a place, or would.
    fn block_of(&self, place: Place) -> usize {
        self.blocks.partition_point(|block| block.entries.last().is_some_and(|(last, _)| *last < place))
    }

    fn whole(&self, blocks: usize) -> Ahead {
        self.blocks.iter().take(blocks).fold(Ahead::default(), |sum, block| {
            sum.plus(Ahead { count: block.entries.len() as u64, tokens: block.tokens })
        })
    }
}

fn part(entries: &[(Place, Waiting)]) -> Ahead {
    let tokens = entries.iter().map(|(_, waiting)| u128::from(waiting.tokens)).sum();
    Ahead { count: entries.len() as u64, tokens }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever comes and goes, it says what counting one by one says.
        #[test]
        fn it_counts_like_one_who_looks_at_each(steps in prop::collection::vec((0_i64..900, 0_u64..50, 0_u8..5), 1..1_500)) {
            let (mut queue, mut plain) = (Queue::default(), BTreeMap::new());
            for (number, tokens, kind) in steps {
                let place = Place::new(number, 0);
                if kind == 0 {
                    prop_assert_eq!(queue.remove(place), plain.remove(&place));
                } else {
                    let waiting = Waiting { ticket: Ticket(tokens), tokens, until: Timestamp::default() };
                    queue.insert(place, waiting);
                    plain.insert(place, waiting);
                }
                let all: Vec<_> = plain.iter().map(|(place, waiting)| (*place, *waiting)).collect();
                let before = all.partition_point(|(known, _)| *known < place);
                prop_assert_eq!(queue.ahead(place), part(&all[..before]));
                prop_assert_eq!(queue.first_of(before as u64), part(&all[..before]));
                prop_assert_eq!(queue.first_of(u64::MAX), part(&all));
                prop_assert_eq!((queue.len(), queue.first()), (all.len(), all.first().map(|(_, one)| one.ticket)));
            }
        }
    }
}
