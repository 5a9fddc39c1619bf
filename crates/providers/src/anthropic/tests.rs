use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::{Message, Provider};
use secrecy::SecretString;

use super::*;
use crate::http::Transport;
use crate::http::memory::Reply;
use crate::wire_check::{DEADLINES, KEY, call, headers, refused_schema, request, silent_behind, with_tools};

const STREAM: &str = include_str!("fixtures/answer.sse");

pub(super) fn settings(base_url: &str) -> Settings {
    Settings {
        name: Name::from_static("claude"),
        base_url: base_url.to_owned(),
        key: Some(SecretString::from(KEY)),
        headers: vec![("x-team".into(), HeaderText::Plain("blue".to_owned()))],
        deadlines: DEADLINES,
        structured: None,
        temperature: None,
        prompt_cache: true,
    }
}

pub(super) fn make(transport: Arc<dyn Transport>) -> Box<dyn Provider> {
    Box::new(Anthropic::new(settings("http://h:1"), transport))
}

pub(super) fn make_forced(transport: Arc<dyn Transport>) -> Box<dyn Provider> {
    let settings = Settings { structured: Some(Structured::ForcedTool), ..settings("http://h:1") };
    Box::new(Anthropic::new(settings, transport))
}

#[tokio::test(start_paused = true)]
async fn the_request_goes_where_it_should_with_its_headers() {
    let (outcome, _, memory) = call(make, &request("claude-haiku-4-5"), Reply::stream(STREAM)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let (plain, secret) = headers(&memory);
    let expected = [
        "content-type: application/json",
        "accept: text/event-stream",
        "anthropic-version: 2023-06-01",
        "x-team: blue",
    ];
    assert_eq!(
        (plain.as_slice(), secret.as_slice()),
        (&expected.map(str::to_owned)[..], &["x-api-key".to_owned()][..])
    );
    assert_eq!(memory.requests()[0].url, "http://h:1/v1/messages");
    let provider = Anthropic::new(settings("http://h:1"), memory);
    assert_eq!(provider.name().as_str(), "claude");
    assert!(!format!("{provider:?}").contains(KEY));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_classed_and_explained() {
    let body = |kind: &str, message: &str| {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#)
    };
    let traceback = r#"{"detail":"Traceback (most recent call last): File \"/srv/app/x.py\""}"#.to_owned();
    let rows = [
        (401, body("authentication_error", &format!("bad {KEY}")), FailureClass::Unauthorized, "key"),
        (404, body("not_found_error", "model: m"), FailureClass::UnknownModel, "divisi models"),
        (429, body("rate_limit_error", "m"), FailureClass::RateLimited, "tried again"),
        (529, body("overloaded_error", "Overloaded"), FailureClass::Overloaded, "status 529"),
        (500, traceback, FailureClass::Overloaded, "status 500"),
    ];
    for (status, body, class, words) in rows {
        let reply = Reply::of(status, "application/json", body)
            .with_header("retry-after", "7")
            .with_header("anthropic-ratelimit-requests-remaining", "3");
        let (outcome, heard, _) = call(make, &request("claude-haiku-4-5"), reply).await;
        let error = outcome.expect_err("refused");
        assert_eq!((error.class, error.retry_after, error.sent), (class, Some(Millis(7_000)), true));
        assert_eq!(error.rate.requests_left, Some(3));
        assert!(error.message.contains(words) && !error.message.contains("x.py"), "{}", error.message);
        assert!(heard.0.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_not_sent() {
    let mut empty = request("claude-haiku-4-5");
    empty.messages = vec![Message::User { text: " ".to_owned() }];
    let (outcome, _, memory) = call(make, &empty, Reply::stream(STREAM)).await;
    let error = outcome.expect_err("not sent");
    assert_eq!((error.class, error.sent, memory.requests().len()), (FailureClass::BadRequest, false, 0));
}

/// A model thinks, and a server holds back a call until it is whole: longer than text may pause.
#[tokio::test(start_paused = true)]
async fn silence_before_the_answer_and_in_a_call_is_no_stall() {
    const TOOLS: &str = include_str!("fixtures/tools.sse");
    for (marker, seconds) in [("message_start", 50), ("content_block_stop", 100), ("{\\\"query\\\":", 100)] {
        silent_behind(make, &with_tools(request("claude-haiku-4-5")), (TOOLS, marker), seconds).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_is_refused_is_asked_for_in_words() {
    refused_schema(make, &request("claude-haiku-4-5"), ("\"output_config\"", STREAM)).await;
}
