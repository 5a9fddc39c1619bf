//! A figure from a table: the question becomes a query, the query's answer a sentence with the rows behind it.

mod ask;
mod columns;
mod conditions;
mod decimal;
mod say;
mod shapes;
mod sheet;
mod values;

use divisi_llm::inputs::{DocumentBrief, WorkInput};
use divisi_llm::outputs::{Citation, Solution};
use serde::Deserialize;
use serde_json::json;

use super::Job;
use super::exchange::{Call, Exchanges};
use super::feedback::Wishes;
use super::searches::Hit;
use super::statements::{Statements, summary};
use crate::extractive::assignment::{Assignment, Deliverable};
use crate::extractive::wording::not_said;
use ask::Ask;
use sheet::{Answer, Sheet};

/// Rows that are read to understand the table.
const SAMPLE_ROWS_MAX: usize = 1_000;
/// Rows that are cited: all up to so many, of more only the first few.
const CITED_ROWS_MAX: usize = 12;
const CITED_OF_MANY: usize = 6;

/// Rows that are shown where the question is no query of the table.
const FOUND_ROWS_MAX: usize = 4;

/// Queries a table.
pub(super) struct Figure<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Figure<'_> {
    fn calls(&self, known: &Exchanges) -> Vec<Call> {
        let Some(table) = self.table() else { return self.fallback().calls(known) };
        let sample = sample(table);
        if !known.has(&sample) {
            return vec![sample];
        }
        let Some(query) = self.ask(table, known).map(|ask| ask.call(&table.source)) else {
            return self.fallback().calls(known);
        };
        if !known.has(&query) {
            return vec![query];
        }
        match answer(&query, known) {
            Some(answer) if !answer.rows.is_empty() => reads(table, &answer),
            _ => self.fallback().calls(known),
        }
    }

    fn solution(&self, known: &Exchanges) -> Solution {
        self.computed(known).unwrap_or_else(|| self.as_found(self.fallback().solution(known)))
    }
}

impl Figure<'_> {
    fn table(&self) -> Option<&DocumentBrief> {
        let asked = |document: &&DocumentBrief| {
            !document.columns.is_empty()
                && (self.assignment.sources.is_empty() || self.assignment.sources.contains(&document.source))
        };
        self.input.task.documents.iter().find(asked)
    }

    /// Where the question is no query of this table: its rows as statements.
    fn fallback(&self) -> Statements<'_> {
        let assignment = Assignment { deliverable: Deliverable::Statements, ..self.assignment.clone() };
        Statements { input: self.input, assignment, wishes: Wishes::of(self.input) }
    }

    /// A few rows may answer by themselves; many, or the line of titles, answer nothing.
    fn as_found(&self, found: Solution) -> Solution {
        if found.claims.len() <= FOUND_ROWS_MAX {
            return found;
        }
        let gaps: Vec<String> = self.assignment.aspects.iter().map(|aspect| not_said(aspect)).collect();
        Solution { summary: summary(&[], &gaps), gaps, confidence: 0.3, ..Solution::default() }
    }

    fn ask(&self, table: &DocumentBrief, known: &Exchanges) -> Option<Ask> {
        let sheet = Sheet::read(known.result(&sample(table))?)?;
        Ask::of(self.assignment.aspects.first()?, &sheet, &table.file)
    }

    fn computed(&self, known: &Exchanges) -> Option<Solution> {
        let table = self.table()?;
        let total = Sheet::read(known.result(&sample(table))?)?.matched;
        let ask = self.ask(table, known)?;
        let answer = answer(&ask.call(&table.source), known).filter(|answer| !answer.rows.is_empty())?;
        let citations: Vec<Citation> =
            reads(table, &answer).iter().filter_map(|call| citation(known.result(call)?)).collect();
        (!citations.is_empty()).then(|| say::solution(&ask, &answer, total, &citations, &table.file))
    }
}

fn sample(table: &DocumentBrief) -> Call {
    Call { tool: "query_table", arguments: json!({ "source": table.source, "limit": SAMPLE_ROWS_MAX }) }
}

fn answer(query: &Call, known: &Exchanges) -> Option<Answer> {
    Answer::deserialize(known.result(query)?).ok()
}

/// Calls that bring the exact text of the first rows.
fn reads(table: &DocumentBrief, answer: &Answer) -> Vec<Call> {
    let cited = if answer.matched > CITED_ROWS_MAX { CITED_OF_MANY } else { CITED_ROWS_MAX };
    let rows = answer.rows.iter().take(cited);
    rows.map(|row| Call {
        tool: "read_span",
        arguments: json!({ "source": table.source, "start": row.start, "end": row.end }),
    })
    .collect()
}

fn citation(value: &serde_json::Value) -> Option<Citation> {
    let hit = Hit::deserialize(value).ok()?;
    Some(super::candidate::citation(&hit, 0, &hit.text))
}

#[cfg(test)]
mod tests;
