//! The documents of one task together: numbered, searchable, and the judge of citations.

mod source;

pub use source::{InvalidSource, Source};

use std::sync::Arc;

use crate::documents::Parsed;

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

/// All documents of a task. Built once for a set of documents and shared.
#[derive(Debug, Default)]
pub struct Corpus {
    documents: Vec<Document>,
}

impl Corpus {
    /// The readable documents, by source number.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }
}
