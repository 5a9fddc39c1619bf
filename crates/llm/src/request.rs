//! The canonical request: what every provider is given, whatever its wire.

use divisi_domain::name::Name;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Purpose;
use crate::inputs::Inputs;
use crate::purpose::Sampling;
use crate::response::ToolCall;

/// One call of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What the call is for.
    pub purpose: Purpose,
    /// The provider's own name of the model.
    pub model: Name,
    /// Instructions of the crew. Never holds text of users, documents or tools.
    pub system: String,
    /// The conversation so far: user content, the model's own turns, tool results.
    pub messages: Vec<Message>,
    /// Tools that the model may ask for; empty where it must answer.
    pub tools: Vec<ToolOffer>,
    /// The JSON schema that a final answer must fulfil.
    pub schema: Value,
    /// Temperature and output limit.
    pub sampling: Sampling,
    /// The typed inputs that `messages` were rendered from.
    pub inputs: Inputs,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// Content of the user, fenced and labelled as data.
    User {
        /// The text.
        text: String,
    },
    /// What the model said in an earlier turn.
    Assistant {
        /// Its text; may be empty beside tool calls.
        text: String,
        /// What it asked for.
        tool_calls: Vec<ToolCall>,
    },
    /// The result of a tool call. Untrusted.
    Tool {
        /// The call it answers.
        call_id: String,
        /// The tool.
        tool: Name,
        /// JSON text, or the sentence of an error or a refusal.
        content: String,
        /// Whether the call succeeded.
        ok: bool,
    },
}

/// A tool as it is offered to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolOffer {
    /// Its name.
    pub name: Name,
    /// What it does.
    pub description: String,
    /// JSON schema of its arguments.
    pub schema: Value,
}
