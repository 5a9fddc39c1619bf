//! `read_span`: the exact text of a place, widened to whole lines where lines around it are asked for.

use divisi_domain::name::Name;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{SPAN_BYTES_MAX, named, read_only, respond};
use crate::calls::{Tool, ToolContext, ToolError, ToolOutput, ToolSpec};
use crate::corpus::{Corpus, Document};
use crate::documents::{Location, Parsed, Span, offset};

/// The tool.
#[derive(Debug)]
pub struct ReadSpan(ToolSpec);

impl Default for ReadSpan {
    fn default() -> Self {
        let place = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
        let lines = json!({ "type": "integer", "minimum": 0, "maximum": 500 });
        let schema = json!({
            "type": "object",
            "properties": {
                "source": { "type": "string", "description": "A source, e.g. D1." },
                "start": place, "end": place, "before_lines": lines, "after_lines": lines
            },
            "required": ["source", "start", "end"],
            "additionalProperties": false
        });
        Self(read_only(
            Name::from_static("read_span"),
            "Reads the exact text of a place in a document. With before_lines or after_lines it returns whole lines \
             and that many around them.",
            schema,
        ))
    }
}

impl Tool for ReadSpan {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(
        &'a self,
        context: &'a ToolContext,
        given: &'a Value,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        respond(&self.0, context, given, read)
    }
}

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
    /// The line of each line of the text, present where they do not follow each other in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<u32>>,
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

fn read(corpus: &Corpus, given: &Arguments) -> Result<Output, ToolError> {
    let document = named(corpus, &given.source)?;
    let parsed = &document.parsed;
    let asked = Span::new(given.start, given.end);
    if asked.end < asked.start || parsed.slice(asked).is_none() {
        return Err(ToolError::refused(format!(
            "{} has no span {}..{}: its text has {} bytes, and a span begins and ends between characters.",
            given.source,
            given.start,
            given.end,
            parsed.text.len()
        )));
    }
    let whole = match (given.before_lines, given.after_lines) {
        (None, None) => asked,
        (before, after) => widened(parsed, asked, before.unwrap_or(0), after.unwrap_or(0)),
    };
    Ok(output(document, whole))
}

fn output(document: &Document, whole: Span) -> Output {
    let parsed = &document.parsed;
    let text = parsed.slice(whole).unwrap_or_default();
    let kept = &text[..text.floor_char_boundary(SPAN_BYTES_MAX)];
    let span = Span::new(whole.start, whole.start + offset(kept.len()));
    let Location { line, line_end, page } = parsed.locate(span);
    Output {
        source: document.source.to_string(),
        file: document.name.clone(),
        start: span.start,
        end: span.end,
        line,
        line_end,
        lines: parsed.scattered_lines(span),
        page,
        heading: parsed.heading_path(span.start),
        text: kept.to_owned(),
        truncated: kept.len() < text.len(),
    }
}

/// Whole lines around a span, without the line end of the last.
fn widened(parsed: &Parsed, span: Span, before: u32, after: u32) -> Span {
    let index_of = |at: u32| parsed.lines.partition_point(|start| *start <= at).saturating_sub(1);
    let first = index_of(span.start).saturating_sub(before as usize);
    let last = index_of(span.end.saturating_sub(1).max(span.start)).saturating_add(after as usize);
    let start = parsed.lines.get(first).copied().unwrap_or(0);
    let stop = parsed.lines.get(last + 1).copied().unwrap_or(offset(parsed.text.len()));
    let body = parsed.slice(Span::new(start, stop)).unwrap_or_default().trim_end_matches(['\n', '\r']);
    Span::new(start, start + offset(body.len()))
}
