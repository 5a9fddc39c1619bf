//! What follows a good passage that leads: the items of a list that it opens, what is said of a term.

use serde::Deserialize;
use serde_json::json;

use super::candidate::{Passage, Statement};
use super::exchange::{Call, Exchanges};
use super::rank::Query;
use super::searches::Hit;
use crate::extractive::text::sentence::Shape;
use crate::extractive::text::word_count;

/// Lines behind them.
const LINES_AFTER: u32 = 24;
/// A statement this far from the passage, in bytes, is no longer its context.
const FAR_BYTES: u64 = 1_600;
/// What an item keeps of the coverage of the passage that opens its list.
const LED: f64 = 0.95;
/// A passage of at most so many words is a title or a term: what follows is about it.
pub(super) const TERM_WORDS_MAX: usize = 6;

/// The leading passages that are worth reading on behind, best first.
pub(super) fn anchors<'a, 'b>(
    passages: &'a [Passage<'b>],
    query: &Query,
    coverage_min: f64,
    passages_max: usize,
) -> Vec<(&'a Passage<'b>, f64)> {
    let mut good: Vec<(&Passage<'_>, f64)> = passages
        .iter()
        .map(|passage| (passage, query.passage(passage)))
        .filter(|(passage, coverage)| {
            *coverage >= coverage_min && (leads(passage) || query.is_introduced(&passage.hit.text))
        })
        .collect();
    good.sort_by(|a, b| {
        b.1.total_cmp(&a.1).then_with(|| (&a.0.hit.file, a.0.hit.start).cmp(&(&b.0.hit.file, b.0.hit.start)))
    });
    good.truncate(passages_max);
    good
}

/// Opens a list, or is a title or a term: what follows is about it.
fn leads(passage: &Passage<'_>) -> bool {
    passage.hit.text.trim_end().ends_with(':') || word_count(&passage.hit.text) <= TERM_WORDS_MAX
}

/// The call that reads on behind a passage.
pub(super) fn call(passage: &Passage<'_>) -> Call {
    let hit = passage.hit;
    Call {
        tool: "read_span",
        arguments: json!({
            "source": hit.source, "start": hit.start, "end": hit.end,
            "after_lines": LINES_AFTER
        }),
    }
}

/// Statements behind `passage` with their own coverage and that of what they stand in.
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
    let mut statements = Passage::of(&wide, Shape::Prose).statements;
    // What the window cuts at its edges may be half a sentence.
    statements.pop();
    let inside = |statement: &Statement| {
        let place = &statement.citation;
        place.start >= hit.end && place.start - hit.end < FAR_BYTES
    };
    statements.retain(inside);
    statements
        .into_iter()
        .map(|statement| {
            let own = query.led(&statement, passage);
            (statement, own, coverage * LED)
        })
        .collect()
}
