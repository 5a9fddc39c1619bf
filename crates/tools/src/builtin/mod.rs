//! The built-in tools. All only read the task's own documents; their JSON shapes are contracts with models
//! and with the offline provider.

pub mod list_documents;
pub mod query_table;
pub mod read_span;
pub mod search_documents;

/// Headings that `list_documents` shows of one document.
pub const HEADINGS_MAX: usize = 60;
/// Bytes that `read_span` returns at most.
pub const SPAN_BYTES_MAX: usize = 16 * 1024;
