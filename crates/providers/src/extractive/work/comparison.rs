//! The rows of other subtasks as one table.

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::{Cell, Row, Solution, Table};

use super::Job;
use super::exchange::{Call, Exchanges};
use super::rows::cited_cells;
use crate::extractive::assignment::Assignment;
use crate::extractive::wording::{IN_SHORT, SAYS_NOTHING};

/// Lays findings side by side.
pub(super) struct Comparison<'a> {
    pub(super) input: &'a WorkInput,
    pub(super) assignment: Assignment,
}

impl Job for Comparison<'_> {
    fn calls(&self, _: &Exchanges) -> Vec<Call> {
        Vec::new()
    }

    fn solution(&self, _: &Exchanges) -> Solution {
        let solved = self.input.dependencies.iter().filter_map(|dependency| dependency.solution.as_ref());
        let tables: Vec<&Table> = solved.filter_map(|solution| solution.table.as_ref()).collect();
        let aspects = aspects(&self.assignment.aspects, &tables);
        let columns: Vec<String> =
            std::iter::once("document".to_owned()).chain(aspects.iter().cloned()).collect();
        let mut rows: Vec<Row> = tables.into_iter().flat_map(|table| realigned(table, &columns)).collect();
        rows.sort_by(|a, b| a.label.cmp(&b.label));
        let gaps = gaps(self.input);
        let claims = cited_cells(&rows);
        let summary = format!("{} documents side by side on {}.", rows.len(), aspects.join(", "));
        let confidence = if claims.is_empty() { 0.3 } else { 0.8 };
        Solution { summary, claims, table: Some(Table { columns, rows }), gaps, confidence }
    }
}

/// The aspects as assigned; where one of them says nothing in particular, those that the others found.
fn aspects(assigned: &[String], tables: &[&Table]) -> Vec<String> {
    if !assigned.iter().any(|aspect| aspect == IN_SHORT) {
        return assigned.to_vec();
    }
    let mut found: Vec<String> = Vec::new();
    for column in tables.iter().flat_map(|table| table.columns.iter().skip(1)) {
        if !found.contains(column) {
            found.push(column.clone());
        }
    }
    if found.is_empty() { assigned.to_vec() } else { found }
}

/// The rows of `table` with their cells in the order of `columns`.
fn realigned(table: &Table, columns: &[String]) -> Vec<Row> {
    let cell = |row: &Row, column: &String| {
        let at = table.columns.iter().position(|known| known == column);
        let cell = at.and_then(|at| at.checked_sub(1)).and_then(|at| row.cells.get(at)).cloned();
        cell.unwrap_or_else(|| Cell { text: SAYS_NOTHING.to_owned(), citations: Vec::new() })
    };
    let row = |row: &Row| Row {
        label: row.label.clone(),
        cells: columns.iter().skip(1).map(|column| cell(row, column)).collect(),
    };
    table.rows.iter().map(row).collect()
}

fn gaps(input: &WorkInput) -> Vec<String> {
    let mut gaps: Vec<String> = Vec::new();
    for dependency in &input.dependencies {
        gaps.extend(dependency.gap.clone());
        gaps.extend(dependency.solution.iter().flat_map(|solution| solution.gaps.clone()));
    }
    gaps
}

#[cfg(test)]
mod tests;
