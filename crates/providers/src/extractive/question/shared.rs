//! What documents are compared on where the question does not say: the titles that they share.

use std::collections::BTreeSet;

use divisi_llm::inputs::DocumentBrief;

use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::word::stems;

/// Aspects of a comparison that names none.
const ASPECTS_MAX: usize = 6;
/// Words of a title that names an aspect.
const TITLE_WORDS_MAX: usize = 5;

/// Stems of titles that every manual or report has, whatever it is about.
const FRAMING: [&str; 14] = [
    "synopsi",
    "descript",
    "option",
    "introduct",
    "preambl",
    "exampl",
    "configur",
    "see",
    "also",
    "note",
    "annex",
    "appendix",
    "index",
    "background",
];

/// A title without its number.
struct Title {
    name: String,
    concepts: Vec<Concept>,
    stems: Vec<String>,
}

/// The titles that all of `documents` have, or most where there are many, as the first of them has them.
pub(crate) fn shared_titles(documents: &[Vec<String>]) -> Vec<String> {
    let own = |headings: &Vec<String>| headings.iter().filter_map(|heading| title(heading)).collect();
    let all: Vec<Vec<Title>> = documents.iter().map(own).collect();
    let Some((first, others)) = all.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let mut found: Vec<String> = Vec::new();
    for title in first {
        let matching: Vec<&Title> =
            others.iter().filter_map(|titles| titles.iter().find(|one| title.is_like(one))).collect();
        let wanted = others.len().div_ceil(2).max(1);
        if matching.len() < wanted {
            continue;
        }
        let shortest = matching.into_iter().chain([title]).min_by_key(|one| one.name.len());
        let name = shortest.map_or_else(String::new, |one| one.name.clone());
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found.truncate(ASPECTS_MAX);
    found
}

/// Whether a title is named after one of the documents: it is what that one is about.
pub(crate) fn is_own(title: &str, documents: &[&DocumentBrief]) -> bool {
    let names: Vec<String> =
        documents.iter().flat_map(|one| stems(&one.file.replace(['_', '-', '.', '/'], " "))).collect();
    telling(title).iter().any(|one| names.contains(&one.stem))
}

/// Whether all that an aspect tells stands in the name or the title of every document: it is what they are about.
pub(crate) fn is_subject(aspect: &str, documents: &[&DocumentBrief]) -> bool {
    let asked = telling(aspect);
    let named = |document: &DocumentBrief| {
        let title = document.headings.first().map(String::as_str).unwrap_or_default();
        let known = stems(&format!("{} {title}", document.file.replace(['_', '-', '.', '/'], " ")));
        let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        asked.iter().all(|one| one.strength(&known) > 0.0)
    };
    !asked.is_empty() && documents.len() > 1 && documents.iter().all(|document| named(document))
}

fn title(heading: &str) -> Option<Title> {
    let counted = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let kind = ["article", "section", "chapter", "clause", "part", "no"].contains(&bare.as_str());
        !(bare.is_empty() || kind || bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    let words: Vec<&str> = heading.split_whitespace().skip_while(|word| !counted(word)).collect();
    let name = words.join(" ").trim_end_matches(['.', ':', ' ']).to_lowercase();
    let concepts: Vec<Concept> =
        telling(&name).into_iter().filter(|one| !FRAMING.contains(&one.stem.as_str())).collect();
    let written = name.chars().all(|c| c.is_alphabetic() || " -'’&,/".contains(c));
    let short = written && (1..=TITLE_WORDS_MAX).contains(&words.len());
    (short && !concepts.is_empty()).then(|| Title { stems: stems(&name), name, concepts })
}

fn telling(text: &str) -> Vec<Concept> {
    concepts(text).into_iter().filter(|one| one.kind != Kind::Soft).collect()
}

impl Title {
    /// At least half of the telling words of each stand in the other.
    fn is_like(&self, other: &Self) -> bool {
        self.holds_half(other) && other.holds_half(self)
    }

    fn holds_half(&self, other: &Self) -> bool {
        let known: BTreeSet<&str> = self.stems.iter().map(String::as_str).collect();
        let held = other.concepts.iter().filter(|one| one.strength(&known) > 0.9).count();
        held * 2 >= other.concepts.len() && held > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(file: &str, headings: &[&str]) -> DocumentBrief {
        DocumentBrief {
            file: file.to_owned(),
            headings: headings.iter().map(|one| (*one).to_owned()).collect(),
            ..DocumentBrief::default()
        }
    }

    #[test]
    fn shared_titles_are_aspects_and_shared_names_are_none() {
        let one = document("rent_a.txt", &["RENT AGREEMENT", "1. Price", "2. Delivery of keys", "3. Garden"]);
        let other = document("rent_b.md", &["Rent contract", "Article 1 - Price", "Delivery", "Pets"]);
        let headings = [one.headings.clone(), other.headings.clone()];
        assert_eq!(shared_titles(&headings), ["rent contract", "price", "delivery"]);
        assert_eq!(shared_titles(&headings[..1]), Vec::<String>::new());
        assert!(is_own("rent of a flat", &[&one, &other]) && !is_own("garden", &[&one, &other]));
        assert!(is_subject("rent", &[&one, &other]) && !is_subject("price", &[&one, &other]));
    }
}
