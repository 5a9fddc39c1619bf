//! For a comparison: one row a document, one cell an aspect.

use divisi_llm::inputs::{DocumentBrief, WorkInput};
use divisi_llm::outputs::{Cell, Claim, Row, Solution, Table};

use super::Job;
use super::candidate::Passage;
use super::exchange::{Call, Exchanges};
use super::pick::{ranked, scored};
use super::rank::Query;
use super::searches::{findings, searches};
use super::statements::{passages, summary};
use crate::extractive::assignment::Assignment;
use crate::extractive::question::readable;
use crate::extractive::text::{flat, shortened};
use crate::extractive::wording::{SAYS_NOTHING, not_said};

/// A passage that covers less of an aspect says nothing on it.
const CELL_COVERAGE_MIN: f64 = 0.5;
/// Words of all cells of one row set together.
const ROWS_WORDS_MAX: usize = 320;

/// Fills rows.
pub(super) struct Rows<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Rows<'_> {
    fn calls(&self, _: &Exchanges) -> Vec<Call> {
        self.assignment.aspects.iter().flat_map(|aspect| self.searches(aspect)).collect()
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        let documents = self.documents();
        let mut rows: Vec<Row> = documents
            .iter()
            .map(|document| Row { label: document.file.clone(), cells: Vec::new() })
            .collect();
        let mut gaps = Vec::new();
        for aspect in &self.assignment.aspects {
            let found = findings(&self.searches(aspect), known);
            let query = Query::of(aspect, &found);
            let passages = passages(&found, self.input);
            for (row, document) in rows.iter_mut().zip(&documents) {
                let cell = self.cell(&query, &passages, &document.source, documents.len());
                if cell.citations.is_empty() {
                    gaps.push(format!("{} in {}", not_said(aspect), document.file));
                }
                row.cells.push(cell);
            }
        }
        let claims = claims(&rows);
        let columns =
            std::iter::once("document".to_owned()).chain(self.assignment.aspects.iter().cloned()).collect();
        let filled = claims.len();
        Solution {
            summary: summary(&claims, &gaps),
            claims,
            table: Some(Table { columns, rows }),
            gaps,
            confidence: if filled == 0 { 0.3 } else { 0.8 },
        }
    }
}

impl Rows<'_> {
    fn documents(&self) -> Vec<&DocumentBrief> {
        let asked = |document: &&DocumentBrief| {
            self.assignment.sources.is_empty() || self.assignment.sources.contains(&document.source)
        };
        readable(&self.input.task).into_iter().filter(asked).collect()
    }

    fn searches(&self, aspect: &str) -> Vec<Call> {
        searches(aspect, &self.assignment.sources, true)
    }

    fn cell(&self, query: &Query, passages: &[Passage<'_>], source: &str, documents: usize) -> Cell {
        let own: Vec<Passage<'_>> =
            passages.iter().filter(|passage| passage.hit.source == source).cloned().collect();
        let coverage = own.iter().map(|passage| query.passage(passage)).fold(0.0, f64::max);
        let best = if coverage < CELL_COVERAGE_MIN {
            None
        } else {
            ranked(scored(&own, query), 0.3).into_iter().next()
        };
        let Some(best) = best else {
            return Cell { text: SAYS_NOTHING.to_owned(), citations: Vec::new() };
        };
        let words = (ROWS_WORDS_MAX / (documents * self.assignment.aspects.len()).max(1)).clamp(12, 60);
        Cell { text: shortened(&flat(&best.citation.quote), words), citations: vec![best.citation] }
    }
}

fn claims(rows: &[Row]) -> Vec<Claim> {
    let cells = rows.iter().flat_map(|row| &row.cells).filter(|cell| !cell.citations.is_empty());
    cells
        .map(|cell| Claim {
            text: cell.text.clone(),
            citations: cell.citations.clone(),
            subtasks: Vec::new(),
        })
        .collect()
}
