//! Places in a document, for machines (spans) and for people (lines and pages).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Bytes `start..end` of a document's text.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
pub struct Span {
    /// The first byte.
    #[n(0)]
    pub start: u32,
    /// The byte after the last.
    #[n(1)]
    pub end: u32,
}

impl Span {
    /// From two offsets.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Bytes of the span.
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether nothing lies in it.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// Where a span lies, as a person counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The first line, from 1: in the file, or in the extracted text of a PDF.
    pub line: u32,
    /// The last line.
    pub line_end: u32,
    /// The page of a PDF, from 1.
    pub page: Option<u32>,
}

/// A place as it is written in a report: `GPL-3:120`, `GPL-3:120-124`, `manual.pdf p. 3`.
pub fn cite(file: &str, location: Location) -> String {
    match location {
        Location { page: Some(page), .. } => format!("{file} p. {page}"),
        Location { line, line_end, .. } if line_end > line => format!("{file}:{line}-{line_end}"),
        Location { line, .. } => format!("{file}:{line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_cited_by_line_or_page() {
        let at = |line, line_end, page| Location { line, line_end, page };
        let rows = [
            ("GPL-3", at(120, 120, None), "GPL-3:120"),
            ("GPL-3", at(120, 124, None), "GPL-3:120-124"),
            ("manual.pdf", at(80, 90, Some(3)), "manual.pdf p. 3"),
        ];
        for (file, location, text) in rows {
            assert_eq!(cite(file, location), text);
        }
    }
}
