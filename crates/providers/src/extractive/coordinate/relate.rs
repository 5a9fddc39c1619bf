//! How findings relate: the same statement from several places agrees; the same statement with other numbers
//! contradicts.

use std::collections::BTreeSet;

use divisi_llm::outputs::{Citation, Claim, CrossReference, Relationship, TopicFindings};

use super::figures::measure_the_same;
use crate::extractive::text::number::{has_number, numbers};
use crate::extractive::text::sentence::{Shape, statements};
use crate::extractive::text::word::stems;
use crate::extractive::text::{flat, real};

/// Statements that share this much of their words, numbers aside, speak of the same.
const SAME_SUBJECT: f64 = 0.6;
/// Relations that are reported.
const RELATIONS_MAX: usize = 20;

/// Relations between findings.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Relations {
    pub(super) references: Vec<CrossReference>,
    pub(super) inconsistencies: Vec<String>,
}

/// Compares every two findings.
pub(super) fn relate(topics: &[TopicFindings]) -> Relations {
    let mut relations = Relations::default();
    for (one, other) in contradictions(topics) {
        relations.inconsistencies.push(format!("{}.", against(&one, &other)));
        relations.references.push(reference(&one, &other, Relationship::Contradicts));
    }
    let points = topics.iter().flat_map(|topic| &topic.key_points);
    relations.references.extend(points.filter_map(agreement));
    relations.references.truncate(RELATIONS_MAX);
    relations.inconsistencies.truncate(RELATIONS_MAX);
    relations
}

/// `“…” (a.txt) against “…” (b.txt)`.
pub(crate) fn against(one: &Claim, other: &Claim) -> String {
    format!("“{}” ({}) against “{}” ({})", one.text, place(one), other.text, place(other))
}

/// Sentences of different documents that speak of the same with other figures.
pub(crate) fn contradictions(topics: &[TopicFindings]) -> Vec<(Claim, Claim)> {
    differing(topics.iter().flat_map(|topic| &topic.key_points))
}

/// The same among any statements.
pub(crate) fn differing<'a>(claims: impl Iterator<Item = &'a Claim>) -> Vec<(Claim, Claim)> {
    let mut said: Vec<Claim> = Vec::new();
    for sentence in claims.flat_map(sentences).filter(|one| has_number(&one.text)) {
        if !said.iter().any(|known| known.text == sentence.text && files(known) == files(&sentence)) {
            said.push(sentence);
        }
    }
    let mut found = Vec::new();
    for (at, one) in said.iter().enumerate() {
        let others = said[at + 1..].iter().filter(|other| contradict(one, other));
        found.extend(others.map(|other| (one.clone(), other.clone())));
    }
    found
}

/// The sentences of a finding, each with the passages that hold it.
fn sentences(claim: &Claim) -> Vec<Claim> {
    statements(&claim.text, Shape::Prose)
        .into_iter()
        .map(|range| {
            let text = claim.text[range].to_owned();
            let holds = |citation: &&Citation| flat(&citation.quote).contains(&text);
            let holding: Vec<Citation> = claim.citations.iter().filter(holds).cloned().collect();
            let citations = if holding.is_empty() { claim.citations.clone() } else { holding };
            Claim { text, citations, subtasks: claim.subtasks.clone() }
        })
        .collect()
}

fn place(claim: &Claim) -> String {
    claim.citations.first().map(|citation| citation.file.clone()).unwrap_or_default()
}

fn files(claim: &Claim) -> BTreeSet<&str> {
    claim.citations.iter().map(|citation| citation.source.as_str()).collect()
}

/// The same words, or the same measure of the same thing, other numbers, from different documents.
fn contradict(one: &Claim, other: &Claim) -> bool {
    let (a, b) = (figures(&one.text), figures(&other.text));
    let differ = !a.is_empty()
        && !b.is_empty()
        && a.difference(&b).next().is_some()
        && b.difference(&a).next().is_some();
    differ
        && files(one).is_disjoint(&files(other))
        && (alike(&words(one, &a), &words(other, &b)) >= SAME_SUBJECT
            || measure_the_same(&one.text, &other.text))
}

/// The numbers of a statement that tell an amount: not that of its clause (`9. There is no warranty`), nor those by
/// which it points elsewhere (`section 4`, `version 2`).
fn figures(text: &str) -> BTreeSet<String> {
    const POINTING: [&str; 12] = [
        "section",
        "sections",
        "clause",
        "clauses",
        "chapter",
        "chapters",
        "version",
        "versions",
        "paragraph",
        "article",
        "table",
        "rfc",
    ];
    let mut points = false;
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in text.split_whitespace().enumerate() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let number = bare.starts_with(|c: char| c.is_ascii_digit());
        let opens = at == 0 && word.ends_with(['.', ')']);
        if !(number && (points || opens)) {
            kept.push(word);
        }
        let goes_on = points && (number || matches!(bare.as_str(), "and" | "or"));
        points = goes_on || POINTING.contains(&bare.as_str());
    }
    numbers(&kept.join(" "))
}

fn words(claim: &Claim, numbers: &BTreeSet<String>) -> BTreeSet<String> {
    stems(&claim.text)
        .into_iter()
        .filter(|stem| !numbers.contains(stem) && !stem.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}

fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count();
    real(shared) / real((a.len() + b.len() - shared).max(1))
}

fn agreement(claim: &Claim) -> Option<CrossReference> {
    let [first, second, ..] = claim.citations.as_slice() else { return None };
    (first.source != second.source).then(|| CrossReference {
        finding_a: format!("{}: {}", first.file, claim.text),
        finding_b: format!("{}: {}", second.file, claim.text),
        relationship: Relationship::Supports,
    })
}

fn reference(one: &Claim, other: &Claim, relationship: Relationship) -> CrossReference {
    CrossReference { finding_a: one.text.clone(), finding_b: other.text.clone(), relationship }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amounts_are_figures() {
        let rows: [(&str, &[&str]); 6] = [
            ("9. There is no warranty.", &[]),
            ("1.10.1. Claims mean claims.", &[]),
            ("(2) It ends after 30 days.", &["30"]),
            ("30 days after sections 4, 5 and 6 apply", &["30"]),
            ("Under version 2.0 you pay 5 dollars", &["5"]),
            ("The fee is 10 or 12 dollars", &["10", "12"]),
        ];
        for (text, expected) in rows {
            assert_eq!(figures(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
