//! Tables fitted to the width of the terminal: cells wrap, the widest columns give way first.

use unicode_width::UnicodeWidthStr;

use super::paint::Paint;
use super::wrap::{Piece, wrap};

/// Columns between two cells.
const GAP: usize = 2;
/// Columns that a cell keeps at least.
const CELL_MIN: usize = 8;

/// The table's lines; the first row is its head.
pub(super) fn render(rows: &[Vec<Vec<Piece>>], width: usize, paint: Paint) -> Vec<String> {
    let widths = fit_columns(rows, width);
    let mut lines = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        lines.extend(row_lines(row, &widths, at == 0, paint));
        if at == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            lines.push(paint.dim(&rule.join(&" ".repeat(GAP))));
        }
    }
    lines
}

fn fit_columns(rows: &[Vec<Vec<Piece>>], width: usize) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let natural = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| seen(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..count).map(|column| natural(column).max(1)).collect();
    let room = width.saturating_sub(GAP * count.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > CELL_MIN) else { break };
        *widest -= 1;
    }
    widths
}

fn seen(cell: &[Piece]) -> usize {
    cell.iter().map(|piece| piece.text.width()).sum()
}

fn row_lines(row: &[Vec<Piece>], widths: &[usize], head: bool, paint: Paint) -> Vec<String> {
    let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines = Vec::with_capacity(height);
    for at in 0..height {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            let missing = width.saturating_sub(plain_width(text));
            line += &if head { paint.bold(text) } else { text.to_owned() };
            line += &" ".repeat(missing + GAP);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Columns of a text without its escapes.
fn plain_width(text: &str) -> usize {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\x1b' {
            plain.push(char);
            continue;
        }
        match chars.next() {
            Some('[') => {
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
            Some(']') => {
                chars.by_ref().find(|char| *char == '\\');
            }
            _ => {}
        }
    }
    plain.width()
}
