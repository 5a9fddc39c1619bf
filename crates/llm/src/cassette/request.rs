//! The canonical request as it is kept. The typed inputs are left out: no wire sends them, and the messages are made of
//! them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ExchangeError, Redaction};
use crate::request::{Message, Request, ToolOffer};
use crate::response::ToolCall;

/// A request, without what [`Redaction`] takes out. Names are plain texts here, since that may be in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRequest {
    /// What the call is for.
    pub purpose: String,
    /// The model that was asked.
    pub model: String,
    /// The instructions.
    #[serde(with = "lines")]
    pub system: String,
    /// The conversation.
    pub messages: Vec<KeptMessage>,
    /// Tools that were offered.
    pub tools: Vec<KeptTool>,
    /// The schema of the answer.
    pub schema: Value,
    /// Temperature and output limit.
    pub sampling: KeptSampling,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum KeptMessage {
    /// Content of the user.
    User {
        /// Its lines: a text is cut at its line ends, so that files can be read and compared.
        #[serde(with = "lines")]
        text: String,
    },
    /// What the model said.
    Assistant {
        /// Its text.
        #[serde(with = "lines")]
        text: String,
        /// What it asked for.
        tool_calls: Vec<ToolCall>,
    },
    /// The result of a tool call.
    Tool {
        /// The call.
        call_id: String,
        /// The tool.
        tool: String,
        /// What it brought.
        #[serde(with = "lines")]
        content: String,
        /// Whether it succeeded.
        ok: bool,
    },
}

/// A tool as it was offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptTool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Of its arguments.
    pub schema: Value,
}

/// Temperature and output limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptSampling {
    /// In hundredths.
    pub temperature_hundredths: u16,
    /// The most output tokens; where nobody knows any more, any number fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_max: Option<u32>,
}

impl KeptRequest {
    /// `request` as it is kept, with the numbers as a file gives them back.
    pub fn of(request: &Request, redaction: &Redaction) -> Result<Self, ExchangeError> {
        super::exchange::cleaned(&Self::whole(request), redaction)
    }

    fn whole(request: &Request) -> Self {
        let sampling = request.sampling;
        Self {
            purpose: request.purpose.as_str().to_owned(),
            model: request.model.to_string(),
            system: request.system.to_string(),
            messages: request.messages.iter().map(KeptMessage::of).collect(),
            tools: request.tools.iter().map(KeptTool::of).collect(),
            schema: Value::clone(&request.schema),
            sampling: KeptSampling {
                temperature_hundredths: sampling.temperature_hundredths,
                output_tokens_max: Some(sampling.output_tokens_max),
            },
        }
    }

    /// Whether a call with `asked` is the one that was recorded.
    pub fn fits(&self, asked: &Self) -> bool {
        self.sampling.fits(asked.sampling)
            && self.messages == asked.messages
            && (&self.system, &self.model, &self.purpose) == (&asked.system, &asked.model, &asked.purpose)
            && (&self.tools, &self.schema) == (&asked.tools, &asked.schema)
    }
}

impl KeptSampling {
    pub(super) fn fits(self, asked: Self) -> bool {
        let limit = self.output_tokens_max.or(asked.output_tokens_max);
        self.temperature_hundredths == asked.temperature_hundredths
            && (asked.output_tokens_max.is_none() || limit == asked.output_tokens_max)
    }
}

impl KeptMessage {
    fn of(message: &Message) -> Self {
        match message.clone() {
            Message::User { text } => Self::User { text },
            Message::Assistant { text, tool_calls } => Self::Assistant { text, tool_calls },
            Message::Tool { call_id, tool, content, ok } => {
                Self::Tool { call_id, tool: tool.to_string(), content, ok }
            }
        }
    }
}

impl KeptTool {
    fn of(tool: &ToolOffer) -> Self {
        let ToolOffer { name, description, schema } = tool.clone();
        Self { name: name.to_string(), description, schema: Arc::unwrap_or_clone(schema) }
    }
}

/// A text as the list of its lines. One line is a plain string.
pub(super) mod lines {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(String),
        Many(Vec<String>),
    }

    pub(in super::super) fn serialize<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        if text.contains('\n') {
            text.split('\n').collect::<Vec<_>>().serialize(to)
        } else {
            text.serialize(to)
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        Ok(match Either::deserialize(from)? {
            Either::One(text) => text,
            Either::Many(lines) => lines.join("\n"),
        })
    }
}
