//! What goes over the wire of `generateContent`, in both directions.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerateRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_instruction: Option<Instruction<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tools: Vec<Tools<'a>>,
    pub(super) contents: Vec<Content<'a>>,
    pub(super) generation_config: GenerationConfig,
}

/// The instructions.
#[derive(Debug, Serialize)]
pub(super) struct Instruction<'a> {
    pub(super) parts: Vec<Part<'a>>,
}

/// A turn.
#[derive(Debug, Serialize)]
pub(super) struct Content<'a> {
    pub(super) role: &'static str,
    pub(super) parts: Vec<Part<'a>>,
}

/// A part of a turn.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Part<'a> {
    Text {
        text: Cow<'a, str>,
    },
    #[serde(rename_all = "camelCase")]
    Call {
        function_call: FunctionCall<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        thought_signature: Option<&'a str>,
    },
    #[serde(rename_all = "camelCase")]
    Response {
        function_response: FunctionResponse<'a>,
    },
}

/// A call of an earlier turn.
#[derive(Debug, Serialize)]
pub(super) struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) args: Value,
}

/// The result of a call.
#[derive(Debug, Serialize)]
pub(super) struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) response: Outcome,
}

/// What a tool brought, under the keys that the vendor names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Output(Value),
    Error(Value),
}

/// The tools that may be called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tools<'a> {
    pub(super) function_declarations: Vec<FunctionDeclaration<'a>>,
}

/// A tool that may be called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionDeclaration<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameters: Option<Arc<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameters_json_schema: Option<Arc<Value>>,
}

/// How the answer is made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerationConfig {
    pub(super) temperature: f64,
    pub(super) max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking_config: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_schema: Option<Arc<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_json_schema: Option<Arc<Value>>,
}

/// How much the model may think.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ThinkingConfig {
    /// At most so many tokens.
    ThinkingBudget(u32),
    /// As a word says.
    ThinkingLevel(&'static str),
}

/// A chunk of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chunk {
    pub(super) candidates: Option<Vec<Candidate>>,
    pub(super) prompt_feedback: Option<PromptFeedback>,
    pub(super) usage_metadata: Option<UsageSeen>,
    pub(super) model_version: Option<String>,
}

/// An answer that was not streamed as events: one object, or an array of chunks.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Whole {
    Chunks(Vec<Chunk>),
    One(Chunk),
}

/// One answer among those that were asked for; we ask for one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    pub(super) index: Option<u64>,
    pub(super) content: Option<Said>,
    pub(super) finish_reason: Option<String>,
    pub(super) finish_message: Option<String>,
}

/// What the model said in this chunk.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) parts: Option<Vec<SaidPart>>,
}

/// A part of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaidPart {
    pub(super) text: Option<String>,
    /// Whether it is thought, and so no part of the answer.
    pub(super) thought: Option<bool>,
    pub(super) function_call: Option<SaidCall>,
    pub(super) thought_signature: Option<String>,
}

/// A call that the model asks for.
#[derive(Debug, Deserialize)]
pub(super) struct SaidCall {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) args: Option<Map<String, Value>>,
}

/// What the vendor says of the request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PromptFeedback {
    pub(super) block_reason: Option<String>,
    pub(super) block_reason_message: Option<String>,
}

/// Tokens, cumulative. What is zero is left out.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct UsageSeen {
    #[serde(rename = "promptTokenCount")]
    pub(super) prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount")]
    pub(super) tool_use_prompt: Option<u64>,
    #[serde(rename = "candidatesTokenCount")]
    pub(super) candidates: Option<u64>,
    #[serde(rename = "thoughtsTokenCount")]
    pub(super) thoughts: Option<u64>,
    #[serde(rename = "cachedContentTokenCount")]
    pub(super) cached_content: Option<u64>,
}

/// One of the details of an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    pub(super) reason: Option<String>,
    pub(super) retry_delay: Option<String>,
    pub(super) violations: Option<Vec<Violation>>,
}

/// A quota that is used up.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Violation {
    pub(super) quota_id: Option<String>,
    pub(super) quota_metric: Option<String>,
}
