//! Passages: what is indexed, found and cited. Their spans cover every visible character of the text.

use super::{prose, records};
use crate::documents::{Kind, Layout, Parsed, Span};

/// The size that a passage aims not to exceed, in bytes. A single sentence or row may be longer, up to
/// [`CHUNK_BYTES_MAX`].
pub(super) const CHUNK_BYTES_AIM: usize = 1_200;
/// No passage is longer, in bytes.
pub(super) const CHUNK_BYTES_MAX: usize = 4_096;

/// One passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Its exact bytes.
    pub span: Span,
    /// Text elsewhere that says what the passage is about: a table's header, the line that opens a list.
    pub lead: Option<Span>,
    /// A heading, a line of a table of contents or one that every page repeats: it ranks below other text.
    pub is_minor: bool,
}

impl Chunk {
    pub(super) fn text(span: Span) -> Self {
        Self { span, lead: None, is_minor: false }
    }
}

/// The passages of a document in the order of the text, without overlap.
pub fn chunks(parsed: &Parsed) -> Vec<Chunk> {
    match (&parsed.table, parsed.kind) {
        (Some(table), Kind::Csv) if matches!(table.layout, Layout::Separated(_)) => {
            records::rows(parsed, table)
        }
        (_, Kind::Json) => records::values(parsed),
        _ => prose::passages(parsed),
    }
}
