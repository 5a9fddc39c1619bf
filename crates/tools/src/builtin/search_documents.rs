//! `search_documents`: the passages that answer best to some words, with their exact places.

use serde::{Deserialize, Serialize};

/// `{"query":…,"sources"?:["D1"],"limit"?:12,"per_source"?:3}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Arguments {
    /// Words to look for.
    pub query: String,
    /// Only in these sources.
    pub sources: Option<Vec<String>>,
    /// Hits at most, 1–50.
    #[serde(default = "limit_default")]
    pub limit: usize,
    /// Hits at most from one source.
    pub per_source: Option<usize>,
}

fn limit_default() -> usize {
    12
}

/// `{"hits":[…],"searched":{…},"terms":[…]}`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// Best first; ties by document digest and place.
    pub hits: Vec<Hit>,
    /// How much was searched.
    pub searched: Searched,
    /// The words of the query and how often they occur, in the order of the query.
    pub terms: Vec<Term>,
}

/// One passage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// `D1`…
    pub source: String,
    /// The display name.
    pub file: String,
    /// First byte in the document's text.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// First line.
    pub line: u32,
    /// Last line.
    pub line_end: u32,
    /// Page (pdf), else null.
    pub page: Option<u32>,
    /// The path of headings it stands under, else null.
    pub heading: Option<String>,
    /// BM25 score in thousandths.
    pub score_milli: u32,
    /// The exact bytes of the span.
    pub text: String,
}

/// How much was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Searched {
    /// Documents.
    pub documents: usize,
    /// Passages.
    pub chunks: usize,
}

/// A word of the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Its stem, as it is indexed.
    pub term: String,
    /// As the query writes it.
    #[serde(rename = "as")]
    pub written: String,
    /// Searched documents that have it.
    pub documents: usize,
    /// Searched passages that have it.
    pub chunks: usize,
}
