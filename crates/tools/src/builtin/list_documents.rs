//! `list_documents {}`: what the task's documents are, with their headings and columns.

use serde::Serialize;

use crate::documents::Kind;

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
