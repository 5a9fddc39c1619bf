//! Tables of a report as Markdown.

use divisi_llm::outputs::{Row, Table};

use super::citations::Citations;
use super::escape::inline;

/// The table, or nothing where it has no columns or no rows. Rows are brought to the width of the head.
pub(super) fn render<'r>(table: &'r Table, citations: &mut Citations<'r>) -> String {
    if table.columns.is_empty() || table.rows.is_empty() {
        return String::new();
    }
    let head: Vec<String> = table.columns.iter().map(|column| cell(column)).collect();
    let mut lines = vec![line(&head), line(&vec!["---".to_owned(); head.len()])];
    lines.extend(table.rows.iter().map(|row| line(&row_cells(row, head.len(), citations))));
    lines.join("\n")
}

fn row_cells<'r>(row: &'r Row, width: usize, citations: &mut Citations<'r>) -> Vec<String> {
    let mut cells = vec![cell(&row.label)];
    for one in row.cells.iter().take(width.saturating_sub(1)) {
        cells.push(cell(&one.text) + &citations.marks(&one.citations));
    }
    cells.resize(width, String::new());
    cells
}

fn cell(text: &str) -> String {
    inline(text).replace('|', "\\|")
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}
