//! Statements that answer a question, or that the documents do not answer it.

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::{Claim, Solution};

use super::Job;
use super::candidate::Passage;
use super::exchange::{Call, Exchanges};
use super::pick::ranked;
use super::rank::Query;
use super::searches::{Findings, findings, searches};
use crate::extractive::assignment::{Assignment, Deliverable};
use crate::extractive::text::sentence::Shape;
use crate::extractive::wording::not_said;

/// A passage that covers less of the question does not answer it.
pub(super) const ANSWER_COVERAGE_MIN: f64 = 0.55;
/// A statement below this share of the best one is left out.
const STATEMENT_SHARE_MIN: f64 = 0.6;

/// Looks for statements.
pub(super) struct Statements<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Statements<'_> {
    fn calls(&self, _: &Exchanges) -> Vec<Call> {
        self.assignment.aspects.iter().flat_map(|aspect| self.searches(aspect)).collect()
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        let mut claims = Vec::new();
        let mut gaps = Vec::new();
        let mut best = 0.0_f64;
        for aspect in &self.assignment.aspects {
            let found = findings(&self.searches(aspect), known);
            let (coverage, picked) = self.answer(aspect, &found);
            if picked.is_empty() {
                gaps.push(not_said(aspect));
            }
            best = best.max(coverage);
            claims.extend(picked);
        }
        claims.dedup_by(|a, b| a.text == b.text);
        Solution {
            summary: summary(&claims, &gaps),
            claims,
            table: None,
            gaps,
            confidence: best.clamp(0.0, 1.0),
        }
    }
}

impl Statements<'_> {
    fn searches(&self, aspect: &str) -> Vec<Call> {
        searches(aspect, &self.assignment.sources, false)
    }

    const fn statements_max(&self) -> usize {
        match self.assignment.deliverable {
            Deliverable::Background => 4,
            Deliverable::Overview => 6,
            _ => 9,
        }
    }

    fn answer(&self, aspect: &str, found: &Findings) -> (f64, Vec<Claim>) {
        let query = Query::of(aspect, found);
        let passages = passages(found, self.input);
        let coverage = passages.iter().map(|passage| query.passage(passage)).fold(0.0, f64::max);
        if coverage < ANSWER_COVERAGE_MIN {
            return (coverage, Vec::new());
        }
        let ranked = ranked(&passages, &query, 0.3);
        let best = ranked.first().map_or(0.0, |picked| picked.score);
        let good = ranked.into_iter().filter(|picked| picked.score >= best * STATEMENT_SHARE_MIN);
        (coverage, good.take(self.statements_max()).map(super::pick::Picked::claim).collect())
    }
}

/// The found passages taken apart.
pub(super) fn passages<'a>(found: &'a Findings, input: &WorkInput) -> Vec<Passage<'a>> {
    let shape = |source: &str| {
        let kind = input.task.documents.iter().find(|document| document.source == source);
        kind.map_or(Shape::Prose, |document| Shape::of_kind(&document.kind))
    };
    found.hits.iter().map(|hit| Passage::of(hit, shape(&hit.source))).collect()
}

/// One sentence on what was found.
pub(super) fn summary(claims: &[Claim], gaps: &[String]) -> String {
    let mut files: Vec<&str> =
        claims.iter().flat_map(|claim| &claim.citations).map(|citation| citation.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    match (claims.len(), gaps.first()) {
        (0, Some(gap)) => format!("{gap}."),
        (0, None) => "Nothing was found.".to_owned(),
        (count, _) => format!("{count} statements from {}.", files.join(", ")),
    }
}
