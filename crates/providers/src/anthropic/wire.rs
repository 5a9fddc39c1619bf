//! What goes over the wire of `/v1/messages`, in both directions.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// The body of a request.
#[derive(Debug, Serialize)]
pub(super) struct MessagesRequest<'a> {
    pub(super) model: &'a str,
    pub(super) max_tokens: u32,
    pub(super) stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_config: Option<OutputConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_choice: Option<ToolChoice<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "plain_where_unmarked")]
    pub(super) system: Vec<SystemBlock<'a>>,
    pub(super) messages: Vec<Message<'a>>,
}

/// How the answer must look.
#[derive(Debug, Serialize)]
pub(super) struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<OutputFormat>,
    /// How much the model may think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effort: Option<&'static str>,
}

/// The format of an answer.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum OutputFormat {
    JsonSchema { schema: Arc<Value> },
}

/// Which tools must be called.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToolChoice<'a> {
    Any,
    Tool { name: &'a str, disable_parallel_tool_use: bool },
}

/// A tool that may be called.
#[derive(Debug, Serialize)]
pub(super) struct Tool<'a> {
    pub(super) name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) description: &'a str,
    pub(super) input_schema: Arc<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<CacheControl>,
}

/// Marks the end of what the vendor may keep in its cache.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum CacheControl {
    Ephemeral,
}

/// A part of the instructions.
#[derive(Debug, Serialize)]
pub(super) struct SystemBlock<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) text: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<CacheControl>,
}

/// Instructions of which nothing is marked are one text: proxies hand parts on to servers that take none.
fn plain_where_unmarked<S: Serializer>(blocks: &[SystemBlock<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    if blocks.iter().any(|block| block.cache_control.is_some()) {
        return blocks.serialize(serializer);
    }
    let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_ref()).collect();
    serializer.serialize_str(&texts.join("\n\n"))
}

/// A turn.
#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub(super) enum Message<'a> {
    User { content: Content<'a> },
    Assistant { content: Content<'a> },
}

/// What a turn says.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Plain(Cow<'a, str>),
    Blocks(Vec<ContentBlock<'a>>),
}

/// A part of a turn.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ContentBlock<'a> {
    Text { text: Cow<'a, str> },
    ToolUse { id: &'a str, name: &'a str, input: Value },
    ToolResult { tool_use_id: &'a str, content: &'a str, is_error: bool },
}

/// An event of the stream. What is not known here is [`Event::Other`].
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Event {
    MessageStart {
        message: Started,
    },
    ContentBlockStart {
        index: u64,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u64,
        delta: Delta,
    },
    ContentBlockStop {
        index: u64,
    },
    MessageDelta {
        delta: Ending,
        usage: Option<UsageSeen>,
    },
    MessageStop,
    #[serde(other)]
    Other,
}

/// The head of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Started {
    pub(super) model: Option<String>,
    pub(super) usage: Option<UsageSeen>,
}

/// A block of an answer as it begins, or whole.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    Text {
        text: Option<String>,
    },
    ToolUse {
        id: Option<String>,
        name: String,
        input: Option<Value>,
    },
    /// Thinking, and what servers do by themselves: no part of the answer.
    #[serde(other)]
    Other,
}

/// A piece of a block.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: Option<String> },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: Option<String> },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: Option<String> },
    /// Signatures, citations.
    #[serde(other)]
    Other,
}

/// Why the answer ended.
#[derive(Debug, Deserialize)]
pub(super) struct Ending {
    pub(super) stop_reason: Option<StopReason>,
    pub(super) stop_details: Option<StopDetails>,
}

/// Why the model stopped. Servers that have their answers from another wire hand its words on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopReason {
    #[serde(alias = "stop")]
    EndTurn,
    StopSequence,
    #[serde(alias = "tool_calls")]
    ToolUse,
    #[serde(alias = "length")]
    MaxTokens,
    ModelContextWindowExceeded,
    PauseTurn,
    Refusal,
    #[serde(other)]
    Other,
}

/// What the vendor says of a refusal.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StopDetails {
    pub(super) category: Option<String>,
    pub(super) explanation: Option<String>,
}

/// Tokens, cumulative. `input_tokens` leaves out what was written to or read from the cache.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct UsageSeen {
    pub(super) input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) output_tokens_details: Option<OutputDetails>,
}

/// What the output tokens were.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct OutputDetails {
    pub(super) thinking_tokens: Option<u64>,
}

/// An answer that was not streamed.
#[derive(Debug, Deserialize)]
pub(super) struct WholeMessage {
    pub(super) model: Option<String>,
    pub(super) content: Vec<Block>,
    pub(super) stop_reason: Option<StopReason>,
    pub(super) stop_details: Option<StopDetails>,
    pub(super) usage: Option<UsageSeen>,
}
