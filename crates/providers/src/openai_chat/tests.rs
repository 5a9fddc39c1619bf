use std::collections::BTreeMap;
use std::time::Duration;

use divisi_domain::model_step::FailureClass;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use divisi_llm::{FinishReason, Message, NoSink, Purpose, Sampling};
use futures::executor::block_on;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::*;
use crate::http::memory::{Memory, Piece, Reply};
use crate::http::{Deadlines, HeaderText};

const URL: &str = "http://127.0.0.1:8080/v1";

fn deadlines() -> Deadlines {
    let wait = Duration::from_secs(10);
    Deadlines { connect: wait, first_token: wait, idle: wait, quiet: wait, total: Duration::from_mins(1) }
}

fn request(model: &'static str) -> Request {
    Request {
        purpose: Purpose::Work,
        model: Name::from_static(model),
        system: "Be brief.".into(),
        messages: vec![Message::User { text: "Hello".to_owned() }],
        tools: Vec::new(),
        schema: json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}).into(),
        sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 50 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

fn context() -> CallContext {
    CallContext { idempotency_key: "k".to_owned(), attempt: 1 }
}

fn local() -> ChatSettings {
    ChatSettings::server(Name::from_static("local"), URL.to_owned(), Traits::capable(), deadlines())
}

const ANSWER: &str = "data: {\"model\":\"real\",\"choices\":[{\"delta\":{\"content\":\"{}\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[test]
fn a_call_over_the_wire() {
    let memory = Arc::new(Memory::replies([Reply::stream(ANSWER)]));
    let settings = ChatSettings {
        key: Some(SecretString::from(" sk-secret\n")),
        headers: vec![("x-title".into(), HeaderText::Plain("divisi".to_owned()))],
        ..local()
    };
    let provider = OpenAiChat::new(settings, Arc::clone(&memory) as Arc<dyn Transport>);
    let response = block_within(provider.call(request("m"), &context(), &mut NoSink)).expect("answered");
    assert_eq!(
        (response.text.as_str(), response.model.as_str(), response.finish),
        ("{}", "real", FinishReason::Stop)
    );
    let sent = &memory.requests()[0];
    assert_eq!(sent.url, format!("{URL}/chat/completions"));
    let shown: BTreeMap<&str, String> = sent
        .headers
        .iter()
        .map(|(name, value)| match value {
            HeaderText::Plain(text) => (name.as_ref(), text.clone()),
            HeaderText::Secret(text) => (name.as_ref(), format!("secret {}", text.expose_secret())),
        })
        .collect();
    assert_eq!(shown["authorization"], "secret Bearer sk-secret");
    assert_eq!((shown["x-title"].as_str(), shown["content-type"].as_str()), ("divisi", "application/json"));
    assert!(!format!("{provider:?} {sent:?}").contains("sk-secret"), "a key is shown to nobody");
}

fn block_within<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(future)
}

#[test]
fn traits_go_by_model() {
    let other = Traits { context_tokens: Some(7), ..Traits::cautious() };
    let mut settings = local();
    settings.by_model.insert(Name::from_static("special"), other);
    let mut openai = ChatSettings::openai(Name::from_static("openai"), SecretString::from("k"), deadlines());
    assert_eq!(openai.base_url, "https://api.openai.com/v1");
    openai.by_model.insert(Name::from_static("special"), other);
    let rows = [
        (&settings, "special", other),
        (&settings, "m", Traits::capable()),
        (&openai, "special", other),
        (&openai, "o3", Traits::openai(&Name::from_static("o3"))),
    ];
    for (settings, model, traits) in rows {
        assert_eq!(settings.traits(&Name::from_static(model)), traits, "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_has_its_class_and_a_sentence() {
    let text =
        Piece::Bytes(bytes::Bytes::from_static(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"));
    let rows = [
        ("no server", Reply::Refused, FailureClass::Connection, "127.0.0.1:8080 cannot be reached"),
        (
            "a wrong key",
            Reply::json(401, &json!({"detail": "Invalid API key"})),
            FailureClass::Unauthorized,
            "Check the key",
        ),
        (
            "an unknown model",
            Reply::json(404, &json!({"error": {"message": "no", "code": "model_not_found"}})),
            FailureClass::UnknownModel,
            "divisi models",
        ),
        (
            "a quota",
            Reply::json(429, &json!({"error": {"message": "no", "code": "insufficient_quota"}})),
            FailureClass::QuotaSpent,
            "quota",
        ),
        (
            "too long",
            Reply::json(
                400,
                &json!({"error": {"message": "no", "type": "exceed_context_size_error", "n_ctx": 512}}),
            ),
            FailureClass::ContextTooLong,
            "larger context",
        ),
        (
            "an end without a reason",
            Reply::stream("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n"),
            FailureClass::Truncated,
            "without a reason",
        ),
        ("a proper end without an event", Reply::stream(""), FailureClass::Truncated, "without a reason"),
        ("a stall", Reply::pieces(vec![text.clone(), Piece::Hang]), FailureClass::Truncated, "stalled"),
        ("a cut", Reply::pieces(vec![text, Piece::Break]), FailureClass::Connection, "cut"),
    ];
    for (what, reply, class, words) in rows {
        let memory: Arc<dyn Transport> = Arc::new(Memory::replies([reply]));
        let provider = OpenAiChat::new(local(), memory);
        let error = provider.call(request("m"), &context(), &mut NoSink).await.expect_err(what);
        assert_eq!(error.class, class, "{what}: {error}");
        assert!(error.message.contains(words), "{what}: {error}");
        assert_eq!(error.sent, what != "no server", "{what}");
    }
}

#[test]
fn a_conversation_that_says_nothing_never_leaves() {
    let memory = Arc::new(Memory::default());
    let provider = OpenAiChat::new(local(), Arc::clone(&memory) as Arc<dyn Transport>);
    let empty = Request { messages: Vec::new(), ..request("m") };
    let error = block_on(provider.call(empty, &context(), &mut NoSink)).expect_err("nothing to say");
    assert!(!error.sent && memory.requests().is_empty(), "{error}");
}

/// A model thinks, and a server holds back a call until it is whole: longer than text may pause.
#[tokio::test(start_paused = true)]
async fn silence_before_the_answer_and_in_a_call_is_no_stall() {
    let said = |text: &'static str| Piece::Bytes(bytes::Bytes::from_static(text.as_bytes()));
    let role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n";
    let thought = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
    let call = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n\n";
    let end = "data: {\"choices\":[{\"delta\":{\"content\":\"{}\",\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    let wait = |seconds| Piece::Wait(Duration::from_secs(seconds));
    let pieces = vec![said(role), wait(50), said(thought), wait(100), said(call), wait(100), said(end)];
    let deadlines = Deadlines {
        first_token: Duration::from_mins(1),
        quiet: Duration::from_mins(3),
        total: Duration::from_mins(10),
        ..deadlines()
    };
    let memory: Arc<dyn Transport> = Arc::new(Memory::replies([Reply::pieces(pieces)]));
    let provider = OpenAiChat::new(ChatSettings { deadlines, ..local() }, memory);
    let response = provider.call(request("m"), &context(), &mut NoSink).await.expect("answered");
    assert_eq!(response.tool_calls.len(), 1);
}
