//! The canonical response, and what a provider reports where there is none.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool call that a model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The model's id of the call, unique in its answer.
    pub id: String,
    /// The tool it names: not yet known to exist.
    pub tool: String,
    /// Arguments as JSON: not yet checked.
    pub arguments: Value,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// It asks for tools.
    ToolCalls,
    /// The output limit was reached: the answer is cut.
    Length,
    /// The provider's filter stopped it.
    Filtered,
}

/// What a provider says of its allowance in the headers of an answer. What it does not say is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RateSeen {
    /// Requests allowed in a minute.
    pub requests_per_minute: Option<u32>,
    /// Requests left until the reset.
    pub requests_left: Option<u32>,
    /// How long until requests are allowed anew.
    pub requests_reset: Option<Millis>,
    /// Tokens allowed in a minute.
    pub tokens_per_minute: Option<u32>,
    /// Tokens left until the reset.
    pub tokens_left: Option<u32>,
    /// How long until tokens are allowed anew.
    pub tokens_reset: Option<Millis>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The text; JSON of the purpose's output where no tool is asked for.
    pub text: String,
    /// Tools it asks for.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// Tokens as the provider finally reported them, or as we counted them.
    pub usage: Option<Usage>,
    /// Whether we counted the tokens of `usage` ourselves, since the provider did not.
    pub estimated: bool,
    /// The model that really answered.
    pub model: Name,
    /// What the provider said of its allowance.
    pub rate: RateSeen,
}

/// A call that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What to do about it.
    pub class: FailureClass,
    /// What happened, why, and what to do, without any secret.
    pub message: String,
    /// How long the provider asks to be left alone.
    pub retry_after: Option<Millis>,
    /// Final usage, where the provider reported it in spite of the failure.
    pub usage: Option<Usage>,
    /// Whether the request may have reached the provider: what never left costs nothing.
    pub sent: bool,
    /// Whether something of an answer had come: then also a refusal may be charged.
    pub generated: bool,
    /// What the provider said of its allowance.
    pub rate: RateSeen,
    /// Tokens of input and output that the model has room for, where the provider said so when it refused the request as
    /// too long.
    pub context_tokens: Option<u32>,
}

impl Response {
    /// A whole answer that ended by itself, with tokens as the provider reported them.
    pub fn new(text: String, tool_calls: Vec<ToolCall>, usage: Option<Usage>, model: Name) -> Self {
        let finish = if tool_calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        Self { text, tool_calls, finish, usage, estimated: false, model, rate: RateSeen::default() }
    }
}

impl ProviderError {
    /// A failure after which nothing more is known than that the request may have left.
    pub fn new(class: FailureClass, message: String) -> Self {
        let (retry_after, usage, rate) = (None, None, RateSeen::default());
        Self { class, message, retry_after, usage, sent: true, generated: false, rate, context_tokens: None }
    }
}
