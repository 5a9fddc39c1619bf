//! What documents speak of in common: aspects of a comparison for which neither the question nor their titles give any.

use std::collections::{BTreeMap, BTreeSet};

use super::searches::Hit;
use crate::extractive::text::lexicon::{is_soft, is_stop, synonyms};
use crate::extractive::text::real;
use crate::extractive::text::word::words;

/// Aspects that are taken.
const ASPECTS_MAX: usize = 4;
/// A shorter word names no aspect.
const LETTERS_MIN: usize = 5;
/// What a word gains that names an act or a quality: `distribution`, `liability`.
const ABSTRACT: f64 = 3.0;
/// Passages of a small document.
const SMALL_PASSAGES_MAX: usize = 24;
/// So many names of acts and qualities are enough.
const ENOUGH: usize = 3;
/// Passages of a document that speak of it, at least, where it has many.
const PASSAGES_MIN: usize = 2;

/// How often each stem stands in one document, and how it is written.
#[derive(Debug, Default)]
struct Spoken {
    passages: usize,
    count: BTreeMap<String, usize>,
    written: BTreeMap<String, BTreeMap<String, usize>>,
    /// Stems that stand in lower case, or all in capitals, and not right behind a number: no names and no units.
    plain: BTreeSet<String>,
}

/// Words that all documents speak of, most telling first; `texts` are what was read of each.
pub(super) fn aspects(texts: &[Vec<Hit>], known: &[String]) -> Vec<String> {
    let all: Vec<Spoken> = texts.iter().map(|hits| spoken(hits)).collect();
    let Some((first, others)) = all.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let mut found: Vec<(f64, String, String)> = Vec::new();
    for (stem, count) in &first.count {
        let shares = others.iter().map(|other| other.share(stem)).fold(first.share(stem), f64::min);
        let name = name(stem, &all);
        let plain = all.iter().any(|one| one.plain.contains(stem));
        if shares <= 0.0 || *count == 0 || name.is_empty() || !plain {
            continue;
        }
        let weight = if is_abstract(&name) { ABSTRACT } else { 1.0 };
        found.push((shares * weight, stem.clone(), name));
    }
    if found.iter().filter(|(_, _, name)| is_abstract(name)).count() >= ENOUGH {
        found.retain(|(_, _, name)| is_abstract(name));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut taken: Vec<(String, String)> = Vec::new();
    for (_, stem, name) in found {
        let close = |(other, _): &(String, String)| synonyms(other).contains(&stem);
        let said = known.iter().any(|one| one.contains(&name));
        if taken.len() < ASPECTS_MAX && !said && !taken.iter().any(close) {
            taken.push((stem, name));
        }
    }
    taken.into_iter().map(|(_, name)| name).collect()
}

impl Spoken {
    /// How much of the document speaks of it or of what means nearly the same, against what it speaks of most.
    fn share(&self, stem: &str) -> f64 {
        let most = self.count.values().copied().max().unwrap_or(1);
        let alike = synonyms(stem).iter().filter_map(|one| self.count.get(one)).max().copied().unwrap_or(0);
        let count = self.count.get(stem).copied().unwrap_or(0).max(alike);
        let enough = if self.passages > SMALL_PASSAGES_MAX { PASSAGES_MIN } else { 1 };
        if count < enough { 0.0 } else { real(count) / real(most) }
    }
}

fn spoken(hits: &[Hit]) -> Spoken {
    let mut spoken = Spoken::default();
    for passage in hits.iter().flat_map(|hit| hit.text.split("\n\n")) {
        spoken.passages += 1;
        let mut seen = BTreeSet::new();
        for word in words(passage) {
            let own = &passage[word.start..word.end];
            let raw = own.to_lowercase();
            let counted = passage[..word.start].trim_end().ends_with(|c: char| c.is_ascii_digit());
            if (own == raw || own.chars().all(char::is_uppercase)) && !counted {
                spoken.plain.insert(word.stem.clone());
            }
            let telling = raw.chars().all(char::is_alphabetic) && raw.chars().count() >= LETTERS_MIN;
            if !telling || is_stop(&word.stem) || is_soft(&word.stem) {
                continue;
            }
            *spoken.written.entry(word.stem.clone()).or_default().entry(raw).or_insert(0) += 1;
            if seen.insert(word.stem.clone()) {
                *spoken.count.entry(word.stem).or_insert(0) += 1;
            }
        }
    }
    spoken
}

/// How the documents write it: as the name of an act or a quality where they do, else as they do most.
fn name(stem: &str, all: &[Spoken]) -> String {
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for (raw, count) in all.iter().filter_map(|one| one.written.get(stem)).flatten() {
        *written.entry(raw).or_insert(0) += count;
    }
    let has = |one: &Spoken| {
        one.written
            .get(stem)
            .is_some_and(|forms| forms.keys().any(|raw| is_abstract(raw.trim_end_matches('s'))))
    };
    let called = all.iter().filter(|one| has(one)).count() > 1;
    let best = written
        .iter()
        .max_by_key(|(raw, count)| (called && is_abstract(raw), **count, std::cmp::Reverse(**raw)));
    best.map_or_else(String::new, |(raw, _)| (*raw).to_owned())
}

fn is_abstract(word: &str) -> bool {
    ["tion", "sion", "ity", "nty", "ment", "ance", "ence", "ness", "ship", "ery", "ice"]
        .iter()
        .any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Hit> {
        vec![Hit { text: text.to_owned(), ..Hit::default() }]
    }

    #[test]
    fn what_all_speak_of_is_an_aspect() {
        let one = read("There is no warranty.\n\nDistribution of copies is free.\n\nGreen apples.");
        let other = read("The warranty ends.\n\nA distribution must be paid for.\n\nRed plums.");
        assert_eq!(aspects(&[one.clone(), other.clone()], &[]), ["distribution", "warranty"]);
        assert_eq!(aspects(&[one.clone(), other], &["no warranty".to_owned()]), ["distribution"]);
        assert!(aspects(&[one], &[]).is_empty());
    }
}
