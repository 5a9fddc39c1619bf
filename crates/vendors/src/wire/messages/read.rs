//! Reads and checks a request.

use serde::Deserialize;
use serde_json::Value;

use crate::ask::{Ask, Choice, Offer};
use crate::wire::params::{BadRequest, is_tool_name, parse, read as part_of, within};
use crate::wire::schema::{Strictness, check};

const KNOWN: &[&str] = &[
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
    "workspace_id",
];
const TOOL_NAME_BYTES_MAX: usize = 128;

#[derive(Debug, Deserialize)]
struct Body {
    model: String,
    max_tokens: u64,
    messages: Vec<Message>,
    system: Option<System>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
    tool_choice: Option<ToolChoice>,
    output_config: Option<OutputConfig>,
    thinking: Option<Thinking>,
    stream: Option<bool>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum System {
    Text(String),
    Blocks(Vec<Value>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    role: Role,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    User,
    Assistant,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Blocks(Vec<Value>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Block {
    Text {
        text: String,
        #[serde(rename = "cache_control")]
        _cache: Option<Value>,
        #[serde(rename = "citations")]
        _citations: Option<Value>,
    },
    ToolUse {
        id: String,
        name: String,
        input: serde_json::Map<String, Value>,
        #[serde(rename = "cache_control")]
        _cache: Option<Value>,
    },
    ToolResult {
        tool_use_id: String,
        content: Option<Content>,
        #[serde(rename = "is_error")]
        _is_error: Option<bool>,
        #[serde(rename = "cache_control")]
        _cache: Option<Value>,
    },
    Thinking {
        #[serde(rename = "thinking")]
        _thinking: String,
        #[serde(rename = "signature")]
        _signature: String,
    },
    RedactedThinking {
        #[serde(rename = "data")]
        _data: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    name: String,
    input_schema: Value,
    #[serde(default)]
    strict: bool,
    #[serde(rename = "type")]
    _kind: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "cache_control")]
    _cache: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ToolChoice {
    Auto {
        #[serde(rename = "disable_parallel_tool_use")]
        _single: Option<bool>,
    },
    Any {
        #[serde(rename = "disable_parallel_tool_use")]
        _single: Option<bool>,
    },
    Tool {
        name: String,
        #[serde(rename = "disable_parallel_tool_use")]
        _single: Option<bool>,
    },
    None {},
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputConfig {
    format: Option<Format>,
    #[serde(rename = "effort")]
    _effort: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Format {
    JsonSchema { schema: Value },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Thinking {
    Enabled { budget_tokens: u64 },
    Adaptive {},
    Disabled {},
}

pub(in crate::wire) fn read(body: &Value) -> Result<Ask, BadRequest> {
    let keep_prefix =
        ["system", "tools"].iter().any(|part| body[part].to_string().contains("\"cache_control\""));
    let body: Body = parse(body, KNOWN, false)?;
    let mut ask = Ask {
        model: body.model.clone(),
        stream: body.stream.unwrap_or(false),
        stream_usage: true,
        output_tokens_max: Some(body.max_tokens),
        keep_prefix,
        ..Ask::default()
    };
    check_numbers(&body)?;
    if let Some(system) = body.system {
        ask.system = instructions(system)?;
    }
    conversation(body.messages, &mut ask)?;
    offers(body.tools.unwrap_or_default(), body.tool_choice, &mut ask)?;
    if let Some(Format::JsonSchema { schema }) = body.output_config.and_then(|config| config.format) {
        accepted(&schema, "output_config.format.schema")?;
        ask.schema = Some(schema);
    }
    Ok(ask)
}

fn check_numbers(body: &Body) -> Result<(), BadRequest> {
    within("temperature", body.temperature, 1.0)?;
    within("top_p", body.top_p, 1.0)?;
    if body.max_tokens == 0 {
        return Err(BadRequest::new("max_tokens: Input should be greater than or equal to 1"));
    }
    let sampled = [("temperature", body.temperature), ("top_p", body.top_p)];
    if let Some((name, _)) = sampled.iter().find(|(_, value)| value.is_some() && !takes_sampling(&body.model))
    {
        return Err(BadRequest::new(format!("`{name}` is deprecated for this model.")));
    }
    match body.thinking {
        Some(Thinking::Enabled { budget_tokens }) if budget_tokens >= body.max_tokens => {
            Err(BadRequest::new("`max_tokens` must be greater than `thinking.budget_tokens`."))
        }
        Some(Thinking::Enabled { .. } | Thinking::Adaptive {})
            if body.temperature.is_some_and(|t| t < 1.0) =>
        {
            Err(BadRequest::new("`temperature` may only be set to 1 when thinking is enabled."))
        }
        Some(_) | None => Ok(()),
    }
}

/// Models up to 4.6 take a temperature; the vendor's client library of today has no field for it any more.
fn takes_sampling(model: &str) -> bool {
    let Some(rest) = model.strip_prefix("claude-") else { return true };
    rest.starts_with('3') || ["-4-0", "-4-1", "-4-2", "-4-5", "-4-6"].iter().any(|old| rest.contains(old))
}

fn instructions(system: System) -> Result<String, BadRequest> {
    let blocks = match system {
        System::Text(text) => return Ok(text),
        System::Blocks(blocks) => blocks,
    };
    let mut text = String::new();
    for (at, block) in blocks.iter().enumerate() {
        match part_of(block, format!("system.{at}"))? {
            Block::Text { text: said, .. } => text.push_str(&said),
            _ => return Err(BadRequest::new(format!("system.{at}.type: Input should be 'text'"))),
        }
    }
    Ok(text)
}

fn conversation(messages: Vec<Message>, ask: &mut Ask) -> Result<(), BadRequest> {
    if messages.is_empty() {
        return Err(BadRequest::new("messages: at least one message is required"));
    }
    if messages[0].role != Role::User {
        return Err(BadRequest::new("messages: first message must use the \"user\" role"));
    }
    let last = messages.len() - 1;
    let mut open: Vec<String> = Vec::new();
    for (at, message) in messages.into_iter().enumerate() {
        let blocks = match message.content {
            Content::Text(text) => vec![serde_json::json!({"type": "text", "text": text})],
            Content::Blocks(blocks) => blocks,
        };
        if blocks.is_empty() && at < last {
            return Err(BadRequest::new(format!(
                "messages.{at}: all messages must have non-empty content except for the optional final assistant message"
            )));
        }
        open = turn(at, message.role, &blocks, &open, ask)?;
    }
    answered(last, &open, &[])
}

/// Reads one turn: the ids of the calls it makes.
fn turn(
    at: usize,
    role: Role,
    blocks: &[Value],
    open: &[String],
    ask: &mut Ask,
) -> Result<Vec<String>, BadRequest> {
    let (mut called, mut results, mut other) = (Vec::new(), Vec::new(), false);
    for (index, block) in blocks.iter().enumerate() {
        let place = format!("messages.{at}.content.{index}");
        match part_of(block, &place)? {
            Block::Text { text, .. } if text.trim().is_empty() => {
                return Err(BadRequest::new("messages: text content blocks must be non-empty"));
            }
            Block::Text { text, .. } => {
                ask.texts.push(text);
                other = true;
            }
            Block::ToolUse { id, name, input, .. } if role == Role::Assistant => {
                if !is_tool_name(&name, TOOL_NAME_BYTES_MAX) {
                    return Err(bad_name(&format!("{place}.tool_use.name")));
                }
                ask.texts.push(Value::Object(input).to_string());
                called.push(id);
            }
            Block::ToolResult { tool_use_id, content, .. } if role == Role::User => {
                if !open.contains(&tool_use_id) {
                    return Err(BadRequest::new(format!(
                        "{place}: unexpected `tool_use_id` found in `tool_result` blocks: {tool_use_id}. Each \
                         `tool_result` block must have a corresponding `tool_use` block in the previous message."
                    )));
                }
                if other {
                    return Err(BadRequest::new(format!(
                        "{place}: `tool_result` blocks must come before other content"
                    )));
                }
                ask.results.push(result(content, &place)?);
                results.push(tool_use_id);
            }
            Block::ToolUse { .. } | Block::ToolResult { .. } => {
                return Err(BadRequest::new(format!(
                    "{place}: this block may not stand in a turn of this role"
                )));
            }
            Block::Thinking { .. } | Block::RedactedThinking { .. } => other = true,
        }
    }
    answered(at, open, &results)?;
    Ok(called)
}

fn answered(at: usize, open: &[String], results: &[String]) -> Result<(), BadRequest> {
    let missing: Vec<&str> = open.iter().filter(|id| !results.contains(id)).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(BadRequest::new(format!(
        "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` \
         block must have a corresponding `tool_result` block in the next message.",
        at.saturating_sub(1),
        missing.join(", ")
    )))
}

fn result(content: Option<Content>, place: &str) -> Result<String, BadRequest> {
    match content {
        None => Ok(String::new()),
        Some(Content::Text(text)) => Ok(text),
        Some(Content::Blocks(blocks)) => {
            let mut text = String::new();
            for block in &blocks {
                if let Block::Text { text: said, .. } = part_of(block, place)? {
                    text.push_str(&said);
                }
            }
            Ok(text)
        }
    }
}

fn offers(tools: Vec<Tool>, choice: Option<ToolChoice>, ask: &mut Ask) -> Result<(), BadRequest> {
    for (at, tool) in tools.into_iter().enumerate() {
        if !is_tool_name(&tool.name, TOOL_NAME_BYTES_MAX) {
            return Err(bad_name(&format!("tools.{at}.custom.name")));
        }
        if tool.input_schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(BadRequest::new(format!(
                "tools.{at}.custom.input_schema.type: Input should be 'object'"
            )));
        }
        if tool.strict {
            accepted(&tool.input_schema, &format!("tools.{at}.custom"))?;
        }
        if ask.tools.iter().any(|known| known.name == tool.name) {
            return Err(BadRequest::new("tools: Tool names must be unique."));
        }
        ask.tools.push(Offer { name: tool.name, schema: tool.input_schema });
    }
    if choice.is_some() && ask.tools.is_empty() {
        return Err(BadRequest::new("tool_choice: may only be specified while providing `tools`"));
    }
    ask.choice = match choice {
        None | Some(ToolChoice::Auto { .. }) => Choice::Auto,
        Some(ToolChoice::Any { .. }) => Choice::Required,
        Some(ToolChoice::None {}) => Choice::None,
        Some(ToolChoice::Tool { name, .. }) if ask.tools.iter().any(|tool| tool.name == name) => {
            Choice::Named(name)
        }
        Some(ToolChoice::Tool { name, .. }) => {
            return Err(BadRequest::new(format!("Tool '{name}' not found in provided tools")));
        }
    };
    Ok(())
}

fn bad_name(place: &str) -> BadRequest {
    BadRequest::new(format!("{place}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"))
}

fn accepted(schema: &Value, place: &str) -> Result<(), BadRequest> {
    check(schema, Strictness::Anthropic).map_err(|wrong| BadRequest::new(format!("{place}: {wrong}")))
}
