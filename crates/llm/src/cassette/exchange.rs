//! One exchange: a request, the stream of its answer, and the answer or the failure.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::{Price, Usage};
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request::lines;
use super::{EXCHANGE_BYTES_MAX, KeptRequest, Place, Redaction};
use crate::response::{FinishReason, ProviderError, RateSeen, Response, ToolCall};

/// An exchange as it lies in its file: without keys and home folders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Where it stands.
    pub place: Place,
    /// Who was asked.
    pub provider: String,
    /// How much room the model had, where that is known: the request was made to fit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<KeptRoom>,
    /// What was asked.
    pub request: KeptRequest,
    /// The text of the answer as it came, piece by piece.
    pub stream: Vec<String>,
    /// How it ended.
    #[serde(flatten)]
    pub kept: Kept,
}

/// Tokens that a model takes and may write, and what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRoom {
    /// Input tokens of one call at most.
    pub input_tokens_max: u32,
    /// Output tokens of one call at most.
    pub output_tokens_max: u32,
    /// How many more output tokens than its answer a call is given for thoughts.
    #[serde(default)]
    pub thought_tokens: u32,
    /// Its price, where somebody told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

impl KeptRoom {
    /// Of a model that takes whatever it is given.
    pub const UNLIMITED: Self =
        Self { input_tokens_max: u32::MAX, output_tokens_max: u32::MAX, thought_tokens: 0, price: None };
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// With an answer.
    Answer(KeptAnswer),
    /// Without one.
    Error(KeptError),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptAnswer {
    /// Its text.
    #[serde(with = "lines")]
    pub text: String,
    /// Tools it asks for.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// Tokens.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// Whether we counted them.
    #[serde(default)]
    pub estimated: bool,
    /// The model that answered.
    pub model: String,
    /// The provider's allowance.
    #[serde(default)]
    pub rate: RateSeen,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptError {
    /// Its class.
    pub class: FailureClass,
    /// The sentence.
    #[serde(with = "lines")]
    pub message: String,
    /// How long the provider asked to be left alone.
    #[serde(default)]
    pub retry_after: Option<Millis>,
    /// Tokens, where they were told all the same.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// Whether the request may have reached the provider.
    pub sent: bool,
    /// Whether something of an answer had come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generated: bool,
    /// The provider's allowance.
    #[serde(default)]
    pub rate: RateSeen,
    /// The model's room, where the provider told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
}

/// An exchange that cannot be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Not JSON of the shape.
    #[error("it is no exchange ({0})")]
    Shape(String),
    /// Longer than a file may be.
    #[error("it has {0} bytes, more than the {EXCHANGE_BYTES_MAX} that one exchange may have")]
    TooLong(usize),
}

impl From<serde_json::Error> for ExchangeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Shape(error.to_string())
    }
}

impl Exchange {
    /// The exchange at `place` as it is kept.
    pub fn new(
        place: Place,
        provider: &Name,
        request: KeptRequest,
        stream: &[String],
        outcome: &Result<Response, ProviderError>,
        redaction: &Redaction,
    ) -> Result<Self, ExchangeError> {
        let kept = match outcome {
            Ok(response) => Kept::Answer(KeptAnswer::of(response)),
            Err(error) => Kept::Error(KeptError::of(error)),
        };
        let kept = cleaned(&kept, redaction)?;
        let (provider, room) = (provider.to_string(), None);
        Ok(Self { place, provider, room, request, stream: pieces(stream, redaction), kept })
    }

    /// The same, of a model with this room.
    #[must_use]
    pub const fn within(mut self, room: Option<KeptRoom>) -> Self {
        self.room = room;
        self
    }

    /// The file's text: sorted fields, one thing a line.
    pub fn text(&self) -> Result<String, ExchangeError> {
        // A map of JSON has its fields sorted, the fields of a struct come as they are declared.
        let text = serde_json::to_string_pretty(&serde_json::to_value(self)?)? + "\n";
        if text.len() > EXCHANGE_BYTES_MAX { Err(ExchangeError::TooLong(text.len())) } else { Ok(text) }
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, ExchangeError> {
        if text.len() > EXCHANGE_BYTES_MAX {
            return Err(ExchangeError::TooLong(text.len()));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// What the provider said, once more. `asked` is the model that is asked now.
    pub fn outcome(&self, asked: &Name) -> Result<Response, ProviderError> {
        match &self.kept {
            Kept::Answer(answer) => Ok(answer.response(asked)),
            Kept::Error(error) => Err(error.error()),
        }
    }
}

impl KeptAnswer {
    fn of(response: &Response) -> Self {
        let Response { text, tool_calls, finish, usage, estimated, model, rate } = response.clone();
        Self { text, tool_calls, finish, usage, estimated, model: model.to_string(), rate }
    }

    fn response(&self, asked: &Name) -> Response {
        let Self { text, tool_calls, finish, usage, estimated, model, rate } = self.clone();
        let model = model.parse().unwrap_or_else(|_| asked.clone());
        Response { text, tool_calls, finish, usage, estimated, model, rate }
    }

    /// Whether a task could go on with it.
    pub(super) fn says_something(&self) -> bool {
        let empty = self.text.trim().is_empty() && self.tool_calls.is_empty();
        !empty && self.finish != FinishReason::Filtered
    }
}

impl KeptError {
    fn of(error: &ProviderError) -> Self {
        let ProviderError { class, message, retry_after, usage, sent, generated, rate, context_tokens } =
            error.clone();
        Self { class, message, retry_after, usage, sent, generated, rate, context_tokens }
    }

    fn error(&self) -> ProviderError {
        let Self { class, message, retry_after, usage, sent, generated, rate, context_tokens } = self.clone();
        ProviderError { class, message, retry_after, usage, sent, generated, rate, context_tokens }
    }
}

/// `kept` without secrets, with its numbers as a file gives them back.
pub(super) fn cleaned<T: Serialize + DeserializeOwned>(
    kept: &T,
    redaction: &Redaction,
) -> Result<T, ExchangeError> {
    let mut value: Value = serde_json::to_value(kept)?;
    redaction.value(&mut value);
    Ok(serde_json::from_value(value)?)
}

/// A secret may lie over several pieces: then the pieces are one.
fn pieces(stream: &[String], redaction: &Redaction) -> Vec<String> {
    let whole = stream.concat();
    let clean = redaction.text(&whole);
    if clean == whole { stream.to_vec() } else { vec![clean] }
}
