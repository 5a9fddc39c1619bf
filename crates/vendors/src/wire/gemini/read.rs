//! Reads and checks a request.

use serde::Deserialize;
use serde_json::Value;

use crate::ask::{Ask, Choice, Offer};
use crate::wire::params::{BadRequest, at_least, parse, within};

/// Protocol buffers as JSON: each field may be written in either case.
const KNOWN: &[&str] = &[
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "labels",
    "serviceTier",
    "store",
    "model",
    "system_instruction",
    "tool_config",
    "generation_config",
    "safety_settings",
    "cached_content",
    "service_tier",
];
const NAME_BYTES_MAX: usize = 64;
const TEMPERATURE_MAX: f64 = 2.0;
const JSON_TYPE: &str = "application/json";

/// Keywords that `responseJsonSchema` and `parametersJsonSchema` know.
const JSON_KEYWORDS: &[&str] = &[
    "$id",
    "$defs",
    "$ref",
    "$anchor",
    "type",
    "format",
    "title",
    "description",
    "enum",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "properties",
    "additionalProperties",
    "required",
    "propertyOrdering",
];
/// Keywords that `responseSchema` and `parameters` know.
const OPEN_API_KEYWORDS: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "properties",
    "required",
    "propertyOrdering",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "default",
    "minProperties",
    "maxProperties",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    contents: Vec<Content>,
    #[serde(alias = "system_instruction")]
    system_instruction: Option<Content>,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(alias = "tool_config")]
    tool_config: Option<ToolConfig>,
    #[serde(default)]
    #[serde(alias = "generation_config")]
    generation_config: Generation,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    role: Option<Role>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    User,
    Model,
    Function,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Part {
    text: Option<String>,
    #[serde(alias = "function_call")]
    function_call: Option<FunctionCall>,
    #[serde(alias = "function_response")]
    function_response: Option<FunctionResponse>,
    #[serde(alias = "thought_signature")]
    thought_signature: Option<String>,
    #[serde(rename = "thought")]
    _thought: Option<bool>,
    #[serde(rename = "inlineData", alias = "inline_data")]
    _inline: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FunctionCall {
    name: String,
    #[serde(default)]
    args: serde_json::Map<String, Value>,
    #[serde(rename = "id")]
    _id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FunctionResponse {
    name: String,
    /// An object: a bare string is refused.
    response: serde_json::Map<String, Value>,
    #[serde(rename = "id")]
    _id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Tool {
    #[serde(alias = "function_declarations")]
    function_declarations: Vec<Declaration>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Declaration {
    name: String,
    #[serde(rename = "description")]
    _description: Option<String>,
    parameters: Option<Value>,
    #[serde(alias = "parameters_json_schema")]
    parameters_json_schema: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ToolConfig {
    #[serde(alias = "function_calling_config")]
    function_calling_config: Calling,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Calling {
    mode: Mode,
    #[serde(default)]
    #[serde(alias = "allowed_function_names")]
    allowed_function_names: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Mode {
    Auto,
    Any,
    None,
    Validated,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Generation {
    temperature: Option<f64>,
    #[serde(alias = "top_p")]
    top_p: Option<f64>,
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<u64>,
    #[serde(alias = "response_mime_type")]
    response_mime_type: Option<String>,
    #[serde(alias = "response_schema")]
    response_schema: Option<Value>,
    #[serde(alias = "response_json_schema")]
    response_json_schema: Option<Value>,
    #[serde(rename = "thinkingConfig", alias = "thinking_config")]
    _thinking: Option<Value>,
    #[serde(rename = "topK", alias = "top_k")]
    _top_k: Option<f64>,
    #[serde(rename = "candidateCount", alias = "candidate_count")]
    _candidates: Option<u64>,
    #[serde(rename = "stopSequences", alias = "stop_sequences")]
    _stop: Option<Vec<String>>,
    #[serde(rename = "seed")]
    _seed: Option<i64>,
}

pub(in crate::wire) fn read(path: &str, body: &Value) -> Result<Ask, BadRequest> {
    let (model, stream) =
        target(path).ok_or_else(|| BadRequest::new("The path names no model and method."))?;
    let body: Body = parse(body, KNOWN, false)?;
    let generation = &body.generation_config;
    within("temperature", generation.temperature, TEMPERATURE_MAX)?;
    within("topP", generation.top_p, 1.0)?;
    at_least("maxOutputTokens", generation.max_output_tokens, 1)?;
    let mut ask = Ask {
        stream,
        stream_usage: true,
        system: body.system_instruction.as_ref().map(text).unwrap_or_default(),
        output_tokens_max: generation.max_output_tokens,
        model,
        ..Ask::default()
    };
    conversation(&body.contents, &mut ask)?;
    offers(body.tools, body.tool_config, &mut ask)?;
    ask.schema = schema(body.generation_config, &ask)?;
    Ok(ask)
}

/// The model and whether a stream is asked for, from `/v1beta/models/{model}:{method}`.
fn target(path: &str) -> Option<(String, bool)> {
    let (model, method) = path.rsplit_once("/models/")?.1.rsplit_once(':')?;
    match method {
        "generateContent" => Some((model.to_owned(), false)),
        "streamGenerateContent" => Some((model.to_owned(), true)),
        _ => None,
    }
}

fn text(content: &Content) -> String {
    content.parts.iter().filter_map(|part| part.text.as_deref()).collect()
}

fn conversation(contents: &[Content], ask: &mut Ask) -> Result<(), BadRequest> {
    if contents.is_empty() {
        return Err(BadRequest::new("* GenerateContentRequest.contents: contents is not specified"));
    }
    let mut open: Vec<&str> = Vec::new();
    let mut before = None;
    for (at, content) in contents.iter().enumerate() {
        let role = content.role.unwrap_or(Role::User);
        if content.parts.is_empty() {
            return Err(BadRequest::new(format!(
                "* GenerateContentRequest.contents[{at}].parts: must not be empty."
            )));
        }
        let calls: Vec<_> = content.parts.iter().filter_map(|part| part.function_call.as_ref()).collect();
        let answers: Vec<_> =
            content.parts.iter().filter_map(|part| part.function_response.as_ref()).collect();
        if !calls.is_empty() && (role != Role::Model || before.is_none_or(|before| before == Role::Model)) {
            return Err(BadRequest::new(
                "Please ensure that function call turn comes immediately after a user turn or after a function response \
                 turn.",
            ));
        }
        answered(&open, &answers, role)?;
        signed(ask, content, &calls)?;
        ask.texts.extend(content.parts.iter().filter_map(|part| part.text.clone()));
        ask.texts.extend(calls.iter().map(|call| Value::Object(call.args.clone()).to_string()));
        ask.results.extend(answers.iter().map(|answer| Value::Object(answer.response.clone()).to_string()));
        open = calls.iter().map(|call| call.name.as_str()).collect();
        before = Some(role);
    }
    answered(&open, &[], Role::User)
}

fn answered(open: &[&str], answers: &[&FunctionResponse], role: Role) -> Result<(), BadRequest> {
    if open.len() != answers.len() {
        return Err(BadRequest::new(
            "Please ensure that the number of function response parts is equal to the number of function call parts of \
             the function call turn.",
        ));
    }
    let known = answers.iter().all(|answer| open.contains(&answer.name.as_str()));
    if !known || (!answers.is_empty() && role == Role::Model) {
        return Err(BadRequest::new(
            "Please ensure that function response turn comes immediately after a function call turn.",
        ));
    }
    Ok(())
}

/// Models from 3 on want the signature of their thoughts back with the first call of a turn.
fn signed(ask: &Ask, content: &Content, calls: &[&FunctionCall]) -> Result<(), BadRequest> {
    let wants = ask.model.starts_with("gemini-3") && !calls.is_empty();
    let first = content.parts.iter().find(|part| part.function_call.is_some());
    match first {
        Some(part) if wants && part.thought_signature.as_deref().is_none_or(str::is_empty) => {
            Err(BadRequest::new(format!(
                "Function call is missing a thought_signature in functionCall parts: `default_api:{}`.",
                calls[0].name
            )))
        }
        Some(_) | None => Ok(()),
    }
}

fn offers(tools: Vec<Tool>, config: Option<ToolConfig>, ask: &mut Ask) -> Result<(), BadRequest> {
    for declaration in tools.into_iter().flat_map(|tool| tool.function_declarations) {
        let name = declaration.name;
        if !is_function_name(&name) {
            return Err(BadRequest::new(format!(
                "Invalid function name '{name}'. Must start with a letter or an underscore. Must be alphanumeric (a-z, \
                 A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
            )));
        }
        let schema = match (declaration.parameters, declaration.parameters_json_schema) {
            (Some(_), Some(_)) => {
                return Err(BadRequest::new("parameters and parameters_json_schema must not both be set."));
            }
            (Some(schema), None) => {
                known(&schema, OPEN_API_KEYWORDS, "parameters")?;
                schema
            }
            (None, Some(schema)) => {
                known(&schema, JSON_KEYWORDS, "parametersJsonSchema")?;
                schema
            }
            (None, None) => serde_json::json!({"type": "object"}),
        };
        ask.tools.push(Offer { name, schema });
    }
    let Some(ToolConfig { function_calling_config: calling }) = config else { return Ok(()) };
    ask.choice = match (calling.mode, &calling.allowed_function_names[..]) {
        (Mode::Auto | Mode::Validated, _) => Choice::Auto,
        (Mode::None, _) => Choice::None,
        (Mode::Any, [one]) => Choice::Named(one.clone()),
        (Mode::Any, _) => Choice::Required,
    };
    match calling.allowed_function_names.iter().find(|name| !ask.tools.iter().any(|tool| tool.name == **name))
    {
        Some(name) => {
            Err(BadRequest::new(format!("allowed_function_names names `{name}`, which is not declared.")))
        }
        None => Ok(()),
    }
}

fn is_function_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
    first && rest && name.len() <= NAME_BYTES_MAX
}

fn schema(generation: Generation, ask: &Ask) -> Result<Option<Value>, BadRequest> {
    let json = generation.response_mime_type.as_deref() == Some(JSON_TYPE);
    let schema = match (generation.response_schema, generation.response_json_schema) {
        (Some(_), Some(_)) => {
            return Err(BadRequest::new("response_schema and response_json_schema must not both be set."));
        }
        (Some(schema), None) => {
            known(&schema, OPEN_API_KEYWORDS, "response_schema")?;
            Some(schema)
        }
        (None, Some(schema)) => {
            known(&schema, JSON_KEYWORDS, "response_json_schema")?;
            Some(schema)
        }
        (None, None) => None,
    };
    if schema.is_some() && !json {
        return Err(BadRequest::new(
            "Response schema is only supported with response_mime_type 'application/json'.",
        ));
    }
    let together = ask.model.starts_with("gemini-3") || !ask.model.starts_with("gemini-");
    if json && !ask.tools.is_empty() && !together {
        return Err(BadRequest::new(
            "Function calling with a response mime type: 'application/json' is unsupported",
        ));
    }
    Ok(schema)
}

/// Refuses keywords that the vendor does not know, wherever in a schema they stand.
fn known(schema: &Value, keywords: &[&str], place: &str) -> Result<(), BadRequest> {
    let Value::Object(fields) = schema else { return Ok(()) };
    for (keyword, below) in fields {
        if !keywords.contains(&keyword.as_str()) {
            return Err(BadRequest::new(format!(
                "Invalid JSON payload received. Unknown name \"{keyword}\" at '{place}': Cannot find field."
            )));
        }
        match (keyword.as_str(), below) {
            ("properties" | "$defs", Value::Object(named)) => {
                for child in named.values() {
                    known(child, keywords, place)?;
                }
            }
            ("items" | "additionalProperties", child) => known(child, keywords, place)?,
            ("anyOf" | "oneOf" | "prefixItems", Value::Array(several)) => {
                for child in several {
                    known(child, keywords, place)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
