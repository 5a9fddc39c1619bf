//! What the tests of all wires share: requests, a network in memory, one line for an outcome.

use std::sync::Arc;
use std::time::Duration;

use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use divisi_llm::{
    CallContext, FinishReason, Message, Provider, ProviderError, Request, Response, Sampling, TokenSink,
    ToolCall, ToolOffer,
};
use serde_json::{Value, json};

use crate::http::memory::{Memory, Piece, Reply};
use crate::http::{Deadlines, HeaderText, Transport};

/// A text that must be found nowhere but in the header that carries it.
pub(crate) const KEY: &str = "never-shown-5f1c";

pub(crate) const DEADLINES: Deadlines = Deadlines {
    connect: Duration::from_secs(1),
    first_token: Duration::from_mins(1),
    idle: Duration::from_secs(20),
    quiet: Duration::from_mins(3),
    total: Duration::from_mins(10),
};

/// What was pushed to a listener.
#[derive(Debug, Default)]
pub(crate) struct Heard(pub(crate) Vec<String>);

impl TokenSink for Heard {
    fn push(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

/// A question to `model`, with a small schema and without tools.
pub(crate) fn request(model: &'static str) -> Request {
    Request {
        purpose: Purpose::Work,
        model: Name::from_static(model),
        system: "You answer.".into(),
        messages: vec![Message::User { text: "What is it?".to_owned() }],
        tools: Vec::new(),
        schema: schema().into(),
        sampling: Sampling { temperature_hundredths: 30, output_tokens_max: 100 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

/// As schemars derives them: references, formats, an enumeration with described variants, "or null".
pub(crate) fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answer",
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "The answer."},
            "page": {"type": ["integer", "null"], "format": "uint64", "minimum": 0},
            "level": {"$ref": "#/$defs/Level", "description": "How hard.", "default": "low"}
        },
        "required": ["text"],
        "$defs": {"Level": {"oneOf": [
            {"type": "string", "const": "low", "description": "Easy."},
            {"type": "string", "const": "high"}
        ]}}
    })
}

/// The same with two tools, and a conversation in which both were called.
pub(crate) fn conversation(model: &'static str, ids: [&str; 2]) -> Request {
    let call = |id: &str, tool: &str| ToolCall {
        id: id.to_owned(),
        tool: tool.to_owned(),
        arguments: json!({"query": "x"}),
    };
    let result = |id: &str, tool: &'static str, content: &str, ok| Message::Tool {
        call_id: id.to_owned(),
        tool: Name::from_static(tool),
        content: content.to_owned(),
        ok,
    };
    let mut request = with_tools(request(model));
    request.messages.extend([
        Message::Assistant {
            text: "I look.".to_owned(),
            tool_calls: vec![call(ids[0], "search_documents"), call(ids[1], "mcp/files.read")],
        },
        result(ids[1], "mcp/files.read", "no such file", false),
        result(ids[0], "search_documents", r#"{"hits":1}"#, true),
    ]);
    request
}

