//! The canonical request as a body of `/v1/messages`.

use std::borrow::Cow;
use std::sync::Arc;

use divisi_llm::Request;
use serde_json::{Value, json};

use super::settings::{Settings, Structured};
use super::wire::{
    CacheControl, Content, ContentBlock, Message, MessagesRequest, OutputConfig, OutputFormat, SystemBlock,
    Tool, ToolChoice,
};
use crate::coming::Coming;
use crate::conversation::{Call, Outcome, ToolNames, Turn, as_one, turns};
use crate::http::Fault;
use crate::json_schema::{Converted, Dialect, Nulls, Refs, asked_in_words};
use crate::reasoning::{LOW_EFFORT, takes_effort};

/// The tool whose arguments are the answer.
pub(super) const ANSWER_TOOL: &str = "hand_in_answer";

const ANSWER_TOOL_SAYS: &str = "Hands in the final answer. Its arguments are the answer itself.";

/// What stands for the result of a tool that wrote nothing.
const NO_OUTPUT: &str = "(no output)";

/// What the vendor's grammar takes.
static DIALECT: Converted = Converted::to(Dialect {
    refs: Refs::KeptAcyclic,
    nulls: Nulls::AnyOf,
    strict: true,
    kept: &[],
    formats: &["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"],
    capitals: false,
    steps: false,
});

/// A body, and what is needed to understand the answer to it.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) body: Vec<u8>,
    pub(super) names: ToolNames,
    /// Whether the answer comes as a call of [`ANSWER_TOOL`].
    pub(super) answer_tool: bool,
}

/// The schema of the answer, as it is asked for.
enum Shape {
    Free,
    Format(Arc<Value>),
    Tool(Arc<Value>),
    Words(String),
}

/// The body of `request`.
pub(super) fn encode(request: &Request, settings: &Settings, coming: Coming) -> Result<Encoded, Fault> {
    let names = ToolNames::beside(&[ANSWER_TOOL], request);
    let shape = shape(request, settings);
    let turns = turns(request)?;
    let answer_tool = matches!(shape, Shape::Tool(_));
    let effort = takes_effort(request.model.as_str()).then_some(LOW_EFFORT);
    let mut wire = MessagesRequest {
        model: request.model.as_str(),
        max_tokens: request.sampling.output_tokens_max.max(1),
        stream: coming == Coming::Streamed,
        temperature: temperature(request, settings),
        output_config: effort.map(|effort| OutputConfig { format: None, effort: Some(effort) }),
        tool_choice: None,
        tools: tools(request, &names),
        system: system(&request.system),
        messages: turns.iter().map(|turn| message(turn, &names, !settings.prompt_cache)).collect(),
    };
    shape.put_into(&mut wire);
    if settings.prompt_cache {
        mark(&mut wire);
    }
    let body =
        serde_json::to_vec(&wire).map_err(|error| crate::conversation::unsendable(&error.to_string()))?;
    Ok(Encoded { body, names, answer_tool })
}

fn temperature(request: &Request, settings: &Settings) -> Option<f64> {
    let hundredths = f64::from(request.sampling.temperature_hundredths.min(100));
    settings.temperature(request.model.as_str()).then_some(hundredths / 100.0)
}

fn shape(request: &Request, settings: &Settings) -> Shape {
    let schema = &request.schema;
    if !schema.is_object() {
        return Shape::Free;
    }
    let is_object = schema.get("type") == Some(&json!("object"));
    match settings.structured(request.model.as_str()) {
        Structured::OutputFormat => match DIALECT.of(schema) {
            Some(schema) => Shape::Format(schema),
            None if is_object => Shape::Tool(Arc::clone(schema)),
            None => Shape::Words(asked_in_words(schema, !request.tools.is_empty())),
        },
        Structured::ForcedTool if is_object => Shape::Tool(Arc::clone(schema)),
        Structured::ForcedTool | Structured::Asked => {
            Shape::Words(asked_in_words(schema, !request.tools.is_empty()))
        }
    }
}

