//! A schema asked for in words, for models and servers that have no mode for it.

use serde_json::Value;

/// The words that stand behind the instructions; `tools` where the model may also call tools.
pub(crate) fn asked_in_words(schema: &Value, tools: bool) -> String {
    let when = if tools { "As soon as you need no more tools, answer" } else { "Answer" };
    format!(
        "{when} with one JSON object that fits this JSON schema, without a fence and without any words around it:\n{schema}"
    )
}
