//! `search_documents`: the passages that answer best to some words, with their exact places.

use std::collections::BTreeSet;

use divisi_domain::name::Name;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{named, read_only, respond};
use crate::calls::{Tool, ToolContext, ToolError, ToolOutput, ToolSpec};
use crate::corpus::Corpus;
use crate::documents::Location;
use crate::retrieval::{Found, Query, TermCount};

/// The tool.
#[derive(Debug)]
pub struct SearchDocuments(ToolSpec);

impl Default for SearchDocuments {
    fn default() -> Self {
        let schema = json!({
            "type": "object",
            "properties": {
                "query": { "type": "string", "minLength": 1, "maxLength": 2000, "description": "Words to look for." },
                "sources": {
                    "type": "array", "items": { "type": "string" }, "maxItems": 1000,
                    "description": "Search only these sources, e.g. D1. All where absent."
                },
                "limit": { "type": "integer", "minimum": 1, "maximum": 50, "description": "Hits at most; 12 where absent." },
                "per_source": { "type": "integer", "minimum": 1, "maximum": 50, "description": "Hits at most from one source." }
            },
            "required": ["query"],
            "additionalProperties": false
        });
        Self(read_only(
            Name::from_static("search_documents"),
            "Finds the passages of the task's documents that fit some words best, with their exact places, and says \
             how often each word occurs. Cite a passage by its source, start and end.",
            schema,
        ))
    }
}

impl Tool for SearchDocuments {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(
        &'a self,
        context: &'a ToolContext,
        given: &'a Value,
    ) -> BoxFuture<'a, Result<ToolOutput, ToolError>> {
        respond(&self.0, context, given, search)
    }
}

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
    /// The line of each line of the text, present where they do not follow each other in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<u32>>,
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

fn search(corpus: &Corpus, given: &Arguments) -> Result<Output, ToolError> {
    let chosen = given.sources.as_ref().map(|sources| indexes(corpus, sources)).transpose()?;
    let answer = corpus.index().search(&Query {
        text: &given.query,
        documents: chosen.as_ref(),
        limit: given.limit,
        per_document: given.per_source.unwrap_or(usize::MAX),
    });
    Ok(Output {
        hits: answer.found.iter().map(|found| hit(corpus, found)).collect(),
        searched: Searched { documents: answer.documents, chunks: answer.chunks },
        terms: answer.terms.into_iter().map(term).collect(),
    })
}

fn indexes(corpus: &Corpus, sources: &[String]) -> Result<BTreeSet<usize>, ToolError> {
    sources.iter().map(|source| named(corpus, source).map(|document| document.source.index())).collect()
}

fn hit(corpus: &Corpus, found: &Found) -> Hit {
    let document = &corpus.documents()[found.document];
    let parsed = &document.parsed;
    let Location { line, line_end, page } = parsed.locate(found.span);
    Hit {
        source: document.source.to_string(),
        file: document.name.clone(),
        start: found.span.start,
        end: found.span.end,
        line,
        line_end,
        lines: parsed.scattered_lines(found.span),
        page,
        heading: parsed.heading_path(found.span.start),
        score_milli: found.score_milli,
        text: parsed.slice(found.span).unwrap_or_default().to_owned(),
    }
}

fn term(count: TermCount) -> Term {
    Term { term: count.term, written: count.written, documents: count.documents, chunks: count.chunks }
}