pub(crate) fn with_tools(mut request: Request) -> Request {
    let offer = |name: &'static str, schema: Value| ToolOffer {
        name: Name::from_static(name),
        description: format!("Does {name}."),
        schema: schema.into(),
    };
    let arguments =
        json!({"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]});
    request.tools = vec![offer("search_documents", arguments), offer("mcp/files.read", Value::Null)];
    request
}

/// Makes a provider on a network.
pub(crate) type Make = fn(Arc<dyn Transport>) -> Box<dyn Provider>;

/// One call that is answered with `reply`.
pub(crate) async fn call(
    make: Make,
    request: &Request,
    reply: Reply,
) -> (Result<Response, ProviderError>, Heard, Arc<Memory>) {
    let memory = Arc::new(Memory::replies([reply]));
    let provider = make(Arc::clone(&memory) as Arc<dyn Transport>);
    let context = CallContext { idempotency_key: "task/path".to_owned(), attempt: 1 };
    let mut heard = Heard::default();
    let outcome = provider.call(request.clone(), &context, &mut heard).await;
    if let Err(error) = &outcome {
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
    }
    (outcome, heard, memory)
}

/// One line: the finish, the text, calls, usage (input/output/cached/reasoning) and model; or the class of the failure
/// and its usage. What was heard must be the text.
pub(crate) fn shown(outcome: &Result<Response, ProviderError>, heard: &Heard) -> String {
    match outcome {
        Ok(response) => {
            assert_eq!(response.text, heard.0.concat());
            let finish = match response.finish {
                FinishReason::Stop => "stop",
                FinishReason::ToolCalls => "tools",
                FinishReason::Length => "length",
                FinishReason::Filtered => "filtered",
            };
            let called = |call: &ToolCall| format!(" {}#{}{}", call.tool, call.id, call.arguments);
            let calls: String = response.tool_calls.iter().map(called).collect();
            format!("{finish} '{}'{calls} {} {}", response.text, used(response.usage), response.model)
        }
        Err(error) => format!("{} {}", error.class.code(), used(error.usage)),
    }
}

fn used(usage: Option<divisi_domain::money::Usage>) -> String {
    usage.map_or_else(
        || "-".to_owned(),
        |it| format!("{}/{}/{}/{}", it.input_tokens, it.output_tokens, it.cached_tokens, it.reasoning_tokens),
    )
}

/// A server behind a proxy refuses to hold the answer to a schema, as one does that knows `json_object` alone: the same model is
/// asked again, in words, and so from then on. `held`: a field of the wire that gives the schema.
pub(crate) async fn refused_schema(make: Make, request: &Request, (held, stream): (&str, &str)) {
    let refusal = |status, message: &str| Reply::json(status, &json!({"error": {"message": message}}));
    let about = "1 validation error: ('body', 'response_format', 'type'), 'msg': Input should be 'text' or 'json_object', \
                 'input': 'json_schema'";
    let replies = [refusal(500, about), Reply::stream(stream), Reply::stream(stream)];
    let (outcomes, bodies) = calls(make, request, replies).await;
    let first = outcomes[0].as_ref().unwrap_err();
    assert_eq!((first.class.code(), first.usage), ("overloaded", None), "{first:?}");
    assert!(first.message.contains("in another way"), "{first:?}");
    assert!(outcomes[1].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
    let in_words =
        |body: &Value| body.to_string().contains("JSON schema") && !body.to_string().contains(held);
    let seen: Vec<bool> = bodies.iter().map(in_words).collect();
    assert_eq!(seen, [false, true, true], "{bodies:?}");
    // What is about something else teaches nothing.
    let others = [refusal(500, "the moon is full"), Reply::stream(stream)];
    let (_, bodies) = calls(make, request, others).await;
    assert!(bodies.iter().all(|body| !in_words(body)), "{bodies:?}");
}

/// Calls of one provider, one after the other.
async fn calls<const N: usize>(
    make: Make,
    request: &Request,
    replies: [Reply; N],
) -> (Vec<Result<Response, ProviderError>>, Vec<Value>) {
    let memory = Arc::new(Memory::replies(replies));
    let provider = make(Arc::clone(&memory) as Arc<dyn Transport>);
    let mut outcomes = Vec::new();
    for attempt in 1..=N {
        let attempt = u16::try_from(attempt).unwrap();
        let context = CallContext { idempotency_key: "task/path".to_owned(), attempt };
        outcomes.push(provider.call(request.clone(), &context, &mut Heard::default()).await);
    }
    (outcomes, memory.bodies())
}

/// The same answer must come of a stream however it is cut into pieces, and none of a part of it.
pub(crate) async fn cut_everywhere(make: Make, request: &Request, stream: &str) {
    let (whole, heard, _) = call(make, request, Reply::stream(stream)).await;
    let right = shown(&whole, &heard);
    assert!(whole.is_ok(), "{right}");
    let bytes = stream.as_bytes();
    let end = stream.trim_end().len();
    for at in 0..bytes.len() {
        let piece = |part: &[u8]| Piece::Bytes(bytes::Bytes::copy_from_slice(part));
        let two = Reply::pieces(vec![piece(&bytes[..at]), piece(&bytes[at..])]);
        let (outcome, heard, _) = call(make, request, two).await;
        assert_eq!(shown(&outcome, &heard), right, "cut in two at {at}");
        for ending in [Vec::new(), vec![Piece::Break]] {
            let part = Reply::pieces([vec![piece(&bytes[..at])], ending.clone()].concat());
            let (outcome, heard, _) = call(make, request, part).await;
            let seen = shown(&outcome, &heard);
            assert!(outcome.is_err() || (at >= end && seen == right), "{at} of {end}, {ending:?}: {seen}");
        }
    }
}

/// The same answer comes where the server says nothing for `seconds` behind the first event that holds `marker`.
pub(crate) async fn silent_behind(
    make: Make,
    request: &Request,
    (stream, marker): (&str, &str),
    seconds: u64,
) {
    let (whole, heard, _) = call(make, request, Reply::stream(stream)).await;
    let found = stream.find(marker).unwrap_or_else(|| panic!("no {marker}"));
    let at = found + stream[found..].find("\n\n").unwrap_or_else(|| panic!("no end behind {marker}")) + 2;
    let piece = |part: &str| Piece::Bytes(bytes::Bytes::copy_from_slice(part.as_bytes()));
    let (before, behind) = (piece(&stream[..at]), piece(&stream[at..]));
    let slow = Reply::pieces(vec![before, Piece::Wait(Duration::from_secs(seconds)), behind]);
    let (outcome, slowly, _) = call(make, request, slow).await;
    assert!(outcome.is_ok(), "{marker}: {outcome:?}");
    assert_eq!(shown(&outcome, &slowly), shown(&whole, &heard), "{marker}");
}

/// Events that are lost, repeated or in another order end in an answer that was heard, or in a failure.
pub(crate) async fn mangle(make: Make, request: &Request, stream: &str) {
    let events: Vec<&str> = stream.split_inclusive("\n\n").collect();
    for at in 0..events.len() {
        let mut lost = events.clone();
        lost.remove(at);
        let mut repeated = events.clone();
        repeated.insert(at, events[at]);
        let mut swapped = events.clone();
        swapped.swap(at, (at + 1) % events.len());
        let null = events[at].replace(":\"", ":null,\"x\":\"");
        let mut emptied = events.clone();
        emptied[at] = &null;
        for mangled in [lost, repeated, swapped, emptied] {
            let (outcome, heard, _) = call(make, request, Reply::stream(&mangled.concat())).await;
            shown(&outcome, &heard);
        }
    }
}

/// Headers of the one request that was made: plain ones, and the names of secret ones that hold the key.
pub(crate) fn headers(memory: &Memory) -> (Vec<String>, Vec<String>) {
    use secrecy::ExposeSecret;
    let request = memory.requests().remove(0);
    assert!(!format!("{request:?}").contains(KEY), "{request:?}");
    let mut plain = Vec::new();
    let mut secret = Vec::new();
    for (name, value) in request.headers {
        match value {
            HeaderText::Plain(text) => plain.push(format!("{name}: {text}")),
            HeaderText::Secret(text) if text.expose_secret().contains(KEY) => secret.push(name.into_owned()),
            HeaderText::Secret(_) => {}
        }
    }
    (plain, secret)
}
