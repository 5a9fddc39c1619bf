//! One lesson.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::blob::BlobRef;
use crate::name::Name;
use crate::time::Timestamp;

/// Where a lesson comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LessonSource {
    /// A person rated a finished task and said why.
    #[n(0)]
    Rating,
    /// A person asked for a revision.
    #[n(1)]
    Revision,
    /// A person declined or edited what was asked for.
    #[n(2)]
    Approval,
    /// A review found the same weakness again and again.
    #[n(3)]
    Review,
}

/// A lesson of a workspace. Its words lie in a blob.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Lesson {
    /// Unique in the workspace, ascending.
    #[n(0)]
    pub number: u64,
    /// Where it comes from.
    #[n(1)]
    pub source: LessonSource,
    /// Whom it is for; `None` is everyone.
    #[n(2)]
    pub agent_type: Option<Name>,
    /// What it is about, in lower case; none is everything.
    #[n(3)]
    pub topics: BTreeSet<Name>,
    /// What it says.
    #[n(4)]
    pub text: BlobRef,
    /// Its length in the prompt.
    #[n(5)]
    pub text_bytes: u32,
    /// When it was learned.
    #[n(6)]
    pub learned_at: Timestamp,
    /// A person took it back: it applies to nothing.
    #[n(7)]
    pub retired: bool,
}
