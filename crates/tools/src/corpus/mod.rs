//! The documents of one task together: numbered, searchable, and the judge of citations.

mod build;
mod citation;
mod source;

pub use build::Attachment;
pub use citation::CitationCheck;
pub use source::{InvalidSource, Source};

use std::sync::Arc;

use crate::documents::{Location, Parsed, Span};
use crate::retrieval::CorpusIndex;

/// One readable document of a task.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its number in the task.
    pub source: Source,
    /// Display name, unique in the task.
    pub name: String,
    /// Hash of its text; orders what would else be tied.
    pub digest: [u8; 32],
    /// Its text and structure.
    pub parsed: Arc<Parsed>,
}

/// A document that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Display name.
    pub name: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// All documents of a task. Built once for a set of documents and shared; the order in which they were given
/// changes nothing.
#[derive(Debug, Default)]
pub struct Corpus {
    documents: Vec<Document>,
    unreadable: Vec<Unreadable>,
    index: CorpusIndex,
}

impl Corpus {
    /// The readable documents, by source number.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The documents that could not be read, by name.
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// The passages of all documents.
    pub fn index(&self) -> &CorpusIndex {
        &self.index
    }

    /// The document that a call or a citation names (`D1`).
    pub fn document(&self, source: &str) -> Option<&Document> {
        let source: Source = source.parse().ok()?;
        self.documents.get(source.index())
    }

    /// Where a span lies for a person; `None` where there is no such place.
    pub fn locate(&self, source: &str, start: u32, end: u32) -> Option<Location> {
        let parsed = &self.document(source)?.parsed;
        let span = Span::new(start, end);
        parsed.slice(span).map(|_| parsed.locate(span))
    }
}
