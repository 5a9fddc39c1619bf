//! Retrieval over the documents of one task: passages with exact spans, ranked by BM25.
//!
//! The index lives in memory and is built from the task's own documents only. A full-text index of the store
//! (which the workspace's search uses) would not do here: its term statistics come from everything that is
//! stored beside, so the same question on the same files would rank differently from one day to the next, and
//! a workspace's other documents would show through the scores. Here the same set of documents gives the same
//! hits, in whatever order the files were named.

mod chunk;
mod index;
mod language;
mod prose;
mod records;
mod sentences;
mod words;

pub use chunk::{Chunk, chunks};
pub use index::{CorpusIndex, Found, Indexed, Query, Searched, TermCount};
pub use sentences::sentences;
