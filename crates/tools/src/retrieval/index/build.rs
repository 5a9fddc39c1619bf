//! Building the index: every distinct spelling is stemmed once.

use std::collections::HashMap;

use super::{CONTEXT_WEIGHT, CorpusIndex, ENTRIES_MAX, Entry, Posting, WORD_WEIGHT};
use crate::documents::{Parsed, Span};
use crate::retrieval::chunks;
use crate::retrieval::words::{Shape, Stems, Word, for_each_word};

#[derive(Default)]
struct Builder {
    entries: Vec<Entry>,
    /// The number of a term by a spelling; compounds are told apart by their shape.
    spellings: HashMap<Box<str>, u32>,
    compounds: HashMap<Box<str>, u32>,
    numbers: HashMap<Box<str>, u32>,
    postings: Vec<Vec<Posting>>,
}

impl CorpusIndex {
    /// Indexes documents, given with the digests that break ties. Their order changes no result.
    pub fn build(documents: &[(&Parsed, [u8; 32])]) -> Self {
        let stems = Stems::english();
        let mut builder = Builder::default();
        for (index, (parsed, _)) in documents.iter().enumerate() {
            builder.add_document(index, parsed, &stems);
        }
        let words = builder.entries.iter().map(|entry| u64::from(entry.words)).sum();
        let mut terms: HashMap<Box<str>, Vec<Posting>> = HashMap::with_capacity(builder.numbers.len());
        for (term, number) in builder.numbers {
            let mut postings = std::mem::take(&mut builder.postings[number as usize]);
            postings.shrink_to_fit();
            terms.insert(term, postings);
        }
        Self { entries: builder.entries, terms, ranks: ranks(documents), words, stems }
    }
}

fn ranks(documents: &[(&Parsed, [u8; 32])]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|index| documents[*index].1);
    let mut ranks = vec![0; order.len()];
    for (rank, index) in order.into_iter().enumerate() {
        ranks[index] = u32::try_from(rank).unwrap_or(u32::MAX);
    }
    ranks
}

impl Builder {
    fn add_document(&mut self, index: usize, parsed: &Parsed, stems: &Stems) {
        for chunk in chunks(parsed) {
            let number = self.entries.len();
            if number >= ENTRIES_MAX {
                return;
            }
            let words = self.add_text(parsed, chunk.span, (number, WORD_WEIGHT), stems);
            for span in context(parsed, &chunk) {
                self.add_text(parsed, span, (number, CONTEXT_WEIGHT), stems);
            }
            let document = u32::try_from(index).unwrap_or(u32::MAX);
            self.entries.push(Entry { document, chunk, words });
        }
    }

    /// Adds the words of a span to an entry; how many they are.
    fn add_text(&mut self, parsed: &Parsed, span: Span, (entry, weight): (usize, u32), stems: &Stems) -> u32 {
        let mut words = 0;
        for_each_word(parsed.slice(span).unwrap_or(""), |word| {
            words += u32::from(word.shape == Shape::Simple);
            let number = self.number(word, stems);
            match self.postings[number as usize].last_mut() {
                Some(last) if last.entry() == entry => last.add(weight),
                _ => self.postings[number as usize].push(Posting::new(entry, weight)),
            }
        });
        words
    }

    fn number(&mut self, word: Word<'_>, stems: &Stems) -> u32 {
        let known = match word.shape {
            Shape::Simple => &self.spellings,
            Shape::Compound => &self.compounds,
        };
        if let Some(number) = known.get(word.text) {
            return *number;
        }
        let next = u32::try_from(self.postings.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(stems.term(word).into_boxed_str()).or_insert(next);
        if number == next {
            self.postings.push(Vec::new());
        }
        let known = match word.shape {
            Shape::Simple => &mut self.spellings,
            Shape::Compound => &mut self.compounds,
        };
        known.insert(word.text.into(), number);
        number
    }
}

/// Where the words lie that say what a passage is about: its lead, and the headings it stands under.
fn context(parsed: &Parsed, chunk: &super::Chunk) -> Vec<Span> {
    let mut spans: Vec<Span> = chunk.lead.into_iter().collect();
    if chunk.is_heading || parsed.table.is_some() {
        return spans;
    }
    let Some(mut index) = parsed.heading_before(chunk.span.start) else { return spans };
    let mut level = u8::MAX;
    loop {
        let heading = &parsed.headings[index];
        if heading.level < level {
            spans.push(Span::new(heading.start, heading.end));
            level = heading.level;
        }
        if level <= 1 || index == 0 {
            return spans;
        }
        index -= 1;
    }
}
