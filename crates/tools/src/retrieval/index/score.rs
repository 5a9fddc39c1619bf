//! BM25 over the passages. Scores are integers, so that their sum does not depend on an order.

use std::collections::{BTreeSet, HashMap};

use super::{CorpusIndex, Posting, WORD_WEIGHT};
use crate::documents::Span;
use crate::retrieval::language::Language;
use crate::retrieval::words::{Shape, Word, for_each_word, is_stop_word};

/// How fast further occurrences of a word cease to count.
const K1: f64 = 1.2;
/// How much longer passages are held back.
const B: f64 = 0.5;
/// Letters of a part of a compound.
const COMPOUND_PART_LETTERS_MIN: usize = 4;
/// Compounds of one word of a query that are looked for.
const COMPOUNDS_MAX: usize = 64;
/// Words of a query that count; a longer query is cut.
const QUERY_TERMS_MAX: usize = 64;

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Words.
    pub text: &'a str,
    /// Only in these documents, by index; all where `None`.
    pub documents: Option<&'a BTreeSet<usize>>,
    /// Hits at most.
    pub limit: usize,
    /// Hits at most from one document.
    pub per_document: usize,
}

/// A passage that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Index of its document.
    pub document: usize,
    /// Its exact bytes.
    pub span: Span,
    /// Thousandths.
    pub score_milli: u32,
}

/// How often a word of the query occurs in what was searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermCount {
    /// As indexed.
    pub term: String,
    /// As the query writes it.
    pub written: String,
    /// Documents that have it in their text or their name.
    pub documents: usize,
    /// Passages that have it.
    pub chunks: usize,
}

/// The answer of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// Best first; ties by the document's digest and the place.
    pub found: Vec<Found>,
    /// The words that were looked for, in the order of the query, without those that carry no topic.
    pub terms: Vec<TermCount>,
    /// Documents that were searched.
    pub documents: usize,
    /// Passages that were searched.
    pub chunks: usize,
}

struct QueryTerm {
    /// What the word is in each language of the documents, and compounds that hold it.
    terms: Vec<String>,
    written: String,
    shape: Shape,
}

impl CorpusIndex {
    /// Searches all passages of the chosen documents. The statistics of rarity are those of all documents.
    pub fn search(&self, query: &Query<'_>) -> Searched {
        let chosen = |document: u32| query.documents.is_none_or(|set| set.contains(&(document as usize)));
        let terms = self.query_terms(query.text);
        let mut scores: HashMap<usize, u64> = HashMap::new();
        let mut counts = Vec::new();
        for term in &terms {
            let postings = self.postings(term);
            let rarity = self.rarity(postings.len());
            for posting in postings.iter().filter(|posting| chosen(self.entries[posting.entry()].document)) {
                *scores.entry(posting.entry()).or_default() += self.micros(*posting, rarity);
            }
            counts.extend(self.count(term, &postings, chosen));
        }
        let searched = self.entries.iter().filter(|entry| chosen(entry.document));
        Searched {
            found: self.best(&scores, query),
            terms: counts,
            documents: query.documents.map_or(self.ranks.len(), BTreeSet::len),
            chunks: searched.count(),
        }
    }

    /// The distinct terms of a query; words without a topic only where there are no others.
    fn query_terms(&self, text: &str) -> Vec<QueryTerm> {
        let mut all: Vec<QueryTerm> = Vec::new();
        for_each_word(text, |word| {
            let mut terms: Vec<String> = Vec::new();
            for stems in &self.stems {
                let term = stems.term(word);
                if !terms.contains(&term) {
                    terms.push(term);
                }
            }
            if all.len() < QUERY_TERMS_MAX
                && !terms.is_empty()
                && !all.iter().any(|known| known.terms == terms)
            {
                all.push(QueryTerm { terms, written: word.text.to_owned(), shape: word.shape });
            }
        });
        let language = Language::of(text);
        let carries_topic = |term: &QueryTerm| {
            let lower = term.written.to_lowercase();
            match language {
                Language::English => !is_stop_word(&lower),
                _ => !language.has_small(&lower),
            }
        };
        if all.iter().any(carries_topic) {
            all.retain(carries_topic);
        }
        all
    }

    /// Where a term stands in any of its forms, in the order of the passages; in German also as a part of a compound.
    fn postings(&self, term: &QueryTerm) -> Vec<Posting> {
        let mut forms: Vec<&[Posting]> =
            term.terms.iter().filter_map(|form| self.terms.get(form.as_str())).map(Vec::as_slice).collect();
        forms.extend(self.compounds(term).into_iter().map(|(_, postings)| postings));
        match forms.as_slice() {
            [] => Vec::new(),
            [one] => one.to_vec(),
            _ => {
                let mut all: Vec<Posting> = forms.concat();
                all.sort_by_key(|posting| (posting.entry(), std::cmp::Reverse(posting.weight())));
                all.dedup_by_key(|posting| posting.entry());
                all
            }
        }
    }

