//! Rows in columns, for lists.

use unicode_width::UnicodeWidthStr;

use super::wrap::fit;

/// The rows with aligned columns; the column `flexible` gives way where the terminal is narrow.
pub(crate) fn columns(rows: &[Vec<String>], flexible: usize, width: usize) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..count).map(wide).collect();
    let total: usize = widths.iter().sum::<usize>() + 2 * count.saturating_sub(1);
    if let Some(room) = widths.get_mut(flexible) {
        *room = room.saturating_sub(total.saturating_sub(width)).max(10.min(*room));
    }
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| pad(&fit(cell, *width), *width)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
