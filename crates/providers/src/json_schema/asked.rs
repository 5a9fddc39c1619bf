//! A schema asked for in words, for models and servers that have no mode for it.

use std::sync::{Arc, LazyLock};

use divisi_llm::Remembered;
use serde_json::Value;

static WORDS: [LazyLock<Remembered<Arc<str>>>; 2] = [const { LazyLock::new(Remembered::default) }; 2];

/// The words that stand behind the instructions; `tools` where the model may also call tools.
pub(crate) fn asked_in_words(schema: &Arc<Value>, tools: bool) -> String {
    WORDS[usize::from(tools)].of(schema, || written(schema, tools).into()).to_string()
}

fn written(schema: &Value, tools: bool) -> String {
    let when = if tools { "As soon as you need no more tools, answer" } else { "Answer" };
    format!(
        "{when} with one JSON object that fits this JSON schema, without a fence and without any words around it:\n{schema}"
    )
}
