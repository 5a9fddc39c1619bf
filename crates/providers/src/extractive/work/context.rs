//! The text around good passages: the items of a list that a passage opens, and what follows it.

use serde::Deserialize;
use serde_json::json;

use super::candidate::{Passage, Statement};
use super::exchange::{Call, Exchanges};
use super::rank::Query;
use super::searches::Hit;
use crate::extractive::text::sentence::Shape;
use crate::extractive::text::word_count;

/// Lines before and after them.
const LINES_BEFORE: u32 = 8;
const LINES_AFTER: u32 = 24;
/// A statement this far from the passage, in bytes, is no longer its context.
const FAR_BYTES: u64 = 1_600;
/// What context keeps of the passage's coverage.
const BESIDE: f64 = 0.7;
/// What an item keeps of the coverage of the passage that opens its list.
const LED: f64 = 0.95;
/// By how much it is more worth to look around a passage that leads.
const LEADS: f64 = 0.2;
/// A passage of at most so many words is a title or a term: what follows is about it.
const TERM_WORDS_MAX: usize = 6;

/// The passages that are worth looking around, best first.
pub(super) fn anchors<'a, 'b>(
    passages: &'a [Passage<'b>],
    query: &Query,
    coverage_min: f64,
    passages_max: usize,
) -> Vec<(&'a Passage<'b>, f64)> {
    let mut good: Vec<(&Passage<'_>, f64)> = passages
        .iter()
        .map(|passage| (passage, query.passage(passage)))
        .filter(|(_, coverage)| *coverage >= coverage_min)
        .collect();
    let worth =
        |(passage, coverage): &(&Passage<'_>, f64)| coverage + if leads(passage) { LEADS } else { 0.0 };
    good.sort_by(|a, b| {
        worth(b)
            .total_cmp(&worth(a))
            .then_with(|| (&a.0.hit.file, a.0.hit.start).cmp(&(&b.0.hit.file, b.0.hit.start)))
    });
    good.truncate(passages_max);
    good
}

/// Opens a list, or is a title or a term: what follows is about it.
fn leads(passage: &Passage<'_>) -> bool {
    passage.hit.text.trim_end().ends_with(':') || word_count(&passage.hit.text) <= TERM_WORDS_MAX
}

/// The call that reads around a passage.
pub(super) fn call(passage: &Passage<'_>) -> Call {
    let hit = passage.hit;
    Call {
        tool: "read_span",
        arguments: json!({
            "source": hit.source, "start": hit.start, "end": hit.end,
            "before_lines": LINES_BEFORE, "after_lines": LINES_AFTER
        }),
    }
}

/// Statements around `passage` with their own coverage and that of what they stand in.
pub(super) fn around(
    passage: &Passage<'_>,
    coverage: f64,
    query: &Query,
    known: &Exchanges,
) -> Vec<(Statement, f64, f64)> {
    let Some(wide) = known.result(&call(passage)).and_then(|value| Hit::deserialize(value).ok()) else {
        return Vec::new();
    };
    let hit = passage.hit;
    let leads = leads(passage);
    let mut statements = Passage::of(&wide, Shape::Prose).statements;
    // What the window cuts at its edges may be half a sentence.
    statements.pop();
    let inside = |statement: &Statement| {
        let place = &statement.citation;
        let before = place.end <= hit.start && hit.start - place.end < FAR_BYTES && place.start > wide.start;
        let after = place.start >= hit.end && place.start - hit.end < FAR_BYTES;
        before || after
    };
    statements.retain(inside);
    statements
        .into_iter()
        .filter(|statement| leads && statement.citation.start >= hit.end)
        .map(|statement| {
            if leads && statement.citation.start >= hit.end {
                let own = query.led(&statement, passage);
                (statement, own, coverage * LED)
            } else {
                let own = query.own(&statement, passage);
                (statement, own, coverage * BESIDE)
            }
        })
        .collect()
}
