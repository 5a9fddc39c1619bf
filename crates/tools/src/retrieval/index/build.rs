//! Building the index: every distinct spelling is stemmed once.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{CorpusIndex, ENTRIES_MAX, Entry, Place, Posting};
use crate::documents::{Parsed, Span};
use crate::retrieval::language::Language;
use crate::retrieval::words::{Shape, Stems, Word, for_each_word};
use crate::retrieval::{Chunk, chunks};

/// A document to be indexed.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<'a> {
    /// Its display name; its words count a little for every passage.
    pub name: &'a str,
    /// Its text.
    pub parsed: &'a Parsed,
    /// Breaks ties.
    pub digest: [u8; 32],
}

#[derive(Default)]
struct Builder {
    entries: Vec<Entry>,
    /// The number of a term by a spelling, for each language; compounds are told apart by their shape.
    spellings: BTreeMap<Language, HashMap<Box<str>, u32>>,
    compounds: HashMap<Box<str>, u32>,
    numbers: HashMap<Box<str>, u32>,
    postings: Vec<Vec<Posting>>,
}

impl CorpusIndex {
    /// Indexes documents. Their order changes no result.
    pub fn build(documents: &[Indexed<'_>]) -> Self {
        let spoken: Vec<Language> =
            documents.iter().map(|document| Language::of(&document.parsed.text)).collect();
        let mut languages = spoken.clone();
        languages.sort_unstable();
        languages.dedup();
        let stems: BTreeMap<Language, Stems> =
            languages.into_iter().map(|language| (language, Stems::of(language))).collect();
        let mut builder = Builder::default();
        let mut names = Vec::with_capacity(documents.len());
        for (index, (document, language)) in documents.iter().zip(&spoken).enumerate() {
            let Some(stems) = stems.get(language) else { continue };
            builder.add_document(index, document, stems);
            names.push(name_terms(document.name, stems));
        }
        let words = builder.entries.iter().map(|entry| u64::from(entry.words)).sum();
        let mut terms: HashMap<Box<str>, Vec<Posting>> = HashMap::with_capacity(builder.numbers.len());
        for (term, number) in builder.numbers {
            let mut postings = std::mem::take(&mut builder.postings[number as usize]);
            postings.shrink_to_fit();
            terms.insert(term, postings);
        }
        let stems = stems.into_values().collect();
        Self { entries: builder.entries, terms, ranks: ranks(documents), names, words, stems }
    }
}

/// A name without an extension like `.txt`.
fn stem_of(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if extension.len() <= 5 && extension.bytes().all(|b| b.is_ascii_alphabetic()) =>
        {
            stem
        }
        _ => name,
    }
}

fn name_terms(name: &str, stems: &Stems) -> HashSet<String> {
    let mut terms = HashSet::new();
    for_each_word(stem_of(name), |word| {
        terms.insert(stems.term(word));
    });
    terms
}

fn ranks(documents: &[Indexed<'_>]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|index| documents[*index].digest);
    let mut ranks = vec![0; order.len()];
    for (rank, index) in order.into_iter().enumerate() {
        ranks[index] = u32::try_from(rank).unwrap_or(u32::MAX);
    }
    ranks
}

impl Builder {
    fn add_document(&mut self, index: usize, document: &Indexed<'_>, stems: &Stems) {
        let parsed = document.parsed;
        let parents = parents(parsed);
        let text = |span: Span| parsed.slice(span).unwrap_or("");
        for chunk in chunks(parsed) {
            let number = self.entries.len();
            if number >= ENTRIES_MAX {
                return;
            }
            let words = self.add_text(text(chunk.span), (number, Place::Within), stems);
            for span in context(parsed, &parents, &chunk) {
                self.add_text(text(span), (number, Place::Above), stems);
            }
            self.add_text(stem_of(document.name), (number, Place::Name), stems);
            let document = u32::try_from(index).unwrap_or(u32::MAX);
            self.entries.push(Entry { document, chunk, words });
        }
    }

    /// Adds the words of a text to an entry; how many they are.
    fn add_text(&mut self, text: &str, (entry, place): (usize, Place), stems: &Stems) -> u32 {
        let mut words = 0;
        for_each_word(text, |word| {
            words += u32::from(word.shape == Shape::Simple);
            let number = self.number(word, stems);
            let postings = &mut self.postings[number as usize];
            if postings.last().is_none_or(|last| last.entry() != entry) {
                postings.push(Posting::new(entry));
            }
            postings.last_mut().into_iter().for_each(|last| last.add(place));
        });
        words
    }

    fn number(&mut self, word: Word<'_>, stems: &Stems) -> u32 {
        let spellings = self.spellings.entry(stems.language()).or_default();
        let known = match word.shape {
            Shape::Simple => spellings,
            Shape::Compound => &mut self.compounds,
        };
        if let Some(number) = known.get(word.text) {
            return *number;
        }
        let next = u32::try_from(self.postings.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(stems.term(word).into_boxed_str()).or_insert(next);
        if number == next {
            self.postings.push(Vec::new());
        }
        known.insert(word.text.into(), number);
        number
    }
}

/// The headings above every heading: for each the nearest one before it of a higher level.
fn parents(parsed: &Parsed) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(parsed.headings.len());
    for (index, heading) in parsed.headings.iter().enumerate() {
        while open.last().is_some_and(|last| parsed.headings[*last].level >= heading.level) {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(index);
    }
    parents
}

/// Where the words lie that say what a passage is about: its lead, and the headings it stands under.
fn context(parsed: &Parsed, parents: &[Option<usize>], chunk: &Chunk) -> Vec<Span> {
    let mut spans: Vec<Span> = chunk.lead.into_iter().collect();
    if chunk.is_minor || parsed.table.is_some() {
        return spans;
    }
    let mut above = parsed.heading_before(chunk.span.start);
    while let Some(index) = above {
        let heading = &parsed.headings[index];
        spans.push(Span::new(heading.start, heading.end));
        above = parents[index];
    }
    spans
}
