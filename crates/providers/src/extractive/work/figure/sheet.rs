//! Tables as the tool answers them.

use serde::Deserialize;
use serde_json::Value;

/// The first rows of a table, to understand it by.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sheet {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Rows in all.
    pub(super) matched: usize,
}

impl Sheet {
    /// Reads an answer of `query_table`.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let answer = Answer::deserialize(value).ok()?;
        let rows = answer.rows.into_iter().map(|row| row.cells).collect();
        Some(Self { columns: answer.columns, rows, matched: answer.matched })
    }

    /// The cells of a column that are not empty.
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .filter_map(move |row| row.get(column))
            .map(String::as_str)
            .filter(|cell| !cell.trim().is_empty())
    }

    /// Whether most cells of a column are dates (`2012-10-18`).
    pub(super) fn is_date(&self, column: usize) -> bool {
        let (mut dates, mut all) = (0, 0);
        for cell in self.cells(column).take(50) {
            all += 1;
            dates += usize::from(is_date(cell));
        }
        dates * 2 > all
    }

    /// The column that names a row.
    pub(super) fn label(&self) -> usize {
        let named = |wanted: &str| self.columns.iter().position(|column| column.to_lowercase() == wanted);
        named("name").or_else(|| named("title")).or_else(|| named("codename")).unwrap_or(0)
    }
}

/// `2012-10-18` or `2012-10`.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.len(), 2 | 3)
        && parts[0].len() == 4
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An answer of `query_table`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Answer {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<AnswerRow>,
    #[serde(default)]
    pub(super) matched: usize,
    #[serde(default)]
    pub(super) aggregates: Vec<Aggregate>,
    #[serde(default)]
    pub(super) groups: Option<Vec<Group>>,
}

/// One row with its place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct AnswerRow {
    pub(super) cells: Vec<String>,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// One computed value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Aggregate {
    pub(super) value: Option<String>,
}

/// The rows that share a value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Group {
    pub(super) key: String,
    pub(super) count: usize,
    #[serde(default)]
    pub(super) aggregates: Vec<Aggregate>,
}
