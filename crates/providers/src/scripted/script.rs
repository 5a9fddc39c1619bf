//! The script: rules in order, and what happens where none fits.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::{Price, Usage};
use divisi_domain::time::Millis;
use divisi_llm::{CallContext, Purpose, Request, ToolCall};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parallel subtasks of the plan that is written where no rule gives another.
const PLAN_SUBTASKS: u16 = 3;
/// Characters of one streamed piece.
const PIECE_CHARS: usize = 64;

/// What a provider does. The first rule that fits a call decides; where none fits, the answer is a valid one of
/// its purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The provider's name in routes.
    pub provider: String,
    /// The model that answers; empty means the one that was asked.
    pub model: String,
    /// What its tokens cost.
    pub price: Price,
    /// Decides, with the key of the call, which solutions are sent back.
    pub seed: u64,
    /// Of 100 first solutions, how many are sent back once.
    pub revise_percent: u8,
    /// Parallel subtasks of the plan.
    pub plan_subtasks: u16,
    /// Latency of calls without a rule.
    pub latency_millis: u64,
    /// In order.
    pub rules: Vec<Rule>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            provider: super::PROVIDER.to_owned(),
            model: String::new(),
            price: Price::default(),
            seed: 0,
            revise_percent: 0,
            plan_subtasks: PLAN_SUBTASKS,
            latency_millis: 0,
            rules: Vec::new(),
        }
    }
}

/// One rule. Conditions that are absent hold for every call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Holds for calls of this purpose.
    pub purpose: Option<Purpose>,
    /// Holds for calls whose idempotency key contains this.
    pub path_contains: Option<String>,
    /// Holds for this attempt only.
    pub attempt: Option<u16>,
    /// Holds for this turn of a specialist only.
    pub turn: Option<u8>,
    /// What comes back.
    pub answer: Answer,
    /// How long it takes.
    pub latency_millis: u64,
    /// What it is said to have used; estimated from the text where absent.
    pub usage: Option<Usage>,
    /// Leave the usage out of the answer.
    pub without_usage: bool,
    /// Characters of one streamed piece.
    pub piece_chars: Option<usize>,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// A valid answer of the purpose.
    #[default]
    Default,
    /// This JSON.
    Json(Value),
    /// This text, whether it is JSON or not.
    Text(String),
    /// These tool calls.
    ToolCalls(Vec<ToolCall>),
    /// No answer.
    Fault {
        /// Its class.
        class: FailureClass,
        /// How long the provider asks to be left alone.
        #[serde(default)]
        retry_after_millis: Option<u64>,
        /// What is streamed before the fault.
        #[serde(default)]
        after_text: String,
    },
    /// Never comes back: the call waits until it is dropped.
    Never,
    /// Brings the whole process down by a stack overflow, as a step can that meets what it was not written for.
    StackOverflow,
}

/// A text that is no script.
#[derive(Debug, thiserror::Error)]
#[error(
    "the script is not valid: {0}; see the fields of a rule in the documentation of the scripted provider"
)]
pub struct ScriptError(#[from] serde_json::Error);

impl Script {
    /// Reads a script from JSON.
    pub fn from_json(text: &str) -> Result<Self, ScriptError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The first rule that fits.
    pub(super) fn rule(&self, request: &Request, context: &CallContext) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.fits(request, context))
    }
}

impl Rule {
    fn fits(&self, request: &Request, context: &CallContext) -> bool {
        let turn = match &*request.inputs {
            divisi_llm::inputs::Inputs::Work(work) => Some(work.turn),
            _ => None,
        };
        self.purpose.is_none_or(|purpose| purpose == request.purpose)
            && self.path_contains.as_ref().is_none_or(|part| context.idempotency_key.contains(part))
            && self.attempt.is_none_or(|attempt| attempt == context.attempt)
            && self.turn.is_none_or(|wanted| turn == Some(wanted))
    }

    pub(super) fn latency(&self) -> Millis {
        Millis(self.latency_millis)
    }

    pub(super) fn piece_chars(&self) -> usize {
        self.piece_chars.unwrap_or(PIECE_CHARS).max(1)
    }
}
