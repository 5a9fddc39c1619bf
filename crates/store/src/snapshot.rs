//! Snapshots: a cache of a machine's state, never the truth.

use crate::stream::StreamRef;

/// The state of a stream's machine after `seq`, encoded by the caller.
///
/// Read back only under the same `(rules, state_version)`; any other, and one whose checksum fails, is as if there
/// were none: the caller replays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose state.
    pub stream: StreamRef,
    /// The last event that is in it.
    pub seq: u64,
    /// The version of decide and apply that made it.
    pub rules: u32,
    /// The version of the encoding.
    pub state_version: u16,
    /// The encoded state. At most [`crate::limits::SNAPSHOT_BYTES_MAX`].
    pub data: Vec<u8>,
}
