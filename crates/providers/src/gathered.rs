//! An answer while it is being read: bounded, streamed on, checked at its end.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_llm::{FinishReason, RateSeen, Response, TokenSink, ToolCall};
use serde_json::{Map, Value};

use crate::http::Fault;
use crate::refusal::{Asked, failure};

/// The longest answer, calls included, in bytes.
pub(crate) const ANSWER_BYTES_MAX: usize = 4 << 20;
/// The most bytes of a token, on average over an answer and by a wide margin. What is longer comes from a server that
/// ignores the limit it was sent.
const TOKEN_BYTES_MAX: usize = 32;
/// What any answer may be long, in bytes, however few tokens were allowed.
const SHORT_ANSWER_BYTES: usize = 4 << 10;
/// The most calls of one answer.
pub(crate) const TOOL_CALLS_MAX: usize = 128;

/// A call as the wire brought it.
#[derive(Debug, Clone, PartialEq)]
struct RawCall {
    id: String,
    tool: String,
    arguments: String,
}

/// What was read so far.
#[derive(Debug)]
pub(crate) struct Gathered {
    asked: Asked,
    text: String,
    calls: Vec<RawCall>,
    bytes: usize,
    bytes_max: usize,
}

impl Gathered {
    /// Nothing yet.
    pub(crate) fn new(asked: Asked) -> Self {
        Self { asked, text: String::new(), calls: Vec::new(), bytes: 0, bytes_max: ANSWER_BYTES_MAX }
    }

    /// Nothing yet of an answer of at most `output_tokens_max`.
    pub(crate) fn within(asked: Asked, output_tokens_max: u32) -> Self {
        let tokens = usize::try_from(output_tokens_max).unwrap_or(usize::MAX);
        let bytes_max = tokens.saturating_mul(TOKEN_BYTES_MAX).saturating_add(SHORT_ANSWER_BYTES);
        Self { bytes_max: bytes_max.min(ANSWER_BYTES_MAX), ..Self::new(asked) }
    }

    /// The text so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// More of the text.
    pub(crate) fn say(&mut self, text: &str, sink: &mut dyn TokenSink) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        self.count(text.len())?;
        self.text.push_str(text);
        sink.push(text);
        Ok(())
    }

    /// Counts bytes that are kept elsewhere until they are part of the answer.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes += bytes;
        if self.bytes > self.bytes_max {
            let why = format!("it goes on behind its limit, {} bytes: it must be briefer", self.bytes_max);
            return Err(self.failed(FailureClass::Unparsable, &why));
        }
        Ok(())
    }

    /// A whole call; `arguments` is JSON text that [`Gathered::end`] reads.
    pub(crate) fn call(&mut self, id: &str, tool: &str, arguments: String) -> Result<(), Fault> {
        if self.calls.len() == TOOL_CALLS_MAX {
            return Err(self.broken(&format!("it has more than {TOOL_CALLS_MAX} tool calls")));
        }
        let taken = self.calls.iter().any(|known| known.id == id);
        let id =
            if id.is_empty() || taken { format!("call_{}", self.calls.len() + 1) } else { id.to_owned() };
        self.calls.push(RawCall { id, tool: tool.to_owned(), arguments });
        Ok(())
    }

    /// A stream that cannot be used, and why.
    pub(crate) fn broken(&self, why: &str) -> Fault {
        self.failed(FailureClass::Truncated, why)
    }

    /// A failure of another class.
    pub(crate) fn failed(&self, class: FailureClass, why: &str) -> Fault {
        Box::new(failure(&self.asked, class, None, why))
    }

    /// The answer. One that says nothing, and calls whose arguments are no JSON, are failures.
    pub(crate) fn end(
        &mut self,
        cut: bool,
        usage: Option<Usage>,
        model: Option<&str>,
    ) -> Result<Response, Fault> {
        if self.text.trim().is_empty() && self.calls.is_empty() {
            return Err(if cut {
                // Deterministic enough not to be paid for again and again.
                let why = "the output limit was reached before any text, it must be briefer";
                self.failed(FailureClass::Unparsable, why)
            } else {
                self.broken("it says nothing")
            });
        }
        let finish = match (cut, self.calls.is_empty()) {
            (true, _) => FinishReason::Length,
            (false, true) => FinishReason::Stop,
            (false, false) => FinishReason::ToolCalls,
        };
        let tool_calls = self.calls.iter().map(|call| self.read(call, cut)).collect::<Result<_, _>>()?;
        let model =
            model.and_then(|model| model.parse().ok()).unwrap_or_else(|| Name::clone(&self.asked.model));
        let usage = usage.filter(|usage| usage.input_tokens > 0 && usage.output_tokens > 0);
        let text = std::mem::take(&mut self.text);
        Ok(Response { text, tool_calls, finish, usage, estimated: false, model, rate: RateSeen::default() })
    }

    fn read(&self, call: &RawCall, cut: bool) -> Result<ToolCall, Fault> {
        let arguments = arguments(&call.arguments).map_err(|error| {
            let tool: String = call.tool.chars().take(Name::LEN_MAX).collect();
            let why = if cut { "cut at the output limit, be briefer".to_owned() } else { error.to_string() };
            let why =
                format!("the arguments of the call of the tool '{tool}' are not one JSON object ({why})");
            self.failed(FailureClass::Unparsable, &why)
        })?;
        Ok(ToolCall { id: call.id.clone(), tool: call.tool.clone(), arguments })
    }
}

