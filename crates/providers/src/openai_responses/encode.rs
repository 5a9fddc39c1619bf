//! The canonical request as a body of `/v1/responses`.
//!
//! Calls are stateless (`store: false`). Reasoning items do not go along from turn to turn: the vendor wants them back
//! only with items that are sent under their own ids, and ours are sent without; our conversation has no place for
//! them that would survive a failover to another wire.

use std::borrow::Cow;
use std::sync::Arc;

use divisi_llm::{Request, ToolOffer};
use serde_json::{Value, json};

use super::settings::{Settings, Structured};
use super::wire::{CreateRequest, Item, Reasoning, TextConfig, TextFormat, Tool};
use crate::coming::Coming;
use crate::conversation::{ToolNames, Turn, as_one, turns, unsendable};
use crate::http::Fault;
use crate::json_schema::{Converted, Dialect, Nulls, Refs, asked_in_words};
use crate::reasoning::{LOW_EFFORT, takes_low_effort};

/// The name of the format. The vendor wants one.
const FORMAT_NAME: &str = "answer";

/// What the vendor's grammar takes.
static DIALECT: Converted = Converted::to(Dialect {
    refs: Refs::Kept,
    nulls: Nulls::AnyOf,
    strict: true,
    kept: &[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
    ],
    formats: &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"],
    capitals: false,
    steps: false,
});

/// A body, and what is needed to understand the answer to it.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) body: Vec<u8>,
    pub(super) names: ToolNames,
}

/// The body of `request`.
pub(super) fn encode(request: &Request, settings: &Settings, coming: Coming) -> Result<Encoded, Fault> {
    let names = ToolNames::of(request);
    let turns = turns(request)?;
    let (text, words) = format(request, settings);
    let model = request.model.as_str();
    // Gateways write a prefix: `openai/gpt-…`.
    let name = model.rsplit('/').next().unwrap_or(model);
    let hundredths = f64::from(request.sampling.temperature_hundredths.min(200));
    let wire = CreateRequest {
        model,
        instructions: instructions(&request.system, words),
        input: turns.iter().flat_map(|turn| items(turn, &names)).collect(),
        tools: request.tools.iter().map(|offer| tool(offer, &names)).collect(),
        parallel_tool_calls: (!request.tools.is_empty()).then_some(true),
        text,
        temperature: settings.temperature(model).then_some(hundredths / 100.0),
        reasoning: takes_low_effort(name).then_some(Reasoning { effort: LOW_EFFORT }),
        max_output_tokens: request.sampling.output_tokens_max.max(1),
        store: false,
        stream: coming == Coming::Streamed,
    };
    let body = serde_json::to_vec(&wire).map_err(|error| unsendable(&error.to_string()))?;
    Ok(Encoded { body, names })
}

/// The vendor's mode, and the words that ask for the schema where the mode is missing or not relied on.
fn format(request: &Request, settings: &Settings) -> (Option<TextConfig>, Option<String>) {
    let schema = &request.schema;
    if !schema.is_object() {
        return (None, None);
    }
    let words = || Some(asked_in_words(schema, !request.tools.is_empty()));
    match settings.structured(request.model.as_str()) {
        Structured::Format => (Some(config(schema)), None),
        Structured::FormatAndWords => (Some(config(schema)), words()),
        Structured::Asked => (None, words()),
    }
}

fn config(schema: &Arc<Value>) -> TextConfig {
    let strict = DIALECT.of(schema);
    let is_strict = strict.is_some();
    let schema = strict.unwrap_or_else(|| Arc::clone(schema));
    TextConfig { format: TextFormat::JsonSchema { name: FORMAT_NAME, schema, strict: is_strict } }
}

fn instructions(system: &str, words: Option<String>) -> Cow<'_, str> {
    match words {
        None => Cow::Borrowed(system),
        Some(words) if system.trim().is_empty() => Cow::Owned(words),
        Some(words) => Cow::Owned(format!("{system}\n\n{words}")),
    }
}

fn tool<'a>(offer: &'a ToolOffer, names: &'a ToolNames) -> Tool<'a> {
    let is_object = offer.schema.get("type") == Some(&json!("object"));
    let parameters =
        if is_object { Value::clone(&offer.schema) } else { json!({"type": "object", "properties": {}}) };
    Tool::Function {
        name: names.wire(offer.name.as_str()),
        description: &offer.description,
        parameters,
        // The vendor's default is strict, which refuses optional arguments.
        strict: false,
    }
}

fn items<'a>(turn: &'a Turn<'a>, names: &'a ToolNames) -> Vec<Item<'a>> {
    match turn {
        Turn::User { outcomes, texts } => {
            let results = outcomes
                .iter()
                .map(|outcome| Item::FunctionCallOutput { call_id: &outcome.id, output: outcome.content });
            let said = as_one(texts).map(|content| Item::Message { role: "user", content });
            results.chain(said).collect()
        }
        Turn::Model { texts, calls } => {
            let said = as_one(texts).map(|content| Item::Message { role: "assistant", content });
            let called = calls.iter().map(|call| Item::FunctionCall {
                call_id: &call.id,
                name: names.wire(&call.call.tool),
                arguments: call.call.arguments.to_string(),
            });
            said.into_iter().chain(called).collect()
        }
    }
}

#[cfg(test)]
mod tests;
