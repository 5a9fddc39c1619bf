//! The canonical request as a body of `/chat/completions`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use divisi_llm::fence::fenced;
use divisi_llm::{Remembered, Request};
use serde_json::Value;
use serde_json::value::RawValue;

use super::traits::{Effort, Lengths, LimitField, SchemaMode, SystemRole, ToolMode, Traits};
use super::union;
use super::wire::{
    CallSaid, ChatMessage, ChatRequest, Function, FunctionSaid, Messages, NamedSchema, ResponseFormat,
    StreamOptions, SystemMessage, Tool,
};
use crate::coming::Coming;
use crate::conversation::{Call, Outcome, ToolNames, Turn, turns, unsendable};
use crate::http::Fault;
use crate::json_schema::{Converted, Dialect, Nulls, Refs, asked_in_words, bounded, written};
use crate::reasoning::LOW_EFFORT;

/// Bytes of a body beside its texts: most schemas and tools.
const BODY_FRAME_BYTES: usize = 4 * 1024;
/// The name of the format. The wire wants one.
const FORMAT_NAME: &str = "answer";
/// The fewest output tokens that are asked for where input and context leave less room, if the caller wants as many.
const OUTPUT_TOKENS_FLOOR: u32 = 256;
/// The part of the output limit that a bounded text may take, where each of its characters is a token.
const BOUNDED_TEXT_PART: u32 = 8;
/// Characters that a bounded text has room for, however little that is of the limit.
const BOUNDED_CHARS_MIN: u32 = 40;
/// Bytes of input that are thought to make a token, at the least.
const BYTES_PER_TOKEN_MIN: usize = 3;

/// OpenAI's own.
static STRICT: Converted = Converted::to(Dialect {
    refs: Refs::Kept,
    nulls: Nulls::AnyOf,
    strict: true,
    kept: &["minimum", "maximum", "minItems", "maxItems"],
    formats: &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"],
    capitals: false,
    steps: false,
});

static PLAIN: Converted = Converted::to(GRAMMARS);

/// What grammars of local servers take without complaint.
pub(super) const GRAMMARS: Dialect = Dialect {
    refs: Refs::Kept,
    nulls: Nulls::AnyOf,
    strict: false,
    kept: &["minItems", "maxItems"],
    formats: &[],
    capitals: false,
    steps: true,
};

/// A text as JSON, and its bytes before that.
type Written = (Arc<RawValue>, usize);

/// Instructions alone.
static SAYING: LazyLock<Remembered<Written, Arc<str>>> = LazyLock::new(Remembered::default);
/// Instructions with a schema in words, without and with tools.
static ASKING: [LazyLock<Asking>; 2] = [const { LazyLock::new(Remembered::default) }; 2];

type Asking = Remembered<Written, (Arc<str>, Arc<Value>)>;

/// A body, and what is needed to understand the answer to it.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) body: Bytes,
    pub(super) names: ToolNames,
    /// Whether calls come as a form of the answer.
    pub(super) calls_by_json: bool,
    /// The limit that was sent.
    pub(super) output_tokens_max: u32,
}

/// The body of `request` for a model with these traits.
pub(super) fn encode(request: &Request, traits: &Traits, coming: Coming) -> Result<Encoded, Fault> {
    let names = ToolNames::of(request);
    let offered = !request.tools.is_empty();
    let native = traits.tool_mode == ToolMode::Native;
    let calls_by_json = offered && traits.tool_mode == ToolMode::ByJson;
    let mut shape = Shape { request, names: &names, traits, native, calls_by_json, limit: 0 };
    let messages = shape.messages(&turns(request)?);
    let texts = messages.bytes();
    let limit = limit(request, traits, texts);
    shape.limit = limit;
    let of_field = |field| (traits.limit_field == field).then_some(limit);
    let temperature = f64::from(request.sampling.temperature_hundredths.min(200)) / 100.0;
    let streams = coming == Coming::Streamed;
    let wire = ChatRequest {
        model: request.model.as_str(),
        messages,
        stream: streams,
        stream_options: (streams && traits.streams_usage).then_some(StreamOptions { include_usage: true }),
        max_tokens: of_field(LimitField::MaxTokens),
        max_completion_tokens: of_field(LimitField::MaxCompletionTokens),
        temperature: traits.temperature.then_some(temperature),
        reasoning_effort: (traits.effort == Effort::Low).then_some(LOW_EFFORT),
        tools: if native { shape.tools() } else { Vec::new() },
        response_format: shape.format(),
    };
    let mut body = Vec::with_capacity(texts + texts / 8 + BODY_FRAME_BYTES);
    serde_json::to_writer(&mut body, &wire).map_err(|error| unsendable(&error.to_string()))?;
    Ok(Encoded { body: Bytes::from(body), calls_by_json, output_tokens_max: limit, names })
}

