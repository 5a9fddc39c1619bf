//! Events as they are given and as they are kept.

use divisi_domain::id::InputId;
use divisi_domain::time::Timestamp;

/// A fact to be appended. `seq` and `at` come from the append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The kind's number: given once, never used again.
    pub kind: u16,
    /// Version of the body's shape.
    pub kind_version: u8,
    /// The input that caused the event; one of the append's [`crate::Append::inputs`].
    pub input_id: InputId,
    /// The encoded body; never text of a user or a model. At most [`crate::limits::EVENT_BODY_BYTES_MAX`].
    pub body: Vec<u8>,
}

/// A fact of a stream, as read back. Its checksum was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Position in the stream, from 1, without gaps.
    pub seq: u64,
    /// The kind's number.
    pub kind: u16,
    /// Version of the body's shape.
    pub kind_version: u8,
    /// When it was appended, by the clock of who appended it.
    pub at: Timestamp,
    /// The input that caused it.
    pub input_id: InputId,
    /// The encoded body.
    pub body: Vec<u8>,
}
