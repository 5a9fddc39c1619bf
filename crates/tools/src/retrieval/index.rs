//! The inverted index over the passages of a task's documents, and its search.

mod build;
mod score;

use std::collections::{HashMap, HashSet};

pub use build::Indexed;
pub use score::{Found, Query, Searched, TermCount};

use super::Chunk;
use super::words::Stems;

/// A passage in the index.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Index of its document.
    document: u32,
    chunk: Chunk,
    /// Words in it.
    words: u32,
}

/// How often a term stands in a passage, packed: 24 bits passage, one bit whether it stands in the passage itself
/// (not only in what surrounds it), 7 bits weight.
#[derive(Debug, Clone, Copy)]
struct Posting(u32);

/// Where a word stands in relation to a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In it.
    Within,
    /// In its lead or the headings above it.
    Above,
    /// In the name of its document.
    Name,
}

/// Passages that an index holds at most; what exceeds them is not searched. 2²⁴ passages are over 100 MiB.
pub(super) const ENTRIES_MAX: usize = 1 << 24;
/// The weight of one occurrence in the passage itself.
const WORD_WEIGHT: u32 = 4;
/// The largest weight of a posting.
const WEIGHT_MAX: u32 = 0x7f;
/// The bit of a posting that tells that the term stands in the passage itself.
const OWN_BIT: u32 = 0x80;

impl Place {
    fn weight(self) -> u32 {
        match self {
            Self::Within => WORD_WEIGHT,
            Self::Above => 2,
            Self::Name => 1,
        }
    }
}

impl Posting {
    fn new(entry: usize) -> Self {
        Self(u32::try_from(entry).unwrap_or(u32::MAX) << 8)
    }

    fn entry(self) -> usize {
        (self.0 >> 8) as usize
    }

    fn weight(self) -> u32 {
        self.0 & WEIGHT_MAX
    }

    fn is_own(self) -> bool {
        self.0 & OWN_BIT != 0
    }

    fn add(&mut self, place: Place) {
        let weight = (self.weight() + place.weight()).min(WEIGHT_MAX);
        let own = if place == Place::Within { OWN_BIT } else { self.0 & OWN_BIT };
        self.0 = (self.0 & !0xff) | own | weight;
    }
}

/// Searches the passages of one set of documents. Built once, then only read.
#[derive(Debug)]
pub struct CorpusIndex {
    entries: Vec<Entry>,
    terms: HashMap<Box<str>, Vec<Posting>>,
    /// For each document its rank by digest, which breaks ties.
    ranks: Vec<u32>,
    /// For each document the terms of its name.
    names: Vec<HashSet<String>>,
    words: u64,
    /// Of each language that the documents have.
    stems: Vec<Stems>,
}

impl Default for CorpusIndex {
    fn default() -> Self {
        Self::build(&[])
    }
}

impl CorpusIndex {
    /// Passages in the index.
    pub fn chunk_count(&self) -> usize {
        self.entries.len()
    }
}