/// Arguments from their text: nothing is no arguments, and JSON inside of a JSON text is taken out of it.
fn arguments(text: &str) -> serde_json::Result<Value> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let value = match serde_json::from_str(text)? {
        Value::String(inner) => serde_json::from_str(&inner).unwrap_or(Value::String(inner)),
        value => value,
    };
    Ok(if value.is_null() { Value::Object(Map::new()) } else { value })
}

#[cfg(test)]
mod tests {
    use divisi_llm::NoSink;
    use serde_json::json;

    use super::*;

    fn gathered() -> Gathered {
        Gathered::new(Asked { provider: Name::from_static("p"), model: Name::from_static("m") })
    }

    #[test]
    fn arguments_are_read_or_asked_for_again() {
        let rows = [
            ("", Some(json!({}))),
            ("null", Some(json!({}))),
            (r#"{"a":1}"#, Some(json!({"a": 1}))),
            (r#""{\"a\":1}""#, Some(json!({"a": 1}))),
            (r#""words""#, Some(json!("words"))),
            (r#"{"a":"#, None),
        ];
        for (text, expected) in rows {
            let mut answer = gathered();
            answer.call("a", "look", text.to_owned()).unwrap();
            match (answer.end(false, None, None), expected) {
                (Ok(response), Some(arguments)) => assert_eq!(response.tool_calls[0].arguments, arguments),
                (Err(error), None) => assert_eq!(error.class, FailureClass::Unparsable),
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_answer_ends_as_it_is() {
        let usage = Usage { input_tokens: 3, output_tokens: 2, ..Usage::default() };
        let rows = [
            ("text", 0, false, Ok(FinishReason::Stop)),
            ("text", 0, true, Ok(FinishReason::Length)),
            ("", 2, false, Ok(FinishReason::ToolCalls)),
            ("text", 1, true, Ok(FinishReason::Length)),
            (" \n", 0, false, Err(FailureClass::Truncated)),
            ("", 0, true, Err(FailureClass::Unparsable)),
        ];
        for (text, calls, cut, expected) in rows {
            let mut answer = gathered();
            answer.say(text, &mut NoSink).unwrap();
            (0..calls).for_each(|_| answer.call("same", "look", String::new()).unwrap());
            let ended = answer.end(cut, Some(usage), Some("m-2"));
            let seen = ended.as_ref().map(|response| response.finish).map_err(|error| error.class);
            assert_eq!(seen, expected, "{text:?} {calls} {cut}");
            match ended {
                Ok(response) => {
                    assert_eq!((response.usage, response.model.as_str()), (Some(usage), "m-2"));
                    let mut ids: Vec<_> = response.tool_calls.iter().map(|call| call.id.as_str()).collect();
                    ids.dedup();
                    assert_eq!(ids.len(), calls);
                }
                Err(error) => assert!(error.sent, "{error}"),
            }
        }
    }

    #[test]
    fn usage_without_any_output_is_not_believed() {
        let mut answer = gathered();
        answer.say("text", &mut NoSink).unwrap();
        let response = answer.end(false, Some(Usage::default()), Some("not a name!")).unwrap();
        assert_eq!((response.usage, response.model.as_str()), (None, "m"));
        answer.say("text", &mut NoSink).unwrap();
        let no_input = Usage { output_tokens: 3, ..Usage::default() };
        assert_eq!(answer.end(false, Some(no_input), None).unwrap().usage, None);
    }

    #[test]
    fn an_answer_is_bounded() {
        let asked = || Asked { provider: Name::from_static("p"), model: Name::from_static("m") };
        for (tokens, bytes) in [(0, 4 << 10), (100, 3_200 + (4 << 10)), (u32::MAX, ANSWER_BYTES_MAX)] {
            let mut answer = Gathered::within(asked(), tokens);
            assert!(answer.say(&"x".repeat(bytes), &mut NoSink).is_ok());
            assert_eq!(answer.say("y", &mut NoSink).unwrap_err().class, FailureClass::Unparsable);
        }
        let mut calls = gathered();
        (0..TOOL_CALLS_MAX).for_each(|_| calls.call("", "look", String::new()).unwrap());
        assert!(calls.call("", "look", String::new()).is_err());
    }
}
