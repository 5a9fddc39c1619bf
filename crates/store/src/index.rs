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
    /// Found before the text.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was made.
    pub at: Timestamp,
}

/// Where the words of a query stand in an entry; the better place is the lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// All of them in the title.
    Title,
    /// In the title or the text.
    Text,
    /// All of them in the title, the last one as the beginning of a word.
    TitleBegun,
    /// In the title or the text, the last one as the beginning of a word.
    TextBegun,
}

/// An entry that a query found, without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub key: IndexKey,
    /// Where the words stand.
    pub place: Place,
}

/// Finding entries: works beside the process that writes the index, and without one. Whatever a person types is taken
/// literally and never an error; a query without a word finds nothing.
pub trait Search: Send + Sync {
    /// Entries of the workspace that contain every word of `query` (the last one also as the beginning of a word, from three
    /// letters on), in order of the place where these stand, then newest first in order of their first put; at most
    /// [`crate::limits::SEARCH_RANKED_MAX`].
    fn find(&self, workspace: WorkspaceId, query: &str) -> Result<Vec<Found>>;
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
