//! Answers of models that other tasks of the workspace may be given: a cache, never the truth. Each belongs to the stream
//! that paid for it, and goes with that stream's content.

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::time::Timestamp;

use crate::stream::StreamRef;

/// An answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Who asked, and owns the content.
    pub stream: StreamRef,
    /// Keyed hash of the whole request, under the workspace's key. One answer is kept for each: the latest.
    pub request: Digest,
    /// The answer, content of `stream`.
    pub answer: BlobRef,
    /// From when on it is given to nobody.
    pub expires: Timestamp,
}
