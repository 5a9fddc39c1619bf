//! Rows in columns, for lists.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::plain::plain_line;
use super::wrap::fit;

/// Columns that the flexible cell keeps, where it has so many.
const FLEXIBLE_MIN: usize = 10;

/// The rows with aligned columns; the column `flexible` gives way where the terminal is narrow, then the last ones are left
/// out. No cell steers it.
pub(crate) fn columns(rows: &[Vec<String>], flexible: usize, width: usize) -> String {
    let rows: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| plain_line(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths = fitted((0..count).map(wide).collect(), flexible, width);
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .filter_map(|(cell, width)| width.map(|width| pad(&fit(cell, width), width)))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Columns of each cell; `None`: it is left out. The flexible one gives way first; where that is not enough, the last ones
/// go, never the first.
fn fitted(widths: Vec<usize>, flexible: usize, width: usize) -> Vec<Option<usize>> {
    let least = widths.get(flexible).map_or(0, |wide| FLEXIBLE_MIN.min(*wide));
    let mut shown: Vec<Option<usize>> = widths.into_iter().map(Some).collect();
    let needed = |shown: &[Option<usize>], flexes: usize| {
        let cells = shown.iter().enumerate().filter_map(|(at, wide)| Some((at, (*wide)?)));
        let cells: Vec<usize> = cells.map(|(at, wide)| if at == flexible { flexes } else { wide }).collect();
        cells.iter().sum::<usize>() + 2 * cells.len().saturating_sub(1)
    };
    while needed(&shown, least) > width {
        let last =
            (1..shown.len()).rev().find(|at| *at != flexible && shown.get(*at).copied().flatten().is_some());
        let Some(cell) = last.and_then(|last| shown.get_mut(last)) else { break };
        *cell = None;
    }
    let others = needed(&shown, 0);
    if let Some(Some(room)) = shown.get_mut(flexible) {
        *room = (*room).min(width.saturating_sub(others)).max(least);
    }
    shown
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
