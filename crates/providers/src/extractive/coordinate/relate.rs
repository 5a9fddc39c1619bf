//! How findings relate: the same statement from several places agrees; the same statement with other numbers
//! contradicts.

use std::collections::BTreeSet;

use divisi_llm::outputs::{Claim, CrossReference, Relationship, TopicFindings};

use crate::extractive::text::number::numbers;
use crate::extractive::text::real;
use crate::extractive::text::word::stems;

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

/// Compares every two findings of a topic.
pub(super) fn relate(topics: &[TopicFindings]) -> Relations {
    let mut relations = Relations::default();
    let points: Vec<&Claim> = topics.iter().flat_map(|topic| &topic.key_points).collect();
    for (at, one) in points.iter().enumerate() {
        for other in &points[at + 1..] {
            if contradict(one, other) {
                let text =
                    format!("“{}” ({}) against “{}” ({}).", one.text, place(one), other.text, place(other));
                relations.inconsistencies.push(text);
                relations.references.push(reference(one, other, Relationship::Contradicts));
            }
        }
        relations.references.extend(agreement(one));
    }
    relations.references.truncate(RELATIONS_MAX);
    relations.inconsistencies.truncate(RELATIONS_MAX);
    relations
}

fn place(claim: &Claim) -> String {
    claim.citations.first().map(|citation| citation.file.clone()).unwrap_or_default()
}

/// The same words, other numbers, from different documents.
fn contradict(one: &Claim, other: &Claim) -> bool {
    let (a, b) = (numbers(&one.text), numbers(&other.text));
    let files = |claim: &Claim| {
        claim.citations.iter().map(|citation| citation.source.clone()).collect::<BTreeSet<_>>()
    };
    let differ = !a.is_empty()
        && !b.is_empty()
        && a.difference(&b).next().is_some()
        && b.difference(&a).next().is_some();
    differ
        && files(one).is_disjoint(&files(other))
        && alike(&words(one, &a), &words(other, &b)) >= SAME_SUBJECT
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
