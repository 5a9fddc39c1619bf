//! Whether a process is well.

use serde::{Deserialize, Serialize};

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`, `draining` or `degraded`.
    pub status: String,
    /// Version of the binary.
    pub version: String,
    /// Process id of the owner of the data folder.
    pub pid: u32,
    /// Tasks that are not in a terminal state.
    pub open_tasks: u64,
    /// What is not well, as sentences.
    pub problems: Vec<String>,
}
