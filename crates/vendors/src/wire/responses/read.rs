//! Reads and checks a request.

use serde::Deserialize;
use serde_json::Value;

use crate::ask::{Ask, Choice, Offer};
use crate::wire::params::{BadRequest, at_least, is_tool_name, parse, within};
use crate::wire::schema::{Strictness, check};

const KNOWN: &[&str] = &[
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
const NAME_BYTES_MAX: usize = 64;
const OUTPUT_TOKENS_MIN: u64 = 16;
const TEMPERATURE_MAX: f64 = 2.0;

#[derive(Debug, Deserialize)]
struct Body {
    model: String,
    input: Input,
    instructions: Option<String>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
    tool_choice: Option<ToolChoice>,
    text: Option<Text>,
    stream: Option<bool>,
    max_output_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Items(Vec<Value>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    Message { role: Role, content: Content },
    FunctionCall { call_id: String, name: String, arguments: String },
    FunctionCallOutput { call_id: String, output: Content },
    Reasoning {},
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    User,
    Assistant,
    System,
    Developer,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    InputText { text: String },
    OutputText { text: String },
    Refusal { refusal: String },
    InputImage {},
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Tool {
    Function {
        name: String,
        #[serde(default, rename = "description")]
        _description: Option<String>,
        parameters: Option<Value>,
        strict: Option<bool>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ToolChoice {
    Mode(Mode),
    Named { name: String },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    None,
    Auto,
    Required,
}

#[derive(Debug, Deserialize)]
struct Text {
    format: Option<Format>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format {
    Text,
    JsonObject,
    JsonSchema { name: String, schema: Value, strict: Option<bool> },
}

pub(in crate::wire) fn read(body: &Value, local: bool) -> Result<Ask, BadRequest> {
    let body: Body = parse(body, KNOWN, local)?;
    within("temperature", body.temperature, TEMPERATURE_MAX)?;
    within("top_p", body.top_p, 1.0)?;
    at_least("max_output_tokens", body.max_output_tokens, OUTPUT_TOKENS_MIN)?;
    let mut ask = Ask {
        model: body.model,
        stream: body.stream.unwrap_or(false),
        stream_usage: true,
        system: body.instructions.unwrap_or_default(),
        output_tokens_max: body.max_output_tokens,
        ..Ask::default()
    };
    match body.input {
        Input::Text(text) => ask.texts.push(text),
        Input::Items(items) => conversation(&items, &mut ask)?,
    }
    offers(body.tools.unwrap_or_default(), body.tool_choice, &mut ask)?;
    ask.schema = schema(body.text.and_then(|text| text.format), &ask, local)?;
    Ok(ask)
}

fn conversation(items: &[Value], ask: &mut Ask) -> Result<(), BadRequest> {
    if items.is_empty() {
        return Err(BadRequest::about("input", "Invalid 'input': empty array. Expected at least one item."));
    }
    let (mut called, mut answered): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        match item_of(at, item)? {
            Item::Message { role, content } => {
                let text = text(at, role, content)?;
                let place = if matches!(role, Role::System | Role::Developer) { None } else { Some(()) };
                match place {
                    Some(()) => ask.texts.push(text),
                    None => ask.system.push_str(&text),
                }
            }
            Item::FunctionCall { call_id, name, arguments } => {
                if !is_tool_name(&name, NAME_BYTES_MAX) {
                    return Err(bad_name(&format!("input[{at}].name")));
                }
                ask.texts.push(arguments);
                called.push(call_id);
            }
            Item::FunctionCallOutput { call_id, output } => {
                if !called.contains(&call_id) {
                    let sentence =
                        format!("No tool call found for function call output with call_id {call_id}.");
                    return Err(BadRequest::about("input", sentence));
                }
                ask.results.push(text(at, Role::User, output)?);
                answered.push(call_id);
            }
            Item::Reasoning {} => {}
        }
    }
    match called.iter().find(|id| !answered.contains(id)) {
        Some(open) => {
            Err(BadRequest::about("input", format!("No tool output found for function call {open}.")))
        }
        None => Ok(()),
    }
}

/// A message may leave its type out.
fn item_of(at: usize, item: &Value) -> Result<Item, BadRequest> {
    let mut item = item.clone();
    if let Some(fields) = item.as_object_mut().filter(|fields| fields.contains_key("role")) {
        fields.entry("type").or_insert_with(|| "message".into());
    }
    crate::wire::params::read(&item, format!("input[{at}]"))
}

fn text(at: usize, role: Role, content: Content) -> Result<String, BadRequest> {
    let parts = match content {
        Content::Text(text) => return Ok(text),
        Content::Parts(parts) => parts,
    };
    let mut text = String::new();
    for part in parts {
        let fits =
            matches!(part, Part::OutputText { .. } | Part::Refusal { .. }) == (role == Role::Assistant);
        if !fits {
            let supported =
                if role == Role::Assistant { "'output_text' and 'refusal'" } else { "'input_text'" };
            let sentence = format!("Invalid value. Supported values are: {supported}.");
            return Err(BadRequest::about(format!("input[{at}].content[0]"), sentence).coded("invalid_value"));
        }
        match part {
            Part::InputText { text: said }
            | Part::OutputText { text: said }
            | Part::Refusal { refusal: said } => {
                text.push_str(&said);
            }
            Part::InputImage {} => {}
        }
    }
    Ok(text)
}

fn offers(tools: Vec<Tool>, choice: Option<ToolChoice>, ask: &mut Ask) -> Result<(), BadRequest> {
    for (at, Tool::Function { name, parameters, strict, .. }) in tools.into_iter().enumerate() {
        if !is_tool_name(&name, NAME_BYTES_MAX) {
            return Err(bad_name(&format!("tools[{at}].name")));
        }
        let schema = parameters.unwrap_or_else(|| serde_json::json!({"type": "object", "properties": {}}));
        if strict == Some(true) {
            let sentence = |wrong| format!("Invalid schema for function '{name}': {wrong}.");
            let fault = |wrong| BadRequest::about(format!("tools[{at}].parameters"), sentence(wrong));
            check(&schema, Strictness::OpenAi).map_err(|w| fault(w).coded("invalid_function_parameters"))?;
        }
        ask.tools.push(Offer { name, schema });
    }
    ask.choice = match choice {
        None | Some(ToolChoice::Mode(Mode::Auto)) => Choice::Auto,
        Some(ToolChoice::Mode(Mode::None)) => Choice::None,
        Some(ToolChoice::Mode(Mode::Required)) => Choice::Required,
        Some(ToolChoice::Named { name }) if ask.tools.iter().any(|tool| tool.name == name) => {
            Choice::Named(name)
        }
        Some(ToolChoice::Named { name }) => {
            let sentence = format!("Tool choice '{name}' not found in 'tools' parameter.");
            return Err(BadRequest::about("tool_choice", sentence));
        }
    };
    Ok(())
}

fn bad_name(param: &str) -> BadRequest {
    let sentence =
        format!("Invalid '{param}': expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.");
    BadRequest::about(param, sentence).coded("invalid_value")
}

fn schema(format: Option<Format>, ask: &Ask, local: bool) -> Result<Option<Value>, BadRequest> {
    match format {
        None | Some(Format::Text) => Ok(None),
        Some(Format::JsonObject) => {
            // Instructions do not count here, the input must say it.
            if local || ask.texts.iter().any(|text| text.to_lowercase().contains("json")) {
                return Ok(None);
            }
            let sentence = "Response input messages must contain the word 'json' in some form to use 'text.format' of \
                            type 'json_object'.";
            Err(BadRequest::about("input", sentence))
        }
        Some(Format::JsonSchema { name, schema, strict }) => {
            if !is_tool_name(&name, NAME_BYTES_MAX) {
                return Err(bad_name("text.format.name"));
            }
            if strict == Some(true) && !local {
                let sentence = |wrong| format!("Invalid schema for response_format '{name}': {wrong}.");
                let fault = |wrong| BadRequest::about("text.format.schema", sentence(wrong));
                check(&schema, Strictness::OpenAi).map_err(|w| fault(w).coded("invalid_json_schema"))?;
            }
            Ok(Some(schema))
        }
    }
}
