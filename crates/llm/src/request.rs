//! The canonical request: what every provider is given, whatever its wire.

use std::sync::{Arc, LazyLock};

use divisi_domain::name::Name;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::inputs::Inputs;
use crate::policy::InputSize;
use crate::purpose::Sampling;
use crate::response::ToolCall;
use crate::{Purpose, Remembered};

/// One call of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What the call is for.
    pub purpose: Purpose,
    /// The provider's own name of the model.
    pub model: Name,
    /// Instructions of the crew, shared by all calls that have the same. Never holds text of users, documents or tools.
    pub system: Arc<str>,
    /// The conversation so far: user content, the model's own turns, tool results.
    pub messages: Vec<Message>,
    /// Tools that the model may ask for; empty where it must answer.
    pub tools: Vec<ToolOffer>,
    /// The JSON schema that a final answer must fulfil.
    pub schema: Arc<Value>,
    /// Temperature and output limit.
    pub sampling: Sampling,
    /// The typed inputs that `messages` were rendered from.
    pub inputs: Arc<Inputs>,
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
    pub schema: Arc<Value>,
}

impl Request {
    /// How long it is: the bytes of all its texts, tools and schemas, however a wire puts them.
    pub fn size(&self) -> InputSize {
        // The instructions and the schema are parts, too.
        let parts = self.messages.len() + self.tools.len() + 2;
        InputSize::Bytes { bytes: self.measured_by(&|text| text.len() as u64), parts: parts as u64 }
    }

    /// What its texts come to by `of`. Schemas, tools and calls, which each service writes in its own way, count their bytes.
    pub fn measured_by(&self, of: &dyn Fn(&str) -> u64) -> u64 {
        let tools = self
            .tools
            .iter()
            .map(|tool| tool.name.as_str().len() + tool.description.len() + schema_len(&tool.schema));
        let written = schema_len(&self.schema) + tools.sum::<usize>();
        let messages = self.messages.iter().map(|message| message.measured_by(of));
        written as u64 + of(&self.system) + messages.sum::<u64>()
    }
}

impl Message {
    fn measured_by(&self, of: &dyn Fn(&str) -> u64) -> u64 {
        match self {
            Self::User { text } => of(text),
            Self::Assistant { text, tool_calls } => {
                let call = |call: &ToolCall| call.id.len() + call.tool.len() + json_len(&call.arguments);
                of(text) + tool_calls.iter().map(call).sum::<usize>() as u64
            }
            Self::Tool { call_id, tool, content, .. } => {
                (call_id.len() + tool.as_str().len()) as u64 + of(content)
            }
        }
    }
}

/// [`json_len`] of a schema, which many calls share.
fn schema_len(schema: &Arc<Value>) -> usize {
    static LENGTHS: LazyLock<Remembered<usize>> = LazyLock::new(Remembered::default);
    LENGTHS.of(schema, || json_len(schema))
}

/// Bytes of a value written as JSON with all but ASCII escaped, as some servers' templates write it.
fn json_len(value: &Value) -> usize {
    let escaped = |character: char| if character.is_ascii() { 1 } else { 6 * character.len_utf16() };
    serde_json::to_string(value).map_or(0, |text| text.chars().map(escaped).sum())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_counts() {
        let base = Request {
            purpose: Purpose::Work,
            model: Name::from_static("m"),
            system: "1234".into(),
            messages: vec![Message::User { text: "å".to_owned() }],
            tools: Vec::new(),
            schema: json!({}).into(),
            sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 1 },
            inputs: Inputs::Analyse(crate::inputs::AnalyseInput::default()).into(),
        };
        let call = ToolCall { id: "c1".to_owned(), tool: "t".to_owned(), arguments: json!({"a": 1}) };
        let offer = ToolOffer {
            name: Name::from_static("tt"),
            description: "ddd".to_owned(),
            schema: json!([]).into(),
        };
        let with = |message: Message| Request { messages: vec![message], ..base.clone() };
        let rows = [
            (base.clone(), 4 + 2 + 2, 3),
            (Request { tools: vec![offer], ..base.clone() }, 8 + 2 + 3 + 2, 4),
            (with(Message::Assistant { text: "x".to_owned(), tool_calls: vec![call] }), 6 + 1 + 2 + 1 + 7, 3),
            (
                with(Message::Tool {
                    call_id: "c1".to_owned(),
                    tool: Name::from_static("t"),
                    content: "12345".to_owned(),
                    ok: true,
                }),
                6 + 2 + 1 + 5,
                3,
            ),
        ];
        for (request, bytes, parts) in rows {
            assert_eq!(request.size(), InputSize::Bytes { bytes, parts });
        }
    }
}
