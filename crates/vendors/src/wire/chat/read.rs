//! Reads and checks a request.

use serde::Deserialize;
use serde_json::Value;

use crate::ask::{Ask, Choice, Offer};
use crate::wire::params::{BadRequest, at_least, is_tool_name, parse, within};
use crate::wire::schema::{Strictness, check};

const KNOWN: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];
const TOOL_NAME_BYTES_MAX: usize = 64;
const TOOLS_MAX: usize = 128;
const TEMPERATURE_MAX: f64 = 2.0;

#[derive(Debug, Deserialize)]
struct Body {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
    tool_choice: Option<ToolChoice>,
    response_format: Option<ResponseFormat>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Message {
    System {
        content: Content,
    },
    Developer {
        content: Content,
    },
    User {
        content: Content,
    },
    Assistant {
        content: Option<Content>,
        #[serde(default)]
        tool_calls: Option<Vec<ToolCall>>,
        refusal: Option<String>,
    },
    Tool {
        content: Content,
        tool_call_id: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Part {
    Text {
        text: String,
    },
    Refusal {
        refusal: String,
    },
    ImageUrl {
        #[serde(rename = "image_url")]
        _image: Value,
    },
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    id: String,
    #[serde(rename = "type")]
    _kind: OnlyFunction,
    function: CalledFunction,
}

#[derive(Debug, Deserialize)]
struct CalledFunction {
    name: String,
    arguments: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnlyFunction {
    Function,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    #[serde(rename = "type")]
    _kind: OnlyFunction,
    function: Function,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    name: String,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    parameters: Option<Value>,
    #[serde(default)]
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ToolChoice {
    Mode(Mode),
    Named { function: NamedFunction },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    None,
    Auto,
    Required,
}

#[derive(Debug, Deserialize)]
struct NamedFunction {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    Text,
    JsonObject { schema: Option<Value> },
    JsonSchema { json_schema: NamedSchema },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedSchema {
    name: String,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    schema: Value,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

pub(in crate::wire) fn read(body: &Value, local: bool) -> Result<Ask, BadRequest> {
    let mut body: Body = parse(body, KNOWN, local)?;
    check_numbers(&body, local)?;
    let mut ask = Ask {
        model: std::mem::take(&mut body.model),
        stream: body.stream.unwrap_or(false),
        stream_usage: body.stream_options.as_ref().is_some_and(|options| options.include_usage),
        output_tokens_max: body.max_completion_tokens.or(body.max_tokens),
        ..Ask::default()
    };
    if body.stream_options.is_some() && !ask.stream {
        let sentence = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(BadRequest::about("stream_options", sentence));
    }
    conversation(body.messages, &mut ask)?;
    offers(body.tools, body.tool_choice, &mut ask)?;
    ask.schema = schema(body.response_format, &ask, local)?;
    Ok(ask)
}

fn check_numbers(body: &Body, local: bool) -> Result<(), BadRequest> {
    within("temperature", body.temperature, TEMPERATURE_MAX)?;
    within("top_p", body.top_p, 1.0)?;
    at_least("max_tokens", body.max_tokens, 1)?;
    at_least("max_completion_tokens", body.max_completion_tokens, 1)?;
    if body.max_tokens.is_some() && body.max_completion_tokens.is_some() {
        let sentence = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(BadRequest::about("max_tokens", sentence).coded("invalid_parameter_combination"));
    }
    if local || !reasons(&body.model) {
        return Ok(());
    }
    if body.max_tokens.is_some() {
        let sentence = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                        'max_completion_tokens' instead.";
        return Err(BadRequest::about("max_tokens", sentence).coded("unsupported_parameter"));
    }
    match body.temperature {
        Some(temperature) if (temperature - 1.0).abs() > f64::EPSILON => {
            let sentence = format!(
                "Unsupported value: 'temperature' does not support {temperature} with this model. Only the default (1) \
                 value is supported."
            );
            Err(BadRequest::about("temperature", sentence).coded("unsupported_value"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a model of OpenAI thinks first, and so refuses some parameters.
fn reasons(model: &str) -> bool {
    let numbered = model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered || model.starts_with("gpt-5") || model.starts_with("gpt-6")
}

fn conversation(messages: Vec<Message>, ask: &mut Ask) -> Result<(), BadRequest> {
    if messages.is_empty() {
        let sentence = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
        return Err(BadRequest::about("messages", sentence).coded("empty_array"));
    }
    let mut open: Vec<String> = Vec::new();
    for (at, message) in messages.into_iter().enumerate() {
        if let Message::Tool { content, tool_call_id } = message {
            let known = open.iter().position(|id| *id == tool_call_id);
            let Some(known) = known else {
                let sentence = "Invalid parameter: messages with role 'tool' must be a response to a preceding message \
                                with 'tool_calls'.";
                return Err(BadRequest::about(format!("messages.[{at}].role"), sentence));
            };
            open.swap_remove(known);
            ask.results.push(text(content));
            continue;
        }
        all_answered(&open)?;
        match message {
            Message::System { content } | Message::Developer { content } => {
                ask.system.push_str(&text(content));
            }
            Message::User { content } => ask.texts.push(text(content)),
            Message::Assistant { content, tool_calls, refusal } => {
                open = assistant(at, content, tool_calls.unwrap_or_default(), refusal.is_some(), ask)?;
            }
            Message::Tool { .. } => {}
        }
    }
    all_answered(&open)
}

/// What an assistant said; the ids of the calls it made.
fn assistant(
    at: usize,
    content: Option<Content>,
    calls: Vec<ToolCall>,
    refused: bool,
    ask: &mut Ask,
) -> Result<Vec<String>, BadRequest> {
    if content.is_none() && calls.is_empty() && !refused {
        let sentence = "Invalid value for 'content': expected a string, got null.";
        return Err(BadRequest::about(format!("messages.[{at}].content"), sentence));
    }
    ask.texts.extend(content.map(text));
    let mut ids = Vec::new();
    for call in calls {
        if !is_tool_name(&call.function.name, TOOL_NAME_BYTES_MAX) {
            return Err(bad_name(&format!("messages[{at}].tool_calls.function.name")));
        }
        ask.texts.push(call.function.arguments);
        ids.push(call.id);
    }
    Ok(ids)
}

fn all_answered(open: &[String]) -> Result<(), BadRequest> {
    if open.is_empty() {
        return Ok(());
    }
    let sentence = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
         The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    Err(BadRequest::about("messages", sentence))
}

fn text(content: Content) -> String {
    let part = |part: Part| match part {
        Part::Text { text } => text,
        Part::Refusal { refusal } => refusal,
        Part::ImageUrl { .. } => String::new(),
    };
    match content {
        Content::Text(text) => text,
        Content::Parts(parts) => parts.into_iter().map(part).collect(),
    }
}

fn offers(tools: Option<Vec<Tool>>, choice: Option<ToolChoice>, ask: &mut Ask) -> Result<(), BadRequest> {
    if let Some(tools) = &tools
        && (tools.is_empty() || tools.len() > TOOLS_MAX)
    {
        let sentence = format!("Invalid 'tools': expected an array with 1 to {TOOLS_MAX} elements.");
        return Err(BadRequest::about("tools", sentence));
    }
    for (at, Tool { function, .. }) in tools.unwrap_or_default().into_iter().enumerate() {
        if !is_tool_name(&function.name, TOOL_NAME_BYTES_MAX) {
            return Err(bad_name(&format!("tools[{at}].function.name")));
        }
        let schema =
            function.parameters.unwrap_or_else(|| serde_json::json!({"type": "object", "properties": {}}));
        if function.strict == Some(true) {
            accepted(&schema, &format!("function '{}'", function.name), "tools")?;
        }
        ask.tools.push(Offer { name: function.name, schema });
    }
    let Some(choice) = choice else { return Ok(()) };
    if ask.tools.is_empty() {
        let sentence =
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return Err(BadRequest::about("tool_choice", sentence));
    }
    ask.choice = match choice {
        ToolChoice::Mode(Mode::None) => Choice::None,
        ToolChoice::Mode(Mode::Auto) => Choice::Auto,
        ToolChoice::Mode(Mode::Required) => Choice::Required,
        ToolChoice::Named { function } if ask.tools.iter().any(|tool| tool.name == function.name) => {
            Choice::Named(function.name)
        }
        ToolChoice::Named { function } => {
            let sentence = format!("Tool choice '{}' not found in 'tools' parameter.", function.name);
            return Err(BadRequest::about("tool_choice", sentence));
        }
    };
    Ok(())
}

fn bad_name(param: &str) -> BadRequest {
    let sentence = format!(
        "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    );
    BadRequest::about(param, sentence).coded("invalid_value")
}

fn accepted(schema: &Value, what: &str, param: &str) -> Result<(), BadRequest> {
    let sentence = |wrong| format!("Invalid schema for {what}: {wrong}.");
    check(schema, Strictness::OpenAi).map_err(|wrong| BadRequest::about(param, sentence(wrong)))
}

fn schema(format: Option<ResponseFormat>, ask: &Ask, local: bool) -> Result<Option<Value>, BadRequest> {
    match format {
        None | Some(ResponseFormat::Text) => Ok(None),
        Some(ResponseFormat::JsonObject { schema: Some(schema) }) if local => Ok(Some(schema)),
        Some(ResponseFormat::JsonObject { schema: Some(_) }) => {
            Err(BadRequest::about("response_format.schema", "Unknown parameter: 'response_format.schema'."))
        }
        Some(ResponseFormat::JsonObject { schema: None }) => {
            let said = ask.texts.iter().any(|text| text.to_lowercase().contains("json"));
            if said || local || ask.system.to_lowercase().contains("json") {
                return Ok(None);
            }
            let sentence = "'messages' must contain the word 'json' in some form, to use 'response_format' of type \
                            'json_object'.";
            Err(BadRequest::about("messages", sentence))
        }
        Some(ResponseFormat::JsonSchema { json_schema }) => {
            if !is_tool_name(&json_schema.name, TOOL_NAME_BYTES_MAX) {
                return Err(bad_name("response_format.json_schema.name"));
            }
            if json_schema.strict == Some(true) && !local {
                let what = format!("response_format '{}'", json_schema.name);
                accepted(&json_schema.schema, &what, "response_format")?;
            }
            Ok(Some(json_schema.schema))
        }
    }
}
