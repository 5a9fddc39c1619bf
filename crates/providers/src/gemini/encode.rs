//! The canonical request as a body of `streamGenerateContent`.

use std::borrow::Cow;
use std::sync::Arc;

use divisi_llm::{Request, ToolCall, ToolOffer};
use serde_json::{Value, json};

use super::settings::{Settings, Structured, signs};
use super::wire::{
    Content, FunctionCall, FunctionDeclaration, FunctionResponse, GenerateRequest, GenerationConfig,
    Instruction, Outcome, Part, ThinkingConfig, Tools,
};
use crate::conversation::{ToolNames, Turn, as_one, turns, unsendable, unsigned};
use crate::http::Fault;
use crate::json_schema::{Converted, Dialect, Nulls, Refs, asked_in_words};
use crate::reasoning::{GeminiThinks, LOW_EFFORT, THOUGHT_TOKENS, gemini_thinks};

/// Begins the ids that we give to calls of models that give none.
pub(super) const OWN_ID: &str = "call_";

/// Stands for the signature of a call that the model itself did not make. The vendor names it for histories of other
/// models; a call without any is refused.
const NOT_SIGNED: &str = "skip_thought_signature_validator";

/// The vendor's own kind of schema.
static DIALECT: Converted = Converted::to(Dialect {
    refs: Refs::Inlined,
    nulls: Nulls::Nullable,
    strict: false,
    kept: &["minimum", "maximum", "minItems", "maxItems"],
    formats: &["date-time", "float", "double", "int32", "int64"],
    capitals: true,
    steps: false,
});

/// A body, and what is needed to understand the answer to it.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) body: Vec<u8>,
    pub(super) names: ToolNames,
}

/// The fewest tokens of thought that every model takes as a number.
const THOUGHT_TOKENS_MIN: u32 = 512;

/// The body of `request`.
pub(super) fn encode(request: &Request, settings: &Settings) -> Result<Encoded, Fault> {
    let names = ToolNames::of(request);
    let turns = turns(request)?;
    let (config, words) = config(request, settings);
    let parts: Vec<Part<'_>> = [&*request.system, &words]
        .into_iter()
        .filter(|text| !text.trim().is_empty())
        .map(|said| text(said.into()))
        .collect();
    let wire = GenerateRequest {
        system_instruction: (!parts.is_empty()).then_some(Instruction { parts }),
        tools: tools(request, &names),
        contents: turns.iter().map(|turn| content(turn, &names, request.model.as_str())).collect(),
        generation_config: config,
    };
    let body = serde_json::to_vec(&wire).map_err(|error| unsendable(&error.to_string()))?;
    Ok(Encoded { body, names })
}

/// How the answer is made, and the words that ask for the schema where the vendor's mode cannot.
fn config(request: &Request, settings: &Settings) -> (GenerationConfig, String) {
    let mut config = GenerationConfig {
        temperature: f64::from(request.sampling.temperature_hundredths.min(200)) / 100.0,
        max_output_tokens: request.sampling.output_tokens_max.max(1),
        thinking_config: thinking(request),
        response_mime_type: None,
        response_schema: None,
        response_json_schema: None,
    };
    if !request.schema.is_object() {
        return (config, String::new());
    }
    let with_tools = !request.tools.is_empty();
    let (by_schema, by_words) = match settings.structured(request.model.as_str()) {
        Structured::Schema => (true, false),
        Structured::SchemaWithoutTools => (!with_tools, with_tools),
        Structured::SchemaAndWords => (!with_tools, true),
        Structured::Asked => (false, true),
    };
    let words = if by_words { asked_in_words(&request.schema, with_tools) } else { String::new() };
    if !by_schema {
        return (config, words);
    }
    config.response_mime_type = Some("application/json");
    config.response_schema = DIALECT.of(&request.schema);
    config.response_json_schema = config.response_schema.is_none().then(|| Arc::clone(&request.schema));
    (config, words)
}

/// Bounds the thoughts, which count towards the output limit, of the families that may be told.
fn thinking(request: &Request) -> Option<ThinkingConfig> {
    let half = request.sampling.output_tokens_max / 2;
    Some(match gemini_thinks(request.model.as_str())? {
        // Where the limit is small the answer needs its half.
        GeminiThinks::Budget => {
            ThinkingConfig::ThinkingBudget(half.clamp(THOUGHT_TOKENS_MIN, THOUGHT_TOKENS))
        }
        GeminiThinks::Level => ThinkingConfig::ThinkingLevel(LOW_EFFORT),
    })
}

fn text(text: Cow<'_, str>) -> Part<'_> {
    Part::Text { text }
}

fn tools<'a>(request: &'a Request, names: &'a ToolNames) -> Vec<Tools<'a>> {
    let function_declarations: Vec<_> = request.tools.iter().map(|offer| declaration(offer, names)).collect();
    if function_declarations.is_empty() { Vec::new() } else { vec![Tools { function_declarations }] }
}

fn declaration<'a>(offer: &'a ToolOffer, names: &'a ToolNames) -> FunctionDeclaration<'a> {
    let parameters = DIALECT.of(&offer.schema);
    let has_arguments =
        offer.schema.get("properties").and_then(Value::as_object).is_some_and(|it| !it.is_empty());
    FunctionDeclaration {
        name: names.wire(offer.name.as_str()),
        description: &offer.description,
        parameters_json_schema: (parameters.is_none() && has_arguments).then(|| Arc::clone(&offer.schema)),
        parameters,
    }
}

fn content<'a>(turn: &'a Turn<'a>, names: &'a ToolNames, model: &str) -> Content<'a> {
    match turn {
        Turn::User { outcomes, texts } => {
            let results = outcomes.iter().map(|outcome| Part::Response {
                function_response: FunctionResponse {
                    id: vendor_id(outcome.call),
                    name: names.wire(&outcome.call.tool),
                    response: result(outcome.content, outcome.ok),
                },
            });
            Content { role: "user", parts: results.chain(as_one(texts).map(text)).collect() }
        }
        Turn::Model { texts, calls } => {
            let said = as_one(texts).map(text);
            let called = calls.iter().enumerate().map(|(place, call)| Part::Call {
                function_call: FunctionCall {
                    id: vendor_id(call.call),
                    name: names.wire(&call.call.tool),
                    args: args(call.call),
                },
                thought_signature: signature(call.call, place, model),
            });
            Content { role: "model", parts: said.into_iter().chain(called).collect() }
        }
    }
}

/// The vendor's own id of a call, if it gave one.
fn vendor_id(call: &ToolCall) -> Option<&str> {
    let (id, _) = unsigned(&call.id);
    (!id.is_empty() && !id.starts_with(OWN_ID)).then_some(id)
}

/// The signature that `model` made, or for the first call of a turn what stands for one where one is wanted.
fn signature<'a>(call: &'a ToolCall, place: usize, model: &str) -> Option<&'a str> {
    let own = unsigned(&call.id).1.filter(|signature| signature.model == model);
    match own {
        Some(signature) => Some(signature.text),
        None => (place == 0 && signs(model)).then_some(NOT_SIGNED),
    }
}

fn args(call: &ToolCall) -> Value {
    if call.arguments.is_object() { call.arguments.clone() } else { json!({}) }
}

fn result(content: &str, ok: bool) -> Outcome {
    let value = serde_json::from_str(content).unwrap_or_else(|_| Value::String(content.to_owned()));
    if ok { Outcome::Output(value) } else { Outcome::Error(value) }
}

#[cfg(test)]
mod tests;
