use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::{Message, Provider};
use secrecy::SecretString;

use super::*;
use crate::http::Transport;
use crate::http::memory::Reply;
use crate::wire_check::{DEADLINES, KEY, call, headers, refused_schema, request, with_tools};

const STREAM: &str = include_str!("fixtures/answer.sse");

pub(super) fn settings(base_url: &str) -> Settings {
    Settings {
        name: Name::from_static("google"),
        base_url: base_url.to_owned(),
        key: Some(SecretString::from(KEY)),
        headers: vec![("x-team".into(), HeaderText::Plain("blue".to_owned()))],
        deadlines: DEADLINES,
        structured: None,
    }
}

pub(super) fn make(transport: Arc<dyn Transport>) -> Box<dyn Provider> {
    Box::new(Gemini::new(settings("http://h:1"), transport))
}

#[tokio::test(start_paused = true)]
async fn the_request_goes_where_it_should_with_its_headers() {
    let (outcome, _, memory) = call(make, &request("gemini-2.5-flash"), Reply::stream(STREAM)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let (plain, secret) = headers(&memory);
    let expected = ["content-type: application/json", "accept: text/event-stream", "x-team: blue"];
    assert_eq!(
        (plain.as_slice(), secret.as_slice()),
        (&expected.map(str::to_owned)[..], &["x-goog-api-key".to_owned()][..])
    );
    let url = "http://h:1/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    assert_eq!(memory.requests()[0].url, url);
    let provider = Gemini::new(settings("http://h:1"), memory);
    assert_eq!(provider.name().as_str(), "google");
    assert!(!format!("{provider:?}").contains(KEY));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_classed_and_explained() {
    let body = |code: u16, status: &str, details: &str| {
        format!(
            r#"{{"error":{{"code":{code},"message":"m {KEY}","status":"{status}","details":[{details}]}}}}"#
        )
    };
    let wait = r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}"#;
    let day = r#"{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}"#;
    let key = r#"{"reason":"API_KEY_INVALID"}"#;
    let rows = [
        (429, body(429, "RESOURCE_EXHAUSTED", wait), FailureClass::RateLimited, Some(Millis(34_000))),
        (429, body(429, "RESOURCE_EXHAUSTED", day), FailureClass::QuotaSpent, Some(Millis(7_000))),
        (400, body(400, "INVALID_ARGUMENT", key), FailureClass::Unauthorized, Some(Millis(7_000))),
        (404, body(404, "NOT_FOUND", ""), FailureClass::UnknownModel, Some(Millis(7_000))),
    ];
    for (status, body, class, retry_after) in rows {
        let reply = Reply::of(status, "application/json", body).with_header("retry-after", "7");
        let (outcome, _, _) = call(make, &request("gemini-2.5-flash"), reply).await;
        let error = outcome.expect_err("refused");
        assert_eq!((error.class, error.retry_after, error.sent), (class, retry_after, true), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_signed_call_goes_back_as_it_came() {
    let tools = include_str!("fixtures/tools.sse");
    let mut asking = with_tools(request("gemini-3-pro-preview"));
    let (outcome, _, _) = call(make, &asking, Reply::stream(tools)).await;
    let answer = outcome.expect("answered");
    let results = answer.tool_calls.iter().map(|called| Message::Tool {
        call_id: called.id.clone(),
        tool: Name::from_static("search_documents"),
        content: "{}".to_owned(),
        ok: true,
    });
    let results: Vec<_> = results.collect();
    asking.messages.push(Message::Assistant { text: answer.text, tool_calls: answer.tool_calls });
    asking.messages.extend(results);
    let (_, _, memory) = call(make, &asking, Reply::stream(STREAM)).await;
    let sent = memory.bodies().remove(0);
    let parts = sent["contents"][1]["parts"].as_array().expect("parts");
    let came: Vec<serde_json::Value> = tools
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line.strip_prefix("data: ")?).ok())
        .flat_map(|chunk| chunk["candidates"][0]["content"]["parts"].as_array().expect("parts").clone())
        .collect();
    assert_eq!(parts.len(), came.len());
    for (part, came) in parts.iter().zip(&came) {
        assert_eq!(part.get("thoughtSignature"), came.get("thoughtSignature"));
        assert_eq!(part["functionCall"].get("id"), came["functionCall"].get("id"));
        assert_eq!(part["functionCall"]["name"], came["functionCall"]["name"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_not_sent() {
    let mut empty = request("gemini-2.5-flash");
    empty.messages.clear();
    let (outcome, _, memory) = call(make, &empty, Reply::stream(STREAM)).await;
    let error = outcome.expect_err("not sent");
    assert_eq!((error.class, error.sent, memory.requests().len()), (FailureClass::BadRequest, false, 0));
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_is_refused_is_asked_for_in_words() {
    refused_schema(make, &request("gemini-2.5-flash"), ("\"responseSchema\"", STREAM)).await;
}
