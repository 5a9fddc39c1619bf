//! Tools for models that have none: described in the instructions, called by one form of the JSON answer.

use std::fmt::Write as _;

use divisi_llm::{Request, ToolOffer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::encode::GRAMMARS;
use crate::conversation::ToolNames;
use crate::json_schema::{Dialect, Refs, convert};

/// The key by which an answer calls tools.
pub(super) const TOOL_CALLS: &str = "tool_calls";
/// The most calls that one answer may make this way.
const CALLS_MAX: u32 = 8;

/// Everything in its place: the parts are put into one schema.
const INLINED: Dialect = Dialect { refs: Refs::Inlined, ..GRAMMARS };

/// Calls as the answer writes them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Calls {
    pub(super) tool_calls: Vec<CallWritten>,
}

/// One call as the answer writes it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CallWritten {
    pub(super) name: String,
    /// Keys are written in the order of the alphabet, and a model had better name the tool first.
    #[serde(default, alias = "arguments")]
    pub(super) parameters: Value,
}

/// The instructions that describe the tools.
pub(super) fn described(request: &Request, names: &ToolNames) -> String {
    let mut text = String::from(
        "You may call tools before you answer. To call tools, answer with only this JSON: \
         {\"tool_calls\":[{\"name\":\"<tool>\",\"parameters\":{…}}]}. You are then given the results. The tools:",
    );
    for tool in &request.tools {
        let name = names.wire(tool.name.as_str());
        let _ =
            write!(text, "\n* {name}: {} Parameters by this JSON schema: {}", tool.description, tool.schema);
    }
    text
}

/// The schema of an answer that either calls tools or is the answer itself.
pub(super) fn schema(request: &Request, names: &ToolNames) -> Value {
    let (answer, definitions) = answer(&request.schema);
    let calls: Vec<Value> = request.tools.iter().map(|tool| call(tool, names)).collect();
    let items =
        if calls.len() == 1 { calls.into_iter().next().unwrap_or_default() } else { json!({"anyOf": calls}) };
    let tools = json!({
        "type": "object",
        "properties": {TOOL_CALLS: {"type": "array", "items": items, "minItems": 1, "maxItems": CALLS_MAX}},
        "required": [TOOL_CALLS],
        "additionalProperties": false,
    });
    let mut whole = Map::from_iter([("anyOf".to_owned(), json!([tools, answer]))]);
    whole.extend(definitions.map(|definitions| ("$defs".to_owned(), definitions)));
    Value::Object(whole)
}

/// The schema of the answer, and the definitions that it refers to from the root.
fn answer(schema: &Value) -> (Value, Option<Value>) {
    if let Some(inlined) = convert(schema, &INLINED) {
        return (inlined, None);
    }
    let mut schema = schema.clone();
    let definitions = schema.as_object_mut().and_then(|fields| fields.remove("$defs"));
    (schema, definitions)
}

fn call(tool: &ToolOffer, names: &ToolNames) -> Value {
    let parameters = convert(&tool.schema, &INLINED).unwrap_or_else(|| json!({"type": "object"}));
    json!({
        "type": "object",
        "properties": {"name": {"const": names.wire(tool.name.as_str())}, "parameters": parameters},
        "required": ["name", "parameters"],
        "additionalProperties": false,
    })
}

/// The calls that an answer makes, if it makes any.
pub(super) fn read(text: &str) -> Option<Vec<CallWritten>> {
    let calls: Calls = serde_json::from_str(unfenced(text)).ok()?;
    (!calls.tool_calls.is_empty()).then_some(calls.tool_calls)
}

fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    inner.strip_prefix("json").unwrap_or(inner).trim()
}

/// What a beginning says of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaning {
    /// It may become either.
    Open,
    /// It calls tools.
    Calls,
    /// It is the answer.
    Answer,
}

/// What the beginning of an answer is going to be.
pub(super) fn leaning(beginning: &str) -> Leaning {
    let calls = format!("{{\"{TOOL_CALLS}\"");
    let mut wanted = calls.chars();
    for found in beginning.chars().filter(|char| !char.is_whitespace()) {
        match wanted.next() {
            None => return Leaning::Calls,
            Some(expected) if expected != found => return Leaning::Answer,
            Some(_) => {}
        }
    }
    if wanted.next().is_none() { Leaning::Calls } else { Leaning::Open }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shows_early_what_it_is() {
        let rows = [
            ("", Leaning::Open),
            (" {\n  \"tool", Leaning::Open),
            ("{ \"tool_calls\"", Leaning::Calls),
            ("{\"tool_calls\":[{", Leaning::Calls),
            ("{\"tools", Leaning::Answer),
            ("{\"summary\"", Leaning::Answer),
            ("Hello", Leaning::Answer),
        ];
        for (text, expected) in rows {
            assert_eq!(leaning(text), expected, "{text}");
        }
    }

    #[test]
    fn calls_are_read() {
        let rows = [
            (r#"{"tool_calls":[{"name":"a","parameters":{"x":1}},{"name":"b"}]}"#, Some(2)),
            ("```json\n{\"tool_calls\":[{\"name\":\"a\",\"arguments\":{}}]}\n```", Some(1)),
            (r#"{"tool_calls":[]}"#, None),
            (r#"{"tool_calls":"a"}"#, None),
            (r#"{"summary":"x"}"#, None),
            ("words", None),
        ];
        for (text, count) in rows {
            assert_eq!(read(text).map(|calls| calls.len()), count, "{text}");
        }
    }
}
