//! What goes over the wire of `/v1/responses`, in both directions.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of a request.
#[derive(Debug, Serialize)]
pub(super) struct CreateRequest<'a> {
    pub(super) model: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) instructions: Cow<'a, str>,
    pub(super) input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<TextConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning: Option<Reasoning>,
    pub(super) max_output_tokens: u32,
    pub(super) store: bool,
    pub(super) stream: bool,
}

/// How much the model may think.
#[derive(Debug, Serialize)]
pub(super) struct Reasoning {
    pub(super) effort: &'static str,
}

/// An item of the conversation.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item<'a> {
    Message { role: &'static str, content: Cow<'a, str> },
    FunctionCall { call_id: &'a str, name: &'a str, arguments: String },
    FunctionCallOutput { call_id: &'a str, output: &'a str },
}

/// A tool that may be called.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Tool<'a> {
    Function {
        name: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        description: &'a str,
        parameters: Value,
        strict: bool,
    },
}

/// How the text of the answer must look.
#[derive(Debug, Serialize)]
pub(super) struct TextConfig {
    pub(super) format: TextFormat,
}

/// The format of the text.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum TextFormat {
    JsonSchema { name: &'static str, schema: Arc<Value>, strict: bool },
}

/// An event of the stream. What is not known here is [`Event::Other`].
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Event {
    #[serde(rename = "response.output_item.added")]
    ItemAdded { output_index: Option<u64>, item: Output },
    #[serde(rename = "response.output_item.done")]
    ItemDone { output_index: Option<u64>, item: Output },
    #[serde(rename = "response.output_text.delta")]
    TextDelta { output_index: Option<u64>, item_id: Option<String>, delta: Option<String> },
    #[serde(rename = "response.reasoning_text.delta", alias = "response.reasoning_summary_text.delta")]
    ThoughtDelta { delta: Option<String> },
    #[serde(rename = "response.refusal.delta")]
    RefusalDelta { delta: Option<String> },
    #[serde(rename = "response.function_call_arguments.delta")]
    ArgumentsDelta { output_index: Option<u64>, item_id: Option<String>, delta: Option<String> },
    #[serde(rename = "response.function_call_arguments.done")]
    ArgumentsDone { output_index: Option<u64>, item_id: Option<String>, arguments: Option<String> },
    #[serde(rename = "response.completed", alias = "response.done")]
    Completed { response: Answer },
    #[serde(rename = "response.incomplete")]
    Incomplete { response: Answer },
    #[serde(rename = "response.failed")]
    Failed { response: Answer },
    #[serde(rename = "response.cancelled")]
    Cancelled { response: Answer },
    #[serde(rename = "error")]
    Error(StreamError),
    #[serde(other)]
    Other,
}

/// The number of an event and nothing else of it.
#[derive(Debug, Deserialize)]
pub(super) struct Numbered {
    pub(super) sequence_number: Option<u64>,
}

/// An error as an event of its own.
#[derive(Debug, Deserialize)]
pub(super) struct StreamError {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// An answer as it stands at its end.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) status: Option<Status>,
    pub(super) model: Option<String>,
    pub(super) output: Option<Vec<Output>>,
    pub(super) error: Option<StreamError>,
    pub(super) incomplete_details: Option<IncompleteDetails>,
    pub(super) usage: Option<UsageSeen>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Completed,
    Incomplete,
    Failed,
    Cancelled,
    InProgress,
    Queued,
    #[serde(other)]
    Other,
}

/// Why an answer is not complete.
#[derive(Debug, Deserialize)]
pub(super) struct IncompleteDetails {
    pub(super) reason: Option<String>,
}

/// An item of an answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Output {
    Message {
        id: Option<String>,
        /// `commentary` is said on the way and no part of the answer.
        phase: Option<String>,
        content: Option<Vec<Content>>,
    },
    FunctionCall {
        id: Option<String>,
        call_id: Option<String>,
        name: Option<String>,
        arguments: Option<String>,
    },
    /// Reasoning, and what servers do by themselves.
    #[serde(other)]
    Other,
}

/// A part of a message.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content {
    #[serde(alias = "text")]
    OutputText {
        text: Option<String>,
    },
    Refusal {
        refusal: Option<String>,
    },
    #[serde(other)]
    Other,
}

/// Tokens of the whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct UsageSeen {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) input_tokens_details: Option<InputDetails>,
    pub(super) output_tokens_details: Option<OutputDetails>,
}

/// What the input tokens were.
#[derive(Debug, Deserialize)]
pub(super) struct InputDetails {
    pub(super) cached_tokens: Option<u64>,
    pub(super) cache_write_tokens: Option<u64>,
}

/// What the output tokens were.
#[derive(Debug, Deserialize)]
pub(super) struct OutputDetails {
    pub(super) reasoning_tokens: Option<u64>,
}
