//! Statements of found passages, each with its exact place.

use std::collections::BTreeSet;

use divisi_llm::outputs::Citation;

use super::searches::Hit;
use crate::extractive::text::sentence::{Shape, starts_item, statements};
use crate::extractive::text::word::stems;

/// An item stands at most this far behind the passage that opens its list.
const LIST_BYTES_MAX: u64 = 4_000;

/// A passage with the words in it and around it.
#[derive(Debug, Clone)]
pub(super) struct Passage<'a> {
    pub(super) hit: &'a Hit,
    /// Stems of its text.
    pub(super) stems: BTreeSet<String>,
    /// Stems of its heading and of its file's name.
    pub(super) around: BTreeSet<String>,
    /// Stems of the nearest title above it.
    pub(super) over: BTreeSet<String>,
    /// Stems of the passage that opens the list it is an item of; empty where it is none.
    pub(super) lead: BTreeSet<String>,
    /// Its statements.
    pub(super) statements: Vec<Statement>,
}

/// A statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    /// Where it stands.
    pub(super) citation: Citation,
    /// Its stems in order.
    pub(super) stems: Vec<String>,
}

impl<'a> Passage<'a> {
    /// Takes a hit apart.
    pub(super) fn of(hit: &'a Hit, shape: Shape) -> Self {
        let statements: Vec<Statement> = statements(&hit.text, shape)
            .into_iter()
            .map(|range| {
                let quote = &hit.text[range.clone()];
                Statement { citation: citation(hit, range.start, quote), stems: stems(quote) }
            })
            .collect();
        let around = format!(
            "{} {}",
            hit.heading.as_deref().unwrap_or_default(),
            hit.file.replace(['_', '.', '/'], " ")
        );
        Self {
            hit,
            stems: stems(&hit.text).into_iter().collect(),
            around: stems(&around).into_iter().collect(),
            over: over(hit),
            lead: BTreeSet::new(),
            statements,
        }
    }
}

/// The title of a whole document stands over nothing in particular.
fn over(hit: &Hit) -> BTreeSet<String> {
    let nearest = hit.heading.as_deref().and_then(|path| path.rsplit_once(" > "));
    nearest.map(|(_, title)| stems(title).into_iter().collect()).unwrap_or_default()
}

/// Tells items of lists which passage opens their list, where that was found too.
pub(super) fn connect(passages: &mut [Passage<'_>]) {
    let opening: Vec<(String, u64, BTreeSet<String>)> = passages
        .iter()
        .filter(|passage| passage.hit.text.trim_end().ends_with(':'))
        .map(|passage| (passage.hit.source.clone(), passage.hit.end, passage.stems.clone()))
        .collect();
    for passage in passages.iter_mut().filter(|passage| starts_item(passage.hit.text.trim_start())) {
        let opens = |(source, end, _): &&(String, u64, BTreeSet<String>)| {
            *source == passage.hit.source
                && *end <= passage.hit.start
                && passage.hit.start - end < LIST_BYTES_MAX
        };
        if let Some((_, _, lead)) = opening.iter().filter(opens).max_by_key(|(_, end, _)| *end) {
            passage.lead.clone_from(lead);
        }
    }
}

/// The place of `quote`, which stands at `offset` in the text of `hit`.
pub(super) fn citation(hit: &Hit, offset: usize, quote: &str) -> Citation {
    let start = hit.start + offset as u64;
    Citation {
        source: hit.source.clone(),
        file: hit.file.clone(),
        start,
        end: start + quote.len() as u64,
        line: hit.line_at(offset),
        line_end: hit.line_at(offset + quote.len()),
        page: hit.page,
        quote: quote.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_know_their_bytes_and_lines() {
        let document = "xx\nFirst one. Second\none here.\n";
        let hit = Hit {
            source: "D1".into(),
            file: "a.txt".into(),
            start: 3,
            end: 30,
            line: 2,
            lines: None,
            page: None,
            heading: Some("Head".into()),
            score_milli: 1,
            text: document[3..].to_owned(),
        };
        let passage = Passage::of(&hit, Shape::Prose);
        assert_eq!(passage.statements.len(), 2);
        for statement in &passage.statements {
            let citation = &statement.citation;
            let span = usize::try_from(citation.start).unwrap()..usize::try_from(citation.end).unwrap();
            assert_eq!(document[span], citation.quote);
        }
        let lines = |hit: &Hit| {
            let passage = Passage::of(hit, Shape::Prose);
            let citation = &passage.statements[1].citation;
            (citation.line, citation.line_end)
        };
        assert_eq!(lines(&hit), (2, 3));
        assert_eq!(lines(&Hit { lines: Some(vec![2, 9]), ..hit.clone() }), (2, 9));
    }
}
