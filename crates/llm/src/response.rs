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

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The text; JSON of the purpose's output where no tool is asked for.
    pub text: String,
    /// Tools it asks for.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// Tokens, and whether the provider reported them as final.
    pub usage: Option<Usage>,
    /// The model that really answered.
    pub model: Name,
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
}