    /// German compounds that end with a term or begin with it (`Grundmiete`, `Mietvertrag` for `Miete`), in their order.
    fn compounds(&self, term: &QueryTerm) -> Vec<(&str, &[Posting])> {
        let german = self.stems.iter().find(|stems| stems.language() == Language::German);
        let Some(stem) = german.map(|stems| stems.term(Word { text: &term.written, shape: term.shape }))
        else {
            return Vec::new();
        };
        let letters = stem.chars().count();
        if letters < COMPOUND_PART_LETTERS_MIN || !stem.chars().all(char::is_alphabetic) {
            return Vec::new();
        }
        let holds =
            |known: &str| known.len() > stem.len() && (known.ends_with(&stem) || known.starts_with(&stem));
        let mut found: Vec<(&str, &[Posting])> = self
            .terms
            .iter()
            .filter(|(known, _)| holds(known))
            .map(|(known, postings)| (known.as_ref(), postings.as_slice()))
            .collect();
        found.sort_unstable_by_key(|(known, _)| *known);
        found.truncate(COMPOUNDS_MAX);
        found
    }

    /// Inverse document frequency over passages; never negative.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn rarity(&self, with_term: usize) -> f64 {
        let (all, with) = (self.entries.len() as f64, with_term as f64);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// What one term adds to a passage, in millionths.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the value is between 0 and 2.2 × ln(2^24) × 10^6"
    )]
    fn micros(&self, posting: Posting, rarity: f64) -> u64 {
        let entry = &self.entries[posting.entry()];
        let average = self.words as f64 / (self.entries.len().max(1) as f64);
        let length = f64::from(entry.words) / average.max(1.0);
        let times = f64::from(posting.weight()) / f64::from(WORD_WEIGHT);
        let gain = times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length));
        (rarity * gain * 1_000_000.0).round() as u64
    }

    /// Occurrences in the searched passages themselves. A compound of plain words that occurs nowhere says
    /// nothing that its parts do not say, so it is left out.
    fn count(
        &self,
        term: &QueryTerm,
        postings: &[Posting],
        chosen: impl Fn(u32) -> bool,
    ) -> Option<TermCount> {
        let own = postings.iter().filter(|posting| posting.is_own());
        let entries =
            own.map(|posting| self.entries[posting.entry()].document).filter(|document| chosen(*document));
        let with_passage: Vec<u32> = entries.collect();
        let named = (0_u32..)
            .zip(&self.names)
            .filter(|(_, name)| term.terms.iter().any(|one| name.contains(one)))
            .map(|(index, _)| index);
        let chunks = with_passage.len();
        let documents: BTreeSet<u32> =
            named.filter(|document| chosen(*document)).chain(with_passage).collect();
        let names_a_thing = term.written.chars().any(|c| c.is_ascii_digit() || c == '_');
        if documents.is_empty() && term.shape == Shape::Compound && !names_a_thing {
            return None;
        }
        let documents = documents.len();
        let first = term.terms.first().cloned().unwrap_or_default();
        Some(TermCount { term: first, written: term.written.clone(), documents, chunks })
    }

    fn best(&self, scores: &HashMap<usize, u64>, query: &Query<'_>) -> Vec<Found> {
        let mut all: Vec<(Found, u32)> =
            scores.iter().map(|(entry, micros)| self.found(*entry, *micros)).collect();
        all.sort_unstable_by_key(|(found, rank)| (u32::MAX - found.score_milli, *rank, found.span));
        let mut taken: HashMap<usize, usize> = HashMap::new();
        let mut fits = |found: &Found| {
            let count = taken.entry(found.document).or_default();
            *count += 1;
            *count <= query.per_document
        };
        all.into_iter().map(|(found, _)| found).filter(|found| fits(found)).take(query.limit).collect()
    }

    fn found(&self, entry: usize, micros: u64) -> (Found, u32) {
        let entry = &self.entries[entry];
        // A heading repeats the question and answers nothing.
        let milli = if entry.chunk.is_minor { micros / 3_000 } else { micros / 1_000 };
        let score_milli = u32::try_from(milli).unwrap_or(u32::MAX);
        let document = entry.document as usize;
        (Found { document, span: entry.chunk.span, score_milli }, self.ranks[document])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{ParseLimits, parse};
    use crate::retrieval::Indexed;

    fn check(texts: &[&str], query: &str, expected: &[usize]) {
        let parsed: Vec<_> = texts
            .iter()
            .map(|text| parse(text.as_bytes(), "a.txt", &ParseLimits::default()).unwrap())
            .collect();
        let documents: Vec<Indexed<'_>> = (0_u8..)
            .zip(&parsed)
            .map(|(at, parsed)| Indexed { name: "a.txt", parsed, digest: [at; 32] })
            .collect();
        let query = Query { text: query, documents: None, limit: 9, per_document: 9 };
        let mut found: Vec<usize> =
            CorpusIndex::build(&documents).search(&query).found.iter().map(|one| one.document).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{}", query.text);
    }

    #[test]
    fn each_document_is_searched_in_its_language() {
        let texts = [
            "Die monatliche Grundmiete wird an den Vermieter gezahlt.",
            "Der Vertrag endet mit den Kündigungen der Mieter.",
            "Les bibliothèques sont ouvertes le samedi.",
            "The rents are due on the first of the month.",
        ];
        check(&texts, "die Kündigung", &[1]);
        check(&texts, "Wie hoch ist die Grundmiete?", &[0]);
        check(&texts, "Vermieters", &[0]);
        check(&texts, "la bibliothèque est ouverte", &[2]);
        check(&texts, "the rent", &[3]);
        check(&texts[..1], "Wie hoch ist die Miete?", &[0]);
        check(&texts[3..], "Miete", &[]);
    }
}
