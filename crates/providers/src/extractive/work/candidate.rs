//! Statements of found passages, each with its exact place.

use std::collections::BTreeSet;

use divisi_llm::outputs::Citation;

use super::searches::Hit;
use crate::extractive::text::sentence::{Shape, statements};
use crate::extractive::text::word::stems;

/// A passage with the words in it and around it.
#[derive(Debug, Clone)]
pub(super) struct Passage<'a> {
    pub(super) hit: &'a Hit,
    /// Stems of its text.
    pub(super) stems: BTreeSet<String>,
    /// Stems of its heading and of its file's name.
    pub(super) around: BTreeSet<String>,
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
            statements,
        }
    }
}

fn citation(hit: &Hit, offset: usize, quote: &str) -> Citation {
    let lines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count() as u64;
    let start = hit.start + offset as u64;
    let line = hit.line + lines(&hit.text[..offset]);
    Citation {
        source: hit.source.clone(),
        file: hit.file.clone(),
        start,
        end: start + quote.len() as u64,
        line,
        line_end: line + lines(quote),
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
        assert_eq!((passage.statements[1].citation.line, passage.statements[1].citation.line_end), (2, 3));
    }
}