impl Shape {
    fn put_into(self, wire: &mut MessagesRequest<'_>) {
        match self {
            Self::Free => {}
            Self::Format(schema) => {
                let effort = wire.output_config.as_ref().and_then(|config| config.effort);
                let format = Some(OutputFormat::JsonSchema { schema });
                wire.output_config = Some(OutputConfig { format, effort });
            }
            Self::Tool(input_schema) => {
                let alone = ToolChoice::Tool { name: ANSWER_TOOL, disable_parallel_tool_use: true };
                wire.tool_choice = Some(if wire.tools.is_empty() { alone } else { ToolChoice::Any });
                wire.tools.push(Tool {
                    name: ANSWER_TOOL.to_owned(),
                    description: ANSWER_TOOL_SAYS,
                    input_schema,
                    cache_control: None,
                });
            }
            Self::Words(words) => wire.system.push(block(Cow::Owned(words))),
        }
    }
}

/// The vendor's prefix is tools, then system, then messages: one mark at the end of the stable part covers both.
fn mark(wire: &mut MessagesRequest<'_>) {
    if let Some(last) = wire.system.last_mut() {
        last.cache_control = Some(CacheControl::Ephemeral);
    } else if let Some(last) = wire.tools.last_mut() {
        last.cache_control = Some(CacheControl::Ephemeral);
    }
}

fn system(text: &str) -> Vec<SystemBlock<'_>> {
    if text.trim().is_empty() { Vec::new() } else { vec![block(Cow::Borrowed(text))] }
}

fn block(text: Cow<'_, str>) -> SystemBlock<'_> {
    SystemBlock { kind: "text", text, cache_control: None }
}

fn tools<'a>(request: &'a Request, names: &ToolNames) -> Vec<Tool<'a>> {
    let tool = |offer: &'a divisi_llm::ToolOffer| Tool {
        name: names.wire(offer.name.as_str()).to_owned(),
        description: &offer.description,
        input_schema: input_schema(&offer.schema),
        cache_control: None,
    };
    request.tools.iter().map(tool).collect()
}

/// Arguments are always an object.
fn input_schema(schema: &Arc<Value>) -> Arc<Value> {
    let is_object = schema.get("type") == Some(&json!("object"));
    if is_object { Arc::clone(schema) } else { json!({"type": "object"}).into() }
}

/// `plain`: what is one text is sent as one. The vendor's own service keeps what it was sent, in the form in which it was.
fn message<'a>(turn: &'a Turn<'a>, names: &'a ToolNames, plain: bool) -> Message<'a> {
    match turn {
        Turn::User { outcomes, texts } => {
            let said = said(texts, plain);
            Message::User { content: content(outcomes.iter().map(tool_result).chain(said), plain) }
        }
        Turn::Model { texts, calls } => {
            let said = said(texts, plain);
            let called = calls.iter().map(|call| tool_use(call, names));
            Message::Assistant { content: content(said.into_iter().chain(called), plain) }
        }
    }
}

/// Each text as a block, as the vendor's cache wants it; where all is plain they are one.
fn said<T: AsRef<str>>(texts: &[T], plain: bool) -> Vec<ContentBlock<'_>> {
    if plain {
        return as_one(texts).map(|text| ContentBlock::Text { text }).into_iter().collect();
    }
    texts.iter().map(|text| ContentBlock::Text { text: Cow::Borrowed(text.as_ref()) }).collect()
}

fn content<'a>(blocks: impl Iterator<Item = ContentBlock<'a>>, plain: bool) -> Content<'a> {
    let mut blocks: Vec<ContentBlock<'a>> = blocks.collect();
    match blocks.as_mut_slice() {
        [ContentBlock::Text { text }] if plain => Content::Plain(std::mem::take(text)),
        _ => Content::Blocks(blocks),
    }
}

fn tool_use<'a>(call: &'a Call<'a>, names: &'a ToolNames) -> ContentBlock<'a> {
    let input = if call.call.arguments.is_object() { call.call.arguments.clone() } else { json!({}) };
    ContentBlock::ToolUse { id: &call.id, name: names.wire(&call.call.tool), input }
}

fn tool_result<'a>(outcome: &'a Outcome<'a>) -> ContentBlock<'a> {
    let content = if outcome.content.is_empty() { NO_OUTPUT } else { outcome.content };
    ContentBlock::ToolResult { tool_use_id: &outcome.id, content, is_error: !outcome.ok }
}

#[cfg(test)]
mod tests;
