//! The concepts of a question: what its answer must speak of.

use std::collections::BTreeSet;

use super::language::Language;
use super::lexicon::{is_soft, is_stop, synonyms};
use super::word::{stems, words};

/// How much a synonym counts against the word itself.
const SYNONYM: f64 = 0.7;
/// How much another form of the word counts: `teacher` for `teaches`, `Grundmiete` for `Miete`.
const KINDRED: f64 = 0.75;
/// Letters that two forms of a word share at least.
const KINDRED_LETTERS_MIN: usize = 4;
/// What may follow the shorter of two forms.
const ENDINGS: [&str; 23] = [
    "i", "er", "or", "ion", "ation", "ment", "al", "ance", "enc", "ant", "iv", "ist", "ian", "ness", "iti",
    "ful", "abl", "ship", "ag", "ing", "ur", "y", "n",
];

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
    /// The language of the question.
    pub(crate) language: Language,
}

impl Concept {
    /// How well a text with these stems speaks of it, 0 to 1.
    pub(crate) fn strength(&self, stems: &BTreeSet<&str>) -> f64 {
        if stems.contains(self.stem.as_str()) {
            return 1.0;
        }
        match self.language {
            Language::English if self.synonyms.iter().any(|one| stems.contains(one.as_str())) => SYNONYM,
            Language::English if self.kind != Kind::Name => self.kindred(stems),
            Language::English => 0.0,
            _ => self.foreign(stems),
        }
    }

    /// How well a text has another form of the English word.
    fn kindred(&self, stems: &BTreeSet<&str>) -> f64 {
        let is = |stem: &&&str| {
            let (short, long) = if stem.len() < self.stem.len() {
                (**stem, self.stem.as_str())
            } else {
                (self.stem.as_str(), **stem)
            };
            let rest = long.strip_prefix(short);
            short.len() >= KINDRED_LETTERS_MIN && rest.is_some_and(|rest| ENDINGS.contains(&rest))
        };
        if stems.iter().find(is).is_some() { KINDRED } else { 0.0 }
    }

    /// The same in another language: by its stems, and by compounds that hold the word.
    fn foreign(&self, stems: &BTreeSet<&str>) -> f64 {
        let own = self.language.folded(&self.stem);
        let folded: Vec<String> = stems.iter().map(|stem| self.language.folded(stem)).collect();
        if folded.contains(&own) {
            return 1.0;
        }
        if self.kind == Kind::Name {
            return 0.0;
        }
        let synonyms: Vec<String> = self.synonyms.iter().map(|one| self.language.folded(one)).collect();
        if synonyms.iter().any(|one| folded.contains(one)) {
            return SYNONYM;
        }
        if folded.iter().any(|stem| self.is_form(&own, stem)) { KINDRED } else { 0.0 }
    }

    /// `perd` and `perdu`; in German also `miet` and `grundmiet`.
    fn is_form(&self, own: &str, stem: &str) -> bool {
        let (short, long) = if own.len() < stem.len() { (own, stem) } else { (stem, own) };
        let letters = short.chars().count();
        let close = long.starts_with(short) && long.chars().count() - letters <= 2;
        let compound =
            self.language == Language::German && (long.ends_with(short) || long.starts_with(short));
        letters >= KINDRED_LETTERS_MIN && (close || compound)
    }
}

/// The concepts of `text`, each once, in order.
pub(crate) fn concepts(text: &str) -> Vec<Concept> {
    let language = Language::of(text);
    let mut found: Vec<Concept> = Vec::new();
    for word in words(text) {
        let raw = &text[word.start..word.end];
        let named = is_named(text, word.start, raw, language);
        if is_small(raw, &word.stem, language) && !(named && raw.chars().count() > 1) {
            continue;
        }
        match found.iter_mut().find(|concept| concept.stem == word.stem) {
            Some(concept) if named => concept.kind = Kind::Name,
            Some(_) => {}
            None => {
                let before = &text[..word.start];
                let aside = before.matches('(').count() > before.matches(')').count();
                found.push(Concept { aside, ..concept(raw, &word.stem, named, language) });
            }
        }
    }
    found
}

fn is_small(raw: &str, stem: &str, language: Language) -> bool {
    match language {
        Language::English => is_stop(stem),
        _ => {
            raw.chars().count() < 2 && !raw.chars().all(char::is_numeric)
                || language.has_small(&raw.to_lowercase())
        }
    }
}

fn concept(raw: &str, stem: &str, named: bool, language: Language) -> Concept {
    let lower = raw.to_lowercase();
    let soft = if language == Language::English { is_soft(stem) } else { language.is_soft(&lower) };
    let kind = match named {
        true => Kind::Name,
        false if soft => Kind::Soft,
        false => Kind::Content,
    };
    let synonyms = match language {
        _ if named => Vec::new(),
        Language::English => synonyms(stem).to_vec(),
        _ => language.alike(&lower).into_iter().flat_map(stems).collect(),
    };
    Concept { word: raw.to_owned(), stem: stem.to_owned(), synonyms, kind, aside: false, language }
}

/// A capital inside a sentence, a digit, or quotes around it. German writes every noun with a capital.
fn is_named(text: &str, start: usize, raw: &str, language: Language) -> bool {
    let before = text[..start].trim_end_matches(['"', '“', '‘', '\'', '`', '(']);
    let quoted = text[..start].ends_with(['"', '“', '`']);
    let opens = before.trim_end().is_empty() || before.trim_end().ends_with(['.', '?', '!', ':']);
    let capital = raw.chars().next().is_some_and(char::is_uppercase) && language != Language::German;
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
