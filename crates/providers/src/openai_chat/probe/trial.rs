//! Tiny calls that show what a model can, where nothing else tells.

use std::sync::LazyLock;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use divisi_llm::{
    Message, NoSink, ProviderError, Purpose, Request, Response, Sampling, TokenSink, ToolOffer,
};
use serde_json::{Value, json};

use super::super::OpenAiChat;
use super::super::settings::ChatSettings;
use super::super::traits::{LimitField, SchemaMode, ToolMode, Traits};
use super::asking::Asking;
use crate::coming::Coming;

/// Output tokens of one trial.
const TRIAL_TOKENS_MAX: u32 = 64;
/// A word that no model says by itself.
const WORD: &str = "quokka-7";

/// An answer that no model gives unless it is held to it.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {"marsupial": {"type": "string", "enum": [WORD]}},
        "required": ["marsupial"],
        "additionalProperties": false,
    })
});

/// What `model` can, beginning with what is known of its server.
pub(super) async fn tried(asking: Asking<'_>, model: &Name, known: Traits) -> Result<Traits, ProviderError> {
    let known = schema(asking, model, known).await?;
    // Where only this trial fails, what is known of the server stands: calls learn from its refusals.
    Ok(tools(asking, model, known).await.unwrap_or(known))
}

/// The best way to give a schema, and whether usage is streamed.
async fn schema(asking: Asking<'_>, model: &Name, known: Traits) -> Result<Traits, ProviderError> {
    let mut traits = Traits { streams_usage: true, ..known };
    let mut last = None;
    for (schema_mode, streams_usage) in [
        (SchemaMode::JsonSchema, true),
        (SchemaMode::JsonObjectWithSchema, true),
        (SchemaMode::Prompted, true),
        (SchemaMode::Prompted, false),
    ] {
        traits = Traits { schema_mode, streams_usage, ..traits };
        let request = request(model, "Say hello.", Vec::new());
        let mut outcome = call(asking, &traits, &request).await;
        if outcome.as_ref().is_err_and(|error| error.message.contains("max_completion_tokens")) {
            traits.limit_field = LimitField::MaxCompletionTokens;
            outcome = call(asking, &traits, &request).await;
        }
        match outcome {
            Ok(response) if schema_mode == SchemaMode::Prompted || is_held(&response) => {
                return Ok(Traits { streams_usage: !response.estimated, ..traits });
            }
            // What it says of itself, or cannot know: nothing but an answer tells.
            Ok(_) => {}
            Err(error) if is_about_the_request(&error) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last
        .unwrap_or_else(|| ProviderError::new(FailureClass::BadRequest, "no trial was answered".to_owned())))
}

fn is_held(response: &Response) -> bool {
    serde_json::from_str::<Value>(&response.text).is_ok_and(|answer| answer["marsupial"] == WORD)
}

/// Whether another form of the request may fare better. Servers fail in their own ways on fields that they do not know.
fn is_about_the_request(error: &ProviderError) -> bool {
    match error.class {
        FailureClass::BadRequest
        | FailureClass::Overloaded
        | FailureClass::Truncated
        | FailureClass::Unparsable => true,
        FailureClass::RateLimited
        | FailureClass::Connection
        | FailureClass::TimedOut
        | FailureClass::ContextTooLong
        | FailureClass::Refused
        | FailureClass::Unauthorized
        | FailureClass::UnknownModel
        | FailureClass::QuotaSpent
        | FailureClass::Panicked
        | FailureClass::ToolFailed => false,
    }
}

/// Whether a tool that is offered, as tasks offer theirs, is called.
pub(super) async fn tools(asking: Asking<'_>, model: &Name, known: Traits) -> Result<Traits, ProviderError> {
    let tool = ToolOffer {
        name: Name::from_static("report_word"),
        description: "Takes a word.".to_owned(),
        schema: json!({"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]})
            .into(),
    };
    let words = format!("Call the tool report_word with the word {WORD}. Do nothing else.");
    let native = Traits { tool_mode: ToolMode::Native, ..known };
    let request = Request { schema: Value::Null.into(), ..request(model, &words, vec![tool]) };
    let called = match call(asking, &native, &request).await {
        Ok(response) => response.tool_calls.iter().any(|call| call.arguments["word"].is_string()),
        Err(error) if is_about_the_request(&error) => false,
        Err(error) => return Err(error),
    };
    Ok(Traits { tool_mode: if called { ToolMode::Native } else { ToolMode::ByJson }, ..known })
}

async fn call(asking: Asking<'_>, traits: &Traits, request: &Request) -> Result<Response, ProviderError> {
    heard(asking, traits, request, &mut NoSink).await
}

/// Whether a model answers whole whose stream failed so.
pub(super) async fn answers_whole(
    asking: Asking<'_>,
    model: &Name,
    known: Traits,
    failed: &ProviderError,
) -> bool {
    let traits = Traits { schema_mode: SchemaMode::Prompted, ..known };
    let request = request(model, "Say hello.", Vec::new());
    let may = is_about_the_request(failed) || failed.class == FailureClass::Connection;
    may && made(asking, (traits, Coming::Whole), &request, &mut NoSink).await.is_ok()
}

/// One call, whose text is told as it comes.
pub(super) async fn heard(
    asking: Asking<'_>,
    traits: &Traits,
    request: &Request,
    sink: &mut dyn TokenSink,
) -> Result<Response, ProviderError> {
    made(asking, (*traits, Coming::Streamed), request, sink).await
}

async fn made(
    asking: Asking<'_>,
    (traits, coming): (Traits, Coming),
    request: &Request,
    sink: &mut dyn TokenSink,
) -> Result<Response, ProviderError> {
    let from = asking.settings;
    let mut settings = ChatSettings::server(from.name.clone(), from.base_url.clone(), traits, from.deadlines);
    settings.key.clone_from(&from.key);
    settings.headers.clone_from(&from.headers);
    let traits = settings.traits(&request.model);
    let way = (traits, coming);
    let answer = OpenAiChat::answer_by(&settings, way, asking.transport, request.clone(), sink).await;
    answer.map_err(|failed| failed.error)
}

/// A request of a trial, held to its schema.
pub(super) fn request(model: &Name, words: &str, tools: Vec<ToolOffer>) -> Request {
    Request {
        purpose: Purpose::Work,
        model: model.clone(),
        system: "".into(),
        messages: vec![Message::User { text: words.to_owned() }],
        tools,
        schema: SCHEMA.clone().into(),
        sampling: Sampling { temperature_hundredths: 0, output_tokens_max: TRIAL_TOKENS_MAX },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}
