//! Statements that answer a question, or that the documents do not answer it.

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::{Claim, Solution};

use super::Job;
use super::evidence::{Evidence, is_condition};
use super::exchange::{Call, Exchanges};
use super::feedback::Wishes;
use super::pick::{Picked, within};
use super::reading;
use super::searches::searches;
use crate::extractive::assignment::{Assignment, Deliverable};
use crate::extractive::question::without_mentions;
use crate::extractive::topic::asked;
use crate::extractive::wording::{NO_CONDITIONS, not_said};

/// Passages of one aspect that are looked around.
const PASSAGES_MAX: usize = 6;

/// Looks for statements.
pub(super) struct Statements<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
    pub(super) wishes: Wishes,
}

impl Job for Statements<'_> {
    fn calls(&self, known: &Exchanges) -> Vec<Call> {
        let mut calls = reading::calls(self.input, &self.assignment.sources);
        for aspect in &self.assignment.aspects {
            let searches = self.searches(aspect);
            if searches.iter().all(|call| known.has(call)) {
                let evidence =
                    Evidence::of(&self.topic(aspect), &searches, known, self.input, &self.assignment.sources)
                        .looking(self.wishes.wider);
                calls.extend(evidence.calls(None, PASSAGES_MAX));
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
            let evidence = Evidence::of(
                &self.topic(aspect),
                &self.searches(aspect),
                known,
                self.input,
                &self.assignment.sources,
            )
            .looking(self.wishes.wider);
            let picked = self.picked(evidence.ranked(None, PASSAGES_MAX, known, self.is_wide()));
            if picked.is_empty() {
                gaps.push(self.gap(aspect));
            }
            best = best.max(evidence.coverage(None));
            claims.extend(picked);
        }
        let mut on = asked(&self.assignment, &self.input.task).on_topic(&claims).into_iter();
        claims.retain(|_| on.next().unwrap_or(true));
        claims.dedup_by(|a, b| a.text == b.text);
        if claims.is_empty() && gaps.is_empty() {
            gaps.extend(self.assignment.aspects.iter().map(|aspect| self.gap(aspect)));
        }
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

    fn searches(&self, aspect: &str) -> Vec<Call> {
        searches(&self.topic(aspect), &self.assignment.sources, false)
    }

    fn picked(&self, ranked: Vec<Picked>) -> Vec<Claim> {
        let background = self.assignment.deliverable == Deliverable::Background;
        let fits = |picked: &Picked| {
            let quote = &picked.citation.quote;
            (!background || is_condition(quote)) && !self.wishes.drops(quote) && !self.is_head(quote)
        };
        let (count, words) = match (background, self.wishes.shorter) {
            (true, _) => (5, 140),
            (false, true) => (8, 200),
            (false, false) => (16, 430),
        };
        let ranked: Vec<Picked> = ranked.into_iter().filter(fits).collect();
        let ordered =
            if self.assignment.deliverable == Deliverable::Steps { with_steps(&ranked) } else { ranked };
        within(ordered, count, words).into_iter().map(Picked::claim).collect()
    }

    /// Whether it is the line with the names of a table's columns, which states nothing.
    fn is_head(&self, quote: &str) -> bool {
        let words = |text: &str| -> Vec<String> {
            let parts = text.split(|character: char| !character.is_alphanumeric());
            parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
        };
        let tables = self.input.task.documents.iter().filter(|document| !document.columns.is_empty());
        tables.into_iter().any(|table| words(&table.columns.join(" ")) == words(quote))
    }

    /// Whether many statements together answer.
    fn is_wide(&self) -> bool {
        matches!(self.assignment.deliverable, Deliverable::Items | Deliverable::Steps | Deliverable::Overview)
    }

    fn gap(&self, aspect: &str) -> String {
        match self.assignment.deliverable {
            Deliverable::Background => NO_CONDITIONS.to_owned(),
            _ => not_said(aspect),
        }
    }
}

/// What opens steps is followed by them, where they were found too.
fn with_steps(ranked: &[Picked]) -> Vec<Picked> {
    let mut ordered: Vec<Picked> = Vec::new();
    for (at, picked) in ranked.iter().enumerate() {
        let known =
            |one: &Picked, ordered: &[Picked]| ordered.iter().any(|other| other.citation == one.citation);
        if known(picked, &ordered) {
            continue;
        }
        let (source, end) = (&picked.citation.source, picked.citation.end);
        let opens = at < LEADS_MAX && picked.citation.quote.trim_end().ends_with(':');
        ordered.push(picked.clone());
        let follows = |one: &&Picked| {
            let place = &one.citation;
            place.source == *source && place.start >= end && place.start - end < STEPS_BYTES_MAX
        };
        let mut steps: Vec<&Picked> = ranked.iter().filter(follows).filter(|_| opens).collect();
        steps.sort_by_key(|one| one.citation.start);
        for step in steps.into_iter().take(STEPS_MAX) {
            if !known(step, &ordered) {
                ordered.push(step.clone());
            }
        }
    }
    ordered
}

/// So many of the best statements may open steps; so far behind them and so many these are.
const LEADS_MAX: usize = 2;
const STEPS_BYTES_MAX: u64 = 600;
const STEPS_MAX: usize = 5;

/// One sentence on what was found.
pub(super) fn summary(claims: &[Claim], gaps: &[String]) -> String {
    let mut files: Vec<&str> =
        claims.iter().flat_map(|claim| &claim.citations).map(|citation| citation.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    match (claims.len(), gaps.first()) {
        (0, Some(gap)) => format!("{gap}."),
        (0, None) => "Nothing was found.".to_owned(),
        (1, _) => format!("One statement from {}.", files.join(", ")),
        (count, _) if files.len() > 4 => format!("{count} statements from {} files.", files.len()),
        (count, _) => format!("{count} statements from {}.", files.join(", ")),
    }
}
