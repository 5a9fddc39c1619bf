//! The concepts of a question: what its answer must speak of.

use std::collections::BTreeSet;

use super::lexicon::{is_soft, is_stop, synonyms};
use super::word::words;

/// How much a synonym counts against the word itself.
const SYNONYM: f64 = 0.7;

/// What kind of word names the concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, a number or a quoted term: an answer that lacks it is about something else.
    Name,
    /// A word with content.
    Content,
    /// A word that questions have and answers often lack.
    Soft,
}

/// A word of the question with the words that mean nearly the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Concept {
    /// The word as the question has it.
    pub(crate) word: String,
    /// Its stem.
    pub(crate) stem: String,
    /// Stems of its synonyms.
    pub(crate) synonyms: Vec<String>,
    /// Its kind.
    pub(crate) kind: Kind,
    /// It stands in parentheses: said to help, not asked for.
    pub(crate) aside: bool,
}

impl Concept {
    /// How well a text with these stems speaks of it, 0 to 1.
    pub(crate) fn strength(&self, stems: &BTreeSet<&str>) -> f64 {
        if stems.contains(self.stem.as_str()) {
            return 1.0;
        }
        let synonym = self.synonyms.iter().any(|synonym| stems.contains(synonym.as_str()));
        if synonym { SYNONYM } else { 0.0 }
    }
}

/// The concepts of `text`, each once, in order.
pub(crate) fn concepts(text: &str) -> Vec<Concept> {
    let mut found: Vec<Concept> = Vec::new();
    for word in words(text) {
        let raw = &text[word.start..word.end];
        let named = is_named(text, word.start, raw);
        if is_stop(&word.stem) && !(named && raw.chars().count() > 1) {
            continue;
        }
        match found.iter_mut().find(|concept| concept.stem == word.stem) {
            Some(concept) if named => concept.kind = Kind::Name,
            Some(_) => {}
            None => {
                let before = &text[..word.start];
                let aside = before.matches('(').count() > before.matches(')').count();
                found.push(Concept { aside, ..concept(raw, &word.stem, named) });
            }
        }
    }
    found
}

fn concept(raw: &str, stem: &str, named: bool) -> Concept {
    let kind = match named {
        true => Kind::Name,
        false if is_soft(stem) => Kind::Soft,
        false => Kind::Content,
    };
    let synonyms = if named { Vec::new() } else { synonyms(stem).to_vec() };
    Concept { word: raw.to_owned(), stem: stem.to_owned(), synonyms, kind, aside: false }
}

/// A capital inside a sentence, a digit, or quotes around it.
fn is_named(text: &str, start: usize, raw: &str) -> bool {
    let before = text[..start].trim_end_matches(['"', '“', '‘', '\'', '`', '(']);
    let quoted = text[..start].ends_with(['"', '“', '`']);
    let opens = before.trim_end().is_empty() || before.trim_end().ends_with(['.', '?', '!', ':']);
    let capital = raw.chars().next().is_some_and(char::is_uppercase);
    let acronym = raw.chars().filter(|c| c.is_uppercase()).count() > 1;
    quoted || acronym || capital && !opens || raw.chars().any(|c| c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_quotes_are_required_soft_words_are_not() {
        let found = concepts("What does Debian say about \"native packages\" within 30 days of a patent?");
        let kinds: Vec<(&str, Kind)> = found.iter().map(|c| (c.word.as_str(), c.kind)).collect();
        assert_eq!(
            kinds,
            [
                ("Debian", Kind::Name),
                ("say", Kind::Soft),
                ("native", Kind::Name),
                ("packages", Kind::Content),
                ("30", Kind::Name),
                ("days", Kind::Soft),
                ("patent", Kind::Content),
            ]
        );
    }

    #[test]
    fn a_synonym_counts_less_than_the_word() {
        let concept = &concepts("distribute")[0];
        assert!((concept.strength(&BTreeSet::from(["distribut"])) - 1.0).abs() < 1e-9);
        assert!((concept.strength(&BTreeSet::from(["convey"])) - SYNONYM).abs() < 1e-9);
        assert!(concept.strength(&BTreeSet::from(["zebra"])) < 1e-9);
    }
}
