//! Every bound of a batch and of a read, with its unit in the name.

/// Appends of one batch.
pub const BATCH_APPENDS_MAX: usize = 256;
/// Events of one append.
pub const APPEND_EVENTS_MAX: usize = 4_096;
/// Inputs of one append.
pub const APPEND_INPUTS_MAX: usize = 4_096;
/// Bytes of one event's body.
pub const EVENT_BODY_BYTES_MAX: usize = 1 << 20;
/// Bytes of one blob: an attachment has at most 100 MB.
pub const BLOB_BYTES_MAX: usize = 128 << 20;
/// Up to here a blob lies in the table; above it is a file.
pub const BLOB_INLINE_BYTES_MAX: usize = 64 << 10;
/// Bytes of all blobs of one batch.
pub const BATCH_BLOB_BYTES_MAX: usize = 512 << 20;
/// Rows, leases, reservations and snapshots of one batch, each.
pub const BATCH_CHANGES_MAX: usize = 8_192;
/// Bytes of the key of a lease or a reservation.
pub const KEY_BYTES_MAX: usize = 200;
/// Bytes of a task's title as a row keeps it.
pub const TITLE_BYTES_MAX: usize = 2_048;
/// Bytes of one snapshot.
pub const SNAPSHOT_BYTES_MAX: usize = 16 << 20;
/// Events that one read gives at most.
pub const READ_EVENTS_MAX: usize = 10_000;
/// Rows that one list gives at most.
pub const LIST_ROWS_MAX: usize = 1_000;
/// Up to here a list's total is exact.
pub const TOTAL_EXACT_MAX: u64 = 10_000;
/// Bytes of the disk reserve that an essential batch may use when the disk is full.
pub const RESERVE_BYTES: u64 = 16 << 20;
/// Matches that a search looks for first; where a page is not full of these, it looks for more.
pub const SEARCH_FIRST: usize = 100;
/// Matches within which a search ranks.
pub const SEARCH_RANKED_MAX: usize = 1_000;
/// Bytes of one indexed text.
pub const INDEX_TEXT_BYTES_MAX: usize = 32 << 20;
