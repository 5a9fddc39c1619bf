//! How well passages and statements speak of what is asked.

use std::collections::BTreeSet;

use super::candidate::{Passage, Statement};
use super::searches::Findings;
use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::real;

/// A concept that stands only in the heading or the file name counts this much.
const AROUND: f64 = 0.8;
/// What the passage around a statement counts in its score.
const PASSAGE_SHARE: f64 = 0.45;

/// What is asked, with the weight of each concept in these documents.
#[derive(Debug, Clone)]
pub(super) struct Query {
    concepts: Vec<(Concept, f64)>,
    total: f64,
}

impl Query {
    /// Weighs the concepts of `text` by their rarity in what was searched.
    pub(super) fn of(text: &str, findings: &Findings) -> Self {
        let concepts: Vec<(Concept, f64)> = concepts(text)
            .into_iter()
            .map(|concept| {
                let weight = weight(&concept, findings);
                (concept, weight)
            })
            .collect();
        let total = concepts.iter().map(|(_, weight)| weight).sum();
        Self { concepts, total }
    }

    /// The share of what is asked that these stems speak of, 0 to 1.
    fn coverage(&self, stems: &BTreeSet<&str>, around: &BTreeSet<&str>) -> f64 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let covered = self
            .concepts
            .iter()
            .map(|(concept, weight)| weight * concept.strength(stems).max(AROUND * concept.strength(around)));
        covered.sum::<f64>() / self.total
    }

    /// Coverage of a passage.
    pub(super) fn passage(&self, passage: &Passage<'_>) -> f64 {
        let stems = passage.stems.iter().map(String::as_str).collect();
        let around = passage.around.iter().map(String::as_str).collect();
        self.coverage(&stems, &around)
    }

    /// Score of a statement in a passage of this coverage.
    pub(super) fn statement(&self, statement: &Statement, passage_coverage: f64) -> f64 {
        let stems = statement.stems.iter().map(String::as_str).collect();
        let own = self.coverage(&stems, &BTreeSet::new());
        own * (1.0 - PASSAGE_SHARE) + passage_coverage * PASSAGE_SHARE - short(statement)
    }
}

/// Headings and fragments say little.
fn short(statement: &Statement) -> f64 {
    match statement.stems.len() {
        0..=3 => 0.25,
        4..=5 => 0.08,
        _ => 0.0,
    }
}

/// Rare concepts weigh more, words that answers often lack weigh less.
fn weight(concept: &Concept, findings: &Findings) -> f64 {
    let kind = match concept.kind {
        Kind::Name => 1.2,
        Kind::Content => 1.0,
        Kind::Soft => 0.35,
    };
    kind * rarity(concept, findings)
}

/// 0.25 for what stands everywhere to 1 for what stands nowhere.
fn rarity(concept: &Concept, findings: &Findings) -> f64 {
    let chunks = real(usize::try_from(findings.chunks).unwrap_or(usize::MAX)).max(1.0);
    let own = findings.frequency.get(&concept.stem).copied().unwrap_or(0);
    let known = if own > 0 {
        own
    } else {
        concept.synonyms.iter().filter_map(|s| findings.frequency.get(s)).copied().max().unwrap_or(0)
    };
    let known = real(usize::try_from(known).unwrap_or(usize::MAX));
    let rarity = ((chunks + 1.0) / (known + 1.0)).ln() / (chunks + 1.0).ln();
    // Twentieths: one passage more or less in the documents leaves the weights as they are.
    ((0.25 + 0.75 * rarity) * 20.0).round() / 20.0
}
