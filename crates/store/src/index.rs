//! Full-text search over tasks and documents: a cache beside the store, rebuildable, in its own file.

use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;

use crate::error::Result;

/// What an entry is text of. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum IndexKind {
    /// Title and description of a task.
    Task = 1,
    /// The result of a task.
    Result = 2,
    /// An attached document.
    Document = 3,
}

impl IndexKind {
    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From the stored number.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Task),
            2 => Some(Self::Result),
            3 => Some(Self::Document),
            _ => None,
        }
    }
}

/// Names an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexKey {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// What it is text of.
    pub kind: IndexKind,
    /// The 16 bytes of the task's or document's id.
    pub id: [u8; 16],
}

/// Text to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Its name; an entry of the same name is replaced.
    pub key: IndexKey,
    /// That of a task is found before all texts.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was made.
    pub at: Timestamp,
}

/// Finding entries: works beside the process that writes the index, and without one. Whatever a person types is taken
/// literally and never an error; a query without a word finds nothing.
pub trait Search: Send + Sync {
    /// Entries of the workspace that contain every word of `query`; where these are fewer than `most`, those too in which the
    /// last word is the beginning of one, from three letters on. Where all words stand in the title of a task goes before
    /// where they stand anywhere, and within each the newest goes first, in order of their first put. The first `most` of
    /// that order, which is the same for every `most` up to [`crate::limits::SEARCH_RANKED_MAX`]; more are never told.
    fn find(&self, workspace: WorkspaceId, query: &str, most: usize) -> Result<Vec<IndexKey>>;
}

/// An index. A lost or damaged one is rebuilt, so writes need not be durable when they return.
pub trait DocumentIndex: Search {
    /// Adds or replaces entries. Blocks only while the bounded queue is full.
    fn put(&self, entries: Vec<IndexEntry>) -> Result<()>;

    /// Removes entries; their words are not in the index's files any more once [`DocumentIndex::flush`] has returned.
    fn delete(&self, keys: Vec<IndexKey>) -> Result<()>;

    /// Waits until everything given before is searchable and durable.
    fn flush(&self) -> Result<()>;

    /// The time of each entry as it was put; `None` where there is no such entry.
    fn stamps(&self, keys: &[IndexKey]) -> Result<Vec<Option<Timestamp>>>;

    /// Empties the index and fills it from `entries`, the oldest first. Says how many.
    fn rebuild(&self, entries: &mut dyn Iterator<Item = IndexEntry>) -> Result<u64>;

    /// Whether the index is whole, looked at in full. `false`: it is made anew at the next start.
    fn verify(&self) -> Result<bool>;
}
