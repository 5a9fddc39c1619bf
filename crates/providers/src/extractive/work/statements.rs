//! Statements that answer a question, or that the documents do not answer it.

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::{Claim, Solution};

use super::Job;
use super::candidate::Passage;
use super::context;
use super::exchange::{Call, Exchanges};
use super::pick::{Picked, ranked, scored, within};
use super::rank::Query;
use super::searches::{Findings, findings, searches};
use crate::extractive::assignment::{Assignment, Deliverable};
use crate::extractive::question::without_mentions;
use crate::extractive::text::sentence::Shape;
use crate::extractive::wording::not_said;

/// A passage that covers less of the question does not answer it.
pub(super) const ANSWER_COVERAGE_MIN: f64 = 0.55;
/// A statement below this share of the best one is left out.
const STATEMENT_SHARE_MIN: f64 = 0.5;
/// A statement below this score is left out.
const SCORE_MIN: f64 = 0.2;

/// Looks for statements.
pub(super) struct Statements<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Statements<'_> {
    fn calls(&self, known: &Exchanges) -> Vec<Call> {
        let mut calls = Vec::new();
        for aspect in &self.assignment.aspects {
            let topic = self.topic(aspect);
            let searches = self.searches(&topic);
            if searches.iter().all(|call| known.has(call)) {
                let found = findings(&searches, known);
                let query = Query::of(&topic, &found);
                let passages = passages(&found, self.input);
                let anchors = context::anchors(&passages, &query, ANSWER_COVERAGE_MIN);
                calls.extend(anchors.into_iter().map(|(passage, _)| context::call(passage)));
            }
            calls.extend(searches);
        }
        calls
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        let mut claims = Vec::new();
        let mut gaps = Vec::new();
        let mut best = 0.0_f64;
        for aspect in &self.assignment.aspects {
            let (coverage, picked) = self.answer(aspect, known);
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
    fn topic(&self, aspect: &str) -> String {
        without_mentions(aspect, &self.input.task, &self.assignment.sources)
    }

    fn searches(&self, topic: &str) -> Vec<Call> {
        searches(topic, &self.assignment.sources, false)
    }

    /// Statements and words of one aspect at most.
    const fn measure(&self) -> (usize, usize) {
        match self.assignment.deliverable {
            Deliverable::Background => (4, 120),
            Deliverable::Overview => (6, 150),
            _ => (14, 380),
        }
    }

    fn answer(&self, aspect: &str, known: &Exchanges) -> (f64, Vec<Claim>) {
        let topic = self.topic(aspect);
        let found: Findings = findings(&self.searches(&topic), known);
        let query = Query::of(&topic, &found);
        let passages = passages(&found, self.input);
        let coverage = passages.iter().map(|passage| query.passage(passage)).fold(0.0, f64::max);
        if coverage < ANSWER_COVERAGE_MIN || query.has_foreign_name() {
            return (coverage, Vec::new());
        }
        let mut all = scored(&passages, &query);
        for (passage, coverage) in context::anchors(&passages, &query, ANSWER_COVERAGE_MIN) {
            let around = context::around(passage, coverage, &query, known);
            all.extend(
                around
                    .iter()
                    .map(|(statement, own, wide)| Picked::of(statement, query.score(statement, *own, *wide))),
            );
        }
        let ranked = ranked(all, SCORE_MIN);
        let best = ranked.first().map_or(0.0, |picked| picked.score);
        let good = ranked.into_iter().filter(|picked| picked.score >= best * STATEMENT_SHARE_MIN).collect();
        let (count, words) = self.measure();
        (coverage, within(good, count, words).into_iter().map(Picked::claim).collect())
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
