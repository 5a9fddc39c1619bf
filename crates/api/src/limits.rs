//! Limits of what a request may hold, each with its unit.

/// Bytes of a request body without attachments.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one attachment.
pub const ATTACHMENT_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Bytes of all attachments of a task.
pub const ATTACHMENTS_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Attachments of a task.
pub const ATTACHMENTS_MAX: usize = 1_000;
/// Bytes of the body that submits a task: attachments in base64 and the rest.
pub const CREATE_BODY_BYTES_MAX: usize = ATTACHMENTS_BYTES_MAX / 3 * 4 + 2 * BODY_BYTES_MAX;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 500;
/// Characters of a description that comes with a title.
pub const DESCRIPTION_CHARS_MIN: usize = 20;
/// Characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;
/// Bytes of the context: field, constraints and all.
pub const CONTEXT_BYTES_MAX: usize = 64 * 1024;
/// Constraints of a task.
pub const CONSTRAINTS_MAX: usize = 100;
/// Characters of a revision request or a comment.
pub const COMMENT_CHARS_MAX: usize = 10_000;
/// Milliseconds that a task may be given: ten years of 365 days.
pub const TIMEOUT_MS_MAX: u64 = 10 * 365 * 86_400_000;
/// Rows of a page where none are asked for.
pub const PAGE_ROWS_DEFAULT: u32 = 20;
/// Rows of a page.
pub const PAGE_ROWS_MAX: u32 = 100;
/// Events of a page.
pub const PAGE_EVENTS_MAX: usize = 1_000;
/// Dollars of a spending cap.
pub const BUDGET_USD_MAX: f64 = 1_000_000.0;
/// Characters of a search.
pub const QUERY_CHARS_MAX: usize = 1_000;