/// What the context leaves for the answer, where it is known: some servers refuse what may not fit. Zero means no limit
/// to some.
fn limit(request: &Request, traits: &Traits, input_bytes: usize) -> u32 {
    let wanted = request.sampling.output_tokens_max.max(1);
    let wanted = traits.output_tokens_max.map_or(wanted, |most| wanted.min(most));
    let Some(context) = traits.context_tokens else { return wanted };
    let input = u32::try_from(input_bytes / BYTES_PER_TOKEN_MIN).unwrap_or(u32::MAX);
    wanted.min(context.saturating_sub(input).max(OUTPUT_TOKENS_FLOOR))
}

struct Shape<'a> {
    request: &'a Request,
    names: &'a ToolNames,
    traits: &'a Traits,
    native: bool,
    calls_by_json: bool,
    /// Output tokens of the answer; not known before the messages are.
    limit: u32,
}

impl<'a> Shape<'a> {
    fn messages(&self, turns: &[Turn<'a>]) -> Messages<'a> {
        let role = match self.traits.system_role {
            SystemRole::System => Some("system"),
            SystemRole::Developer => Some("developer"),
            SystemRole::InUser => None,
        };
        let mut rest = Vec::new();
        for turn in turns {
            match turn {
                Turn::User { outcomes, texts } => self.user(outcomes, texts, &mut rest),
                Turn::Model { texts, calls } => rest.push(self.model(texts, calls)),
            }
        }
        let Some(role) = role else {
            self.instruct_in_user(&mut rest);
            return Messages { system: None, rest };
        };
        let (content, bytes) = self.system_written();
        let system = (bytes > 0).then_some(SystemMessage { role, content, bytes });
        Messages { system, rest }
    }

    fn instruct_in_user(&self, messages: &mut [ChatMessage<'a>]) {
        let system = self.system();
        if !system.is_empty()
            && let Some(first) = messages.iter_mut().find(|message| message.role == "user")
        {
            first.content = Cow::Owned(format!("{system}\n\n{}", first.content));
        }
    }

    /// [`Self::system`] as JSON, and its bytes before that: written once for all calls that share it.
    fn system_written(&self) -> Written {
        let request = self.request;
        let make = || as_json(&self.system());
        if self.calls_by_json {
            make()
        } else if self.asks_in_words() {
            ASKING[usize::from(self.has_tools())].of(&(&request.system, &request.schema), make)
        } else {
            SAYING.of(&request.system, make)
        }
    }

    /// Whether tools can be called in some way.
    fn has_tools(&self) -> bool {
        !self.request.tools.is_empty() && (self.native || self.calls_by_json)
    }

    fn system(&self) -> Cow<'a, str> {
        let request = self.request;
        let mut words = Vec::new();
        if self.calls_by_json {
            words.push(union::described(request, self.names));
        }
        if self.asks_in_words() {
            words.push(asked_in_words(&request.schema, self.has_tools()));
        }
        if words.is_empty() {
            return Cow::Borrowed(request.system.trim_end());
        }
        words.insert(0, request.system.trim_end().to_owned());
        words.retain(|part| !part.is_empty());
        Cow::Owned(words.join("\n\n"))
    }

    fn asks_in_words(&self) -> bool {
        let constrained = self.traits.schema_mode >= SchemaMode::JsonObjectWithSchema;
        self.request.schema.is_object() && !(constrained && self.has_format())
    }

    fn user(&self, outcomes: &[Outcome<'a>], texts: &[Cow<'a, str>], messages: &mut Vec<ChatMessage<'a>>) {
        let mut parts: Vec<Cow<'a, str>> = Vec::new();
        for outcome in outcomes {
            if self.native {
                let answered = said("tool", Cow::Borrowed(outcome.content));
                messages.push(ChatMessage { tool_call_id: Some(outcome.id.clone()), ..answered });
            } else {
                parts.push(Cow::Owned(self.told(outcome)));
            }
        }
        parts.extend(texts.iter().cloned());
        match parts.len() {
            0 => {}
            1 => messages.extend(parts.pop().map(|part| said("user", part))),
            _ => messages.push(said("user", Cow::Owned(parts.join("\n\n")))),
        }
    }

    fn told(&self, outcome: &Outcome<'_>) -> String {
        let name = self.names.wire(&outcome.call.tool);
        let what = if outcome.ok { "Result" } else { "Failure" };
        // Behind a role of its own it would be known for what it is.
        format!("{what} of the tool {name}:\n{}", fenced(outcome.content, "tool result"))
    }

    fn model(&self, texts: &[&'a str], calls: &[Call<'a>]) -> ChatMessage<'a> {
        let mut content = match texts {
            [one] => Cow::Borrowed(*one),
            all => Cow::Owned(all.join("\n\n")),
        };
        if self.native {
            let tool_calls = calls.iter().map(|call| self.called(call)).collect();
            return ChatMessage { tool_calls, ..said("assistant", content) };
        }
        if !calls.is_empty() {
            let written = calls.iter().map(|call| union::CallWritten {
                name: self.names.wire(&call.call.tool).to_owned(),
                parameters: call.call.arguments.clone(),
            });
            let written = union::Calls { tool_calls: written.collect() };
            let gap = if content.is_empty() { "" } else { "\n" };
            let json = serde_json::to_string(&written).unwrap_or_default();
            let _ = write!(content.to_mut(), "{gap}{json}");
        }
        said("assistant", content)
    }

    fn called(&self, call: &Call<'a>) -> CallSaid<'a> {
        let function = FunctionSaid {
            name: self.wire_name(&call.call.tool),
            arguments: call.call.arguments.to_string(),
        };
        CallSaid { id: call.id.clone(), kind: "function", function }
    }

    fn wire_name(&self, tool: &'a str) -> &'a str {
        let names: &'a ToolNames = self.names;
        names.wire(tool)
    }

    fn tools(&self) -> Vec<Tool<'a>> {
        let tool = |offer: &'a divisi_llm::ToolOffer| Tool {
            kind: "function",
            function: Function {
                name: self.wire_name(offer.name.as_str()),
                description: &offer.description,
                parameters: written(&offer.schema),
            },
        };
        self.request.tools.iter().map(tool).collect()
    }

    /// Whether the server is told a format.
    fn has_format(&self) -> bool {
        let beside_tools = self.native && !self.request.tools.is_empty();
        let may = self.request.schema.is_object() && (!beside_tools || self.traits.schema_beside_tools);
        may && self.traits.schema_mode != SchemaMode::Prompted
    }

    fn format(&self) -> Option<ResponseFormat> {
        if !self.has_format() {
            return None;
        }
        match self.traits.schema_mode {
            SchemaMode::Prompted => None,
            SchemaMode::JsonObject => Some(ResponseFormat::JsonObject { schema: None }),
            SchemaMode::JsonObjectHinted | SchemaMode::JsonObjectWithSchema => {
                Some(ResponseFormat::JsonObject { schema: Some(written(&self.plain_schema())) })
            }
            SchemaMode::JsonSchemaHinted | SchemaMode::JsonSchema => Some(named(&self.plain_schema(), false)),
            SchemaMode::JsonSchemaStrict => Some(self.strict()),
        }
    }

    fn strict(&self) -> ResponseFormat {
        match STRICT.of(&self.request.schema) {
            Some(schema) if !self.calls_by_json => named(&schema, true),
            _ => named(&self.plain_schema(), false),
        }
    }

    fn plain_schema(&self) -> Arc<Value> {
        let mut schema = if self.calls_by_json {
            Arc::new(union::schema(self.request, self.names))
        } else {
            PLAIN.of(&self.request.schema).unwrap_or_else(|| Arc::clone(&self.request.schema))
        };
        match self.traits.lengths {
            Lengths::Free => {}
            Lengths::Bounded => {
                let chars_max = (self.limit / BOUNDED_TEXT_PART).max(BOUNDED_CHARS_MIN);
                bounded(Arc::make_mut(&mut schema), chars_max);
            }
        }
        schema
    }
}

fn named(schema: &Arc<Value>, strict: bool) -> ResponseFormat {
    let schema = written(schema);
    ResponseFormat::JsonSchema { json_schema: NamedSchema { name: FORMAT_NAME, schema, strict } }
}

fn as_json(text: &str) -> Written {
    // A text can always be written.
    let json = serde_json::value::to_raw_value(text);
    (json.unwrap_or_else(|_| RawValue::NULL.to_owned()).into(), text.len())
}

fn said<'a>(role: &'static str, content: Cow<'a, str>) -> ChatMessage<'a> {
    ChatMessage { role, content, tool_calls: Vec::new(), tool_call_id: None }
}

#[cfg(test)]
mod tests;
