//! The titles of whole documents, each with its place.

use divisi_llm::inputs::{DocumentBrief, WorkInput};
use divisi_llm::outputs::{Citation, Claim, Solution};
use serde::Deserialize;
use serde_json::json;

use super::Job;
use super::candidate::citation;
use super::exchange::{Call, Exchanges};
use super::searches::Hit;
use super::statements::summary;
use crate::extractive::assignment::Assignment;
use crate::extractive::question::readable;
use crate::extractive::text::flat;
use crate::extractive::wording::not_said;

/// Bytes that are read at a time; the tool gives no more.
const SPAN_BYTES: u64 = 14_000;
/// Spans of one document.
const SPANS_PER_DOCUMENT_MAX: u64 = 12;
/// Documents of one subtask.
const DOCUMENTS_MAX: usize = 6;
/// Lines of one title.
const TITLE_LINES_MAX: usize = 3;

/// Looks for titles.
pub(super) struct Outline<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Outline<'_> {
    fn calls(&self, _: &Exchanges) -> Vec<Call> {
        self.documents().into_iter().flat_map(spans).collect()
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        let mut claims: Vec<Claim> = Vec::new();
        let mut gaps = Vec::new();
        let documents = self.documents();
        let several = documents.len() > 1;
        for document in documents {
            let citations = titles(document, known);
            if citations.is_empty() {
                gaps.push(not_said(&format!("anything in titles in {}", document.file)));
                continue;
            }
            let listed: Vec<String> = citations.iter().map(|one| flat(&one.quote)).collect();
            let lead = if several { format!("{}: ", document.file) } else { String::new() };
            claims.push(Claim {
                text: format!("{lead}{}", listed.join("; ")),
                citations,
                subtasks: Vec::new(),
            });
        }
        let confidence = if claims.is_empty() { 0.2 } else { 0.9 };
        Solution { summary: summary(&claims, &gaps), claims, table: None, gaps, confidence }
    }
}

impl Outline<'_> {
    fn documents(&self) -> Vec<&DocumentBrief> {
        let asked = |document: &&DocumentBrief| {
            self.assignment.sources.is_empty() || self.assignment.sources.contains(&document.source)
        };
        readable(&self.input.task).into_iter().filter(asked).take(DOCUMENTS_MAX).collect()
    }
}

fn spans(document: &DocumentBrief) -> Vec<Call> {
    let starts =
        (0..SPANS_PER_DOCUMENT_MAX).map(|at| at * SPAN_BYTES).filter(|start| *start < document.bytes);
    starts
        .map(|start| Call {
            tool: "read_span",
            arguments: json!({
                "source": document.source, "start": start, "end": (start + SPAN_BYTES).min(document.bytes),
            }),
        })
        .collect()
}

/// The titles of a document in its order, each where it first stands behind the one before.
fn titles(document: &DocumentBrief, known: &Exchanges) -> Vec<Citation> {
    let mut next = 0;
    let mut found = Vec::new();
    for hit in spans(document).iter().filter_map(|call| Hit::deserialize(known.result(call)?).ok()) {
        let mut at = 0;
        for (number, heading) in document.headings.iter().enumerate().skip(next) {
            let Some((start, end)) = place(&hit.text, at, heading) else { continue };
            found.push(citation(&hit, start, &hit.text[start..end]));
            (at, next) = (end, number + 1);
        }
    }
    found
}

/// Where a title stands on lines of its own behind `from`.
fn place(text: &str, from: usize, heading: &str) -> Option<(usize, usize)> {
    let mut start = from;
    for line in text[from..].split_inclusive('\n') {
        let lead = line.len() - line.trim_start_matches(|c: char| c.is_whitespace() || c == '#').len();
        let mut end = start;
        for part in text[start..].split_inclusive('\n').take(TITLE_LINES_MAX) {
            end += part.len();
            let inner = text.get(start + lead..end).unwrap_or_default().trim_end();
            if !inner.is_empty() && flat(inner) == heading {
                return Some((start + lead, start + lead + inner.len()));
            }
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_on_lines_of_its_own() {
        let text = "A law of apples\n\n## Apples\nRed.\n  THE LAST\n  PART\n";
        let found =
            |from: usize, heading: &str| place(text, from, heading).map(|(start, end)| &text[start..end]);
        assert_eq!(found(0, "Apples"), Some("Apples"));
        assert_eq!(found(20, "THE LAST PART"), Some("THE LAST\n  PART"));
        assert_eq!(found(0, "Plums"), None);
    }
}
