//! The answer of a query in sentences, with the rows behind it.

use divisi_llm::outputs::{Cell, Citation, Claim, Row, Solution, Table};

use super::ask::{Ask, Operation};
use super::sheet::{Answer, AnswerRow};

/// Rows of the table behind the figure.
const TABLE_ROWS_MAX: usize = 6;
/// Names in a sentence.
const NAMES_MAX: usize = 25;
/// Groups in a sentence.
const GROUPS_MAX: usize = 20;

/// The figure and its rows.
pub(super) fn solution(
    ask: &Ask,
    answer: &Answer,
    total: usize,
    citations: &[Citation],
    file: &str,
) -> Solution {
    let text = sentence(ask, answer, total, file);
    let claim = Claim { text: text.clone(), citations: citations.to_vec(), subtasks: Vec::new() };
    Solution {
        summary: text,
        claims: vec![claim],
        table: Some(rows(ask, answer, citations)),
        gaps: Vec::new(),
        confidence: 0.9,
    }
}

fn sentence(ask: &Ask, answer: &Answer, total: usize, file: &str) -> String {
    let conditions = conditions(ask);
    let over = ask.over.as_deref().unwrap_or_default();
    let value =
        answer.aggregates.first().and_then(|one| one.value.clone()).unwrap_or_else(|| "nothing".to_owned());
    if let Some(groups) = &answer.groups {
        let listed: Vec<String> = groups
            .iter()
            .take(GROUPS_MAX)
            .map(|group| {
                let value = group.aggregates.first().and_then(|one| one.value.clone());
                format!("{}: {}", group.key, value.unwrap_or_else(|| group.count.to_string()))
            })
            .collect();
        return format!(
            "{} in {file}{conditions}: {}.",
            ask.group.as_deref().unwrap_or_default(),
            listed.join("; ")
        );
    }
    match ask.operation {
        Operation::Count => format!("{} of {total} rows of {file} match{conditions}.", answer.matched),
        Operation::Sum => {
            format!("The sum of {over} is {value} over {} rows of {file}{conditions}.", answer.matched)
        }
        Operation::Average => {
            format!("The average of {over} is {value} over {} rows of {file}{conditions}.", answer.matched)
        }
        Operation::Highest => {
            format!("The highest {over} is {value}: {}{conditions}.", named(ask, answer, 1))
        }
        Operation::Lowest => format!("The lowest {over} is {value}: {}{conditions}.", named(ask, answer, 1)),
        Operation::Rows if answer.matched == 1 => format!("{}{conditions}.", named(ask, answer, 1)),
        Operation::Rows => {
            format!(
                "{} of {total} rows of {file} match{conditions}: {}.",
                answer.matched,
                named(ask, answer, NAMES_MAX)
            )
        }
    }
}

fn conditions(ask: &Ask) -> String {
    let said: Vec<String> = ask
        .conditions
        .iter()
        .map(|one| {
            let op = match one.op {
                "eq" => "is",
                "ne" => "is not",
                "contains" => "contains",
                "lt" => "is below",
                "le" => "is at most",
                "gt" => "is above",
                "ge" => "is at least",
                "empty" => "is empty",
                _ => "is not empty",
            };
            let value = if one.value.is_empty() { String::new() } else { format!(" \"{}\"", one.value) };
            format!("{} {op}{value}", one.column)
        })
        .collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

/// The wanted cells of the first rows; all cells of a single row where none is wanted.
fn named(ask: &Ask, answer: &Answer, rows_max: usize) -> String {
    let rows: Vec<String> =
        answer.rows.iter().take(rows_max).map(|row| one_row(ask, answer, row, rows_max)).collect();
    let more = answer.rows.len().saturating_sub(rows_max);
    let more = if more > 0 && rows_max > 1 {
        format!(", and {} more", answer.matched - rows_max)
    } else {
        String::new()
    };
    format!("{}{more}", rows.join(", "))
}

fn one_row(ask: &Ask, answer: &Answer, row: &AnswerRow, rows_max: usize) -> String {
    let cell = |name: &String| cell_of(answer, row, name);
    if rows_max > 1 {
        let wanted: Vec<String> = ask.wanted.iter().map(cell).filter(|cell| !cell.is_empty()).collect();
        return if wanted.is_empty() { cell(&ask.label) } else { wanted.join(" ") };
    }
    let columns: Vec<&String> =
        if ask.wanted.is_empty() { answer.columns.iter().collect() } else { ask.wanted.iter().collect() };
    let filled =
        columns.into_iter().map(|column| (column, cell(column))).filter(|(_, cell)| !cell.is_empty());
    let said: Vec<String> = filled.map(|(column, cell)| format!("{column}: {cell}")).collect();
    let label = cell(&ask.label);
    let known = ask.wanted.is_empty() || ask.wanted.contains(&ask.label);
    if known || label.is_empty() { said.join("; ") } else { format!("{} ({label})", said.join("; ")) }
}

fn cell_of(answer: &Answer, row: &AnswerRow, column: &str) -> String {
    let at = answer.columns.iter().position(|known| known == column);
    at.and_then(|at| row.cells.get(at)).cloned().unwrap_or_default()
}

/// The first rows, each cell of the label cited.
fn rows(ask: &Ask, answer: &Answer, citations: &[Citation]) -> Table {
    let mut columns: Vec<String> = vec![ask.label.clone()];
    let bound = ask.conditions.iter().map(|one| &one.column);
    for column in ask.wanted.iter().chain(&ask.over).chain(bound) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    if columns.len() == 1 {
        columns.extend(answer.columns.iter().filter(|column| **column != ask.label).take(3).cloned());
    }
    let row = |(row, citation): (&AnswerRow, &Citation)| Row {
        label: cell_of(answer, row, &ask.label),
        cells: columns[1..]
            .iter()
            .map(|column| Cell { text: cell_of(answer, row, column), citations: vec![citation.clone()] })
            .collect(),
    };
    let rows = answer.rows.iter().zip(citations).take(TABLE_ROWS_MAX).map(row).collect();
    Table { columns, rows }
}
