//! What the model says, before any wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// What it thinks before it speaks, as far as the wire shows it.
    pub thoughts: String,
    /// Text; may be empty beside tool calls.
    pub text: String,
    /// Tools that the model asks for.
    pub tool_calls: Vec<Call>,
    /// Tokens to report and to charge; counted from the texts where not given.
    pub usage: Option<Usage>,
    /// Why it stops; follows from the rest where not given.
    pub finish: Option<Finish>,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Call {
    /// The vendor's id of the call; made up where not given.
    pub id: Option<String>,
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
    /// Said instead of `arguments`, JSON or not, on wires that carry arguments as text.
    pub raw_arguments: Option<String>,
}

/// Tokens of one call. `cached` and `written` are parts of `input`, `reasoning` is part of `output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens that came from the vendor's cache.
    pub cached: u64,
    /// Output tokens that nobody sees.
    pub reasoning: u64,
    /// Input tokens that were written to the vendor's cache, none of which came from there.
    pub written: u64,
}

/// Why a model stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It is done.
    Stop,
    /// It asks for tools.
    ToolCalls,
    /// The output limit.
    Length,
    /// The vendor's filter.
    Filtered,
}

impl Answer {
    /// An answer of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// An answer that asks for tools.
    pub fn calls(calls: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let call = |(name, arguments): (&str, Value)| Call::new(name, arguments);
        Self { tool_calls: calls.into_iter().map(call).collect(), ..Self::default() }
    }

    /// The same answer, charged with these tokens.
    #[must_use]
    pub fn charged(mut self, input: u64, output: u64) -> Self {
        self.usage = Some(Usage { input, output, ..Usage::default() });
        self
    }

    /// The reason to report.
    pub fn finish(&self) -> Finish {
        let natural = if self.tool_calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
        self.finish.unwrap_or(natural)
    }
}

impl Call {
    /// A call whose id is made up.
    pub fn new(name: impl Into<String>, arguments: Value) -> Self {
        Self { name: name.into(), arguments, ..Self::default() }
    }

    /// Its arguments as text.
    pub(crate) fn arguments_text(&self) -> String {
        self.raw_arguments.clone().unwrap_or_else(|| self.arguments.to_string())
    }
}
