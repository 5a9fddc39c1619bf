//! `read_span`: the exact text of a place, widened to whole lines where lines around it are asked for.

use serde::{Deserialize, Serialize};

/// `{"source":"D1","start":0,"end":80,"before_lines"?:2,"after_lines"?:2}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Arguments {
    /// `D1`…
    pub source: String,
    /// First byte in the document's text.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Lines to add before; with either of the two, the span is widened to whole lines.
    pub before_lines: Option<u32>,
    /// Lines to add after.
    pub after_lines: Option<u32>,
}

/// `{"source","file","start","end","line","line_end","page","heading","text"}`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// `D1`…
    pub source: String,
    /// The display name.
    pub file: String,
    /// First byte of what is returned.
    pub start: u32,
    /// Byte after the last of what is returned.
    pub end: u32,
    /// First line.
    pub line: u32,
    /// Last line.
    pub line_end: u32,
    /// Page (pdf), else null.
    pub page: Option<u32>,
    /// The path of headings it stands under, else null.
    pub heading: Option<String>,
    /// The exact bytes `start..end`.
    pub text: String,
    /// Present and true where [`super::SPAN_BYTES_MAX`] cut the end off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}
