//! `list_documents {}`: what the task's documents are, with their headings and columns.

use divisi_domain::name::Name;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{HEADINGS_MAX, LISTED_HEADINGS_MAX, read_only, respond};
use crate::calls::{Tool, ToolContext, ToolError, ToolOutput, ToolSpec};
use crate::corpus::{Corpus, Document};
use crate::documents::{Heading, Kind, Parsed};

/// The tool.
#[derive(Debug)]
pub struct ListDocuments(ToolSpec);

impl Default for ListDocuments {
    fn default() -> Self {
        Self(read_only(
            Name::from_static("list_documents"),
            "Lists the documents of this task with their kinds, sizes, headings and table columns. Call it first.",
            json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        ))
    }
}

impl Tool for ListDocuments {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(
        &'a self,
        context: &'a ToolContext,
        given: &'a Value,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        respond(&self.0, context, given, |documents, _: &Arguments| Ok(list(documents)))
    }
}

/// `{}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Arguments {}

/// `{"documents":[…],"unreadable":[…],"omitted":{…}}`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// Every readable document, by its source number.
    pub documents: Vec<Entry>,
    /// Documents that could not be read, and why. Left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
    /// Headings that were left out, because there were too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headings_omitted: Option<usize>,
}

/// One readable document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// `D1`…, numbered by file name.
    pub source: String,
    /// The display name, unique in the task.
    pub file: String,
    /// How it was read.
    pub kind: Kind,
    /// Bytes of its text.
    pub bytes: usize,
    /// Lines of its text.
    pub lines: usize,
    /// Pages (pdf), else null.
    pub pages: Option<usize>,
    /// The first headings, at most [`super::HEADINGS_MAX`].
    pub headings: Vec<HeadingEntry>,
    /// Columns of a table, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Rows of a table, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// What a reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// One heading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadingEntry {
    /// 1 is the highest.
    pub level: u8,
    /// The words.
    pub text: String,
    /// Where it starts, in bytes of the text.
    pub start: u32,
    /// Its line.
    pub line: u32,
}

/// A document that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreadable {
    /// The display name.
    pub file: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Many documents share the headings that one answer may hold.
fn list(corpus: &Corpus) -> Output {
    let documents = corpus.documents();
    let share = (LISTED_HEADINGS_MAX / documents.len().max(1)).min(HEADINGS_MAX);
    let omitted: usize =
        documents.iter().map(|document| document.parsed.headings.len().saturating_sub(share)).sum();
    let unreadable = |document: &crate::corpus::Unreadable| Unreadable {
        file: document.name.clone(),
        problem: document.problem.clone(),
    };
    Output {
        documents: documents.iter().map(|document| entry(document, share)).collect(),
        unreadable: corpus.unreadable().iter().map(unreadable).collect(),
        headings_omitted: (omitted > 0).then_some(omitted),
    }
}

fn entry(document: &Document, headings_max: usize) -> Entry {
    let parsed = &document.parsed;
    let table = parsed.table.as_ref();
    Entry {
        source: document.source.to_string(),
        file: document.name.clone(),
        kind: parsed.kind,
        bytes: parsed.text.len(),
        lines: parsed.lines.len(),
        pages: parsed.pages.as_ref().map(Vec::len),
        headings: chosen(&parsed.headings, headings_max)
            .map(|heading| heading_entry(parsed, heading))
            .collect(),
        columns: table.map(|table| table.columns.clone()),
        rows: table.map(|table| table.rows.len()),
        warnings: parsed.warnings.clone(),
    }
}

/// The first headings of the deepest level at which all of that level and above still fit.
fn chosen(headings: &[Heading], max: usize) -> impl Iterator<Item = &Heading> {
    let within = |level: u8| headings.iter().filter(|heading| heading.level <= level).count();
    let deepest = (1..=6).rev().find(|level| within(*level) <= max).unwrap_or(1);
    headings.iter().filter(move |heading| heading.level <= deepest).take(max)
}

fn heading_entry(parsed: &Parsed, heading: &Heading) -> HeadingEntry {
    HeadingEntry {
        level: heading.level,
        text: heading.text.clone(),
        start: heading.start,
        line: parsed.line_of(heading.start),
    }
}
