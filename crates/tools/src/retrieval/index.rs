//! The inverted index over the passages of a task's documents, and its search.

mod build;
mod score;

use std::collections::HashMap;

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

/// How often a term stands in a passage, packed: 24 bits passage, 8 bits weight. A word of the passage weighs
/// [`WORD_WEIGHT`], one of its lead or headings [`CONTEXT_WEIGHT`].
#[derive(Debug, Clone, Copy)]
struct Posting(u32);

/// Passages that an index holds at most; what exceeds them is not searched. 2²⁴ passages are over 100 MiB.
pub(super) const ENTRIES_MAX: usize = 1 << 24;
/// The weight of one occurrence in the passage itself.
const WORD_WEIGHT: u32 = 4;
/// The weight of one occurrence in the lead or the headings of the passage.
const CONTEXT_WEIGHT: u32 = 2;

impl Posting {
    fn new(entry: usize, weight: u32) -> Self {
        let entry = u32::try_from(entry).unwrap_or(u32::MAX) & 0x00ff_ffff;
        Self(entry << 8 | weight.min(0xff))
    }

    fn entry(self) -> usize {
        (self.0 >> 8) as usize
    }

    fn weight(self) -> u32 {
        self.0 & 0xff
    }

    fn add(&mut self, weight: u32) {
        self.0 = (self.0 & !0xff) | (self.weight() + weight).min(0xff);
    }
}

/// Searches the passages of one set of documents. Built once, then only read.
#[derive(Debug)]
pub struct CorpusIndex {
    entries: Vec<Entry>,
    terms: HashMap<Box<str>, Vec<Posting>>,
    /// For each document its rank by digest, which breaks ties.
    ranks: Vec<u32>,
    words: u64,
    stems: Stems,
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
