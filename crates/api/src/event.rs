//! Events of a task: the log, and what is live.

use divisi_domain::id::TaskId;
use divisi_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A recorded event. Texts of users and models are not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    /// Its number in the task, from 1.
    pub seq: u64,
    /// When it was recorded.
    #[serde(with = "crate::time::rfc3339")]
    pub at: Timestamp,
    /// Its kind, such as `effect_started`.
    pub kind: String,
    /// What it says.
    pub data: Value,
}

/// `GET /tasks/{id}/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventPage {
    /// The task.
    pub task_id: TaskId,
    /// In order.
    pub events: Vec<EventView>,
    /// Pass this as `after` for the next page.
    pub last_seq: u64,
    /// Whether there are more now.
    pub more: bool,
}

/// One message of a live stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Live {
    /// A recorded event.
    Event(EventView),
    /// Text of an answer that is being written.
    Token {
        /// The effect.
        effect_id: String,
        /// The attempt, from 1.
        attempt: u16,
        /// Characters of the attempt before this text.
        offset: u64,
        /// The text.
        text: String,
    },
    /// The text of an attempt is withdrawn.
    TokenReset {
        /// The effect.
        effect_id: String,
        /// The attempt.
        attempt: u16,
        /// Why.
        reason: String,
    },
}
