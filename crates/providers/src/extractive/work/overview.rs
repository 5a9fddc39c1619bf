//! The main statements of whole documents: those whose words the rest of the document speaks of most.

use std::collections::{BTreeMap, BTreeSet};

use divisi_llm::inputs::{DocumentBrief, WorkInput};
use divisi_llm::outputs::{Claim, Solution};
use serde::Deserialize;
use serde_json::json;

use super::Job;
use super::candidate::{Passage, Statement};
use super::exchange::{Call, Exchanges};
use super::feedback::Wishes;
use super::pick::{Picked, ranked};
use super::searches::Hit;
use super::statements::summary;
use crate::extractive::assignment::Assignment;
use crate::extractive::question::readable;
use crate::extractive::text::lexicon::{is_soft, is_stop};
use crate::extractive::text::real;
use crate::extractive::text::sentence::Shape;
use crate::extractive::text::word::stems;
use crate::extractive::wording::not_said;

/// Bytes that are read at a time; the tool gives no more.
const SPAN_BYTES: u64 = 14_000;
/// Spans of one document.
const SPANS_PER_DOCUMENT_MAX: u64 = 4;
/// Documents of one subtask.
const DOCUMENTS_MAX: usize = 8;
/// Statements of the whole subtask.
const STATEMENTS_MAX: usize = 9;
/// A statement of fewer or more words sums nothing up.
const WORDS: (usize, usize) = (8, 130);
/// What a statement gains under a title that says that it sums up, and its words at least.
const SUMMING: f64 = 1.0;
const SUMMING_WORDS_MIN: usize = 5;
/// Words of a title.
const TITLE_WORDS_MAX: usize = 5;
/// What the first statements of a document gain.
const OPENING: f64 = 0.25;

/// Reads documents.
pub(super) struct Overview<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
    pub(super) wishes: Wishes,
}

impl Job for Overview<'_> {
    fn calls(&self, _: &Exchanges) -> Vec<Call> {
        self.documents().into_iter().flat_map(spans).collect()
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        let documents = self.documents();
        let each = (STATEMENTS_MAX / documents.len().max(1)).max(2);
        let mut claims: Vec<Claim> = Vec::new();
        let mut gaps = Vec::new();
        for document in documents {
            let picked = main_statements(document, known, &self.wishes, each);
            if picked.is_empty() {
                gaps.push(not_said(&format!("anything that can be read in {}", document.file)));
            }
            claims.extend(picked.into_iter().map(Picked::claim));
        }
        let confidence = if claims.is_empty() { 0.2 } else { 0.7 };
        Solution { summary: summary(&claims, &gaps), claims, table: None, gaps, confidence }
    }
}

impl Overview<'_> {
    fn documents(&self) -> Vec<&DocumentBrief> {
        let asked = |document: &&DocumentBrief| {
            self.assignment.sources.is_empty() || self.assignment.sources.contains(&document.source)
        };
        readable(&self.input.task).into_iter().filter(asked).take(DOCUMENTS_MAX).collect()
    }
}

/// The best statements in the order of the document.
pub(super) fn main_statements(
    document: &DocumentBrief,
    known: &Exchanges,
    wishes: &Wishes,
    count: usize,
) -> Vec<Picked> {
    let hits: Vec<Hit> =
        spans(document).iter().filter_map(|call| Hit::deserialize(known.result(call)?).ok()).collect();
    let shape = Shape::of_kind(&document.kind);
    let statements: Vec<Statement> = hits.iter().flat_map(|hit| Passage::of(hit, shape).statements).collect();
    let frequency = frequency(&statements);
    let summing = summing(&statements);
    let scored = statements.iter().enumerate().map(|(at, one)| {
        let sums = if summing.contains(&at) { SUMMING } else { 0.0 };
        let base = score(one, at, &frequency);
        let short = sums > 0.0 && one.stems.len() >= SUMMING_WORDS_MIN;
        Picked::of(one, if base > 0.0 || short { base + sums } else { 0.0 })
    });
    let fits = |picked: &Picked| !wishes.drops(&picked.citation.quote);
    let mut best: Vec<Picked> = ranked(scored.filter(fits).collect(), f64::MIN_POSITIVE);
    best.truncate(count);
    best.sort_by_key(|picked| picked.citation.start);
    best
}

/// Calls that read the beginning of a document, as far as it is looked at.
pub(super) fn spans(document: &DocumentBrief) -> Vec<Call> {
    let starts =
        (0..SPANS_PER_DOCUMENT_MAX).map(|at| at * SPAN_BYTES).filter(|start| *start < document.bytes);
    starts
        .map(|start| Call {
            tool: "read_span",
            arguments: json!({
                "source": document.source,
                "start": start,
                "end": (start + SPAN_BYTES).min(document.bytes),
            }),
        })
        .collect()
}

/// Positions of the statements under a title that says that they sum up.
fn summing(statements: &[Statement]) -> BTreeSet<usize> {
    const TITLES: &str =
        "summary abstract overview conclusion conclusions zusammenfassung fazit résumé conclusión riassunto";
    let titles = stems(TITLES);
    let mut inside = false;
    let mut found = BTreeSet::new();
    for (at, statement) in statements.iter().enumerate() {
        let quote = statement.citation.quote.trim_end();
        let is_title =
            statement.stems.len() <= TITLE_WORDS_MAX && !quote.ends_with(['.', '!', '?', ';', ',']);
        if is_title {
            inside = statement.stems.iter().any(|stem| titles.contains(stem));
        } else if inside {
            found.insert(at);
        }
    }
    found
}

/// How many statements speak of each word with content.
fn frequency(statements: &[Statement]) -> BTreeMap<&str, usize> {
    let mut frequency = BTreeMap::new();
    for statement in statements {
        let distinct: BTreeSet<&str> = statement.stems.iter().map(String::as_str).collect();
        for stem in distinct.into_iter().filter(|stem| !is_stop(stem) && !is_soft(stem)) {
            *frequency.entry(stem).or_insert(0) += 1;
        }
    }
    frequency
}

/// How much of what the document speaks of the statement holds; nothing where it is too short or too long.
fn score(statement: &Statement, at: usize, frequency: &BTreeMap<&str, usize>) -> f64 {
    let words = statement.stems.len();
    if words < WORDS.0 || words > WORDS.1 || !statement.citation.quote.ends_with(['.', ';', '!', ':']) {
        return 0.0;
    }
    let most = frequency.values().copied().max().unwrap_or(1);
    let distinct: BTreeSet<&str> = statement.stems.iter().map(String::as_str).collect();
    let held: f64 =
        distinct.iter().filter_map(|stem| frequency.get(stem)).map(|count| real(*count) / real(most)).sum();
    let opening = if at < 3 { OPENING } else { 0.0 };
    held / real(words).sqrt() + opening
}
