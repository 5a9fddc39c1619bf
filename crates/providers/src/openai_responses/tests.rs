use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_llm::Provider;
use secrecy::SecretString;

use super::*;
use crate::http::Transport;
use crate::http::memory::Reply;
use crate::wire_check::{DEADLINES, KEY, call, headers, refused_schema, request, silent_behind, with_tools};

const STREAM: &str = include_str!("fixtures/answer.sse");

pub(super) fn settings(base_url: &str) -> Settings {
    Settings {
        name: Name::from_static("openai"),
        base_url: base_url.to_owned(),
        key: Some(SecretString::from(KEY)),
        headers: vec![("openai-organization".into(), HeaderText::Plain("org".to_owned()))],
        deadlines: DEADLINES,
        structured: None,
        temperature: None,
    }
}

pub(super) fn make(transport: Arc<dyn Transport>) -> Box<dyn Provider> {
    Box::new(OpenAiResponses::new(settings("http://h:1/v1"), transport))
}

#[tokio::test(start_paused = true)]
async fn the_request_goes_where_it_should_with_its_headers() {
    let (outcome, _, memory) = call(make, &request("gpt-5-mini"), Reply::stream(STREAM)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let (plain, secret) = headers(&memory);
    let expected =
        ["content-type: application/json", "accept: text/event-stream", "openai-organization: org"];
    assert_eq!(
        (plain.as_slice(), secret.as_slice()),
        (&expected.map(str::to_owned)[..], &["authorization".to_owned()][..])
    );
    assert_eq!(memory.requests()[0].url, "http://h:1/v1/responses");
    let provider = OpenAiResponses::new(settings("http://h:1"), memory);
    assert_eq!(provider.name().as_str(), "openai");
    assert!(!format!("{provider:?}").contains(KEY));
}

#[test]
fn texts_are_counted_at_the_vendors_own_address_for_models_that_it_told_of() {
    let tokens = |base_url: &str, model| Wire::text_tokens(&settings(base_url), &request(model));
    assert_eq!(tokens("http://h:1/v1", "gpt-5-mini"), None);
    assert_eq!(tokens(BASE_URL, "gpt-6-luna"), None);
    let divisi_llm::policy::InputSize::Bytes { bytes, .. } = request("gpt-5-mini").size() else { panic!() };
    let counted = tokens(BASE_URL, "gpt-5-mini").unwrap();
    assert!(0 < counted && counted < bytes, "{counted} of {bytes}");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_classed_and_explained() {
    let body = |code: &str, message: &str| {
        format!(
            r#"{{"error":{{"message":"{message}","type":"invalid_request_error","param":null,"code":"{code}"}}}}"#
        )
    };
    let rows = [
        (
            401,
            body("invalid_api_key", &format!("Incorrect API key provided: {KEY}")),
            FailureClass::Unauthorized,
        ),
        (404, body("model_not_found", "m"), FailureClass::UnknownModel),
        (429, body("rate_limit_exceeded", "m"), FailureClass::RateLimited),
        (429, body("insufficient_quota", "m"), FailureClass::QuotaSpent),
        (400, body("context_length_exceeded", "m"), FailureClass::ContextTooLong),
        (500, "Internal Server Error".to_owned(), FailureClass::Overloaded),
    ];
    for (status, body, class) in rows {
        let reply = Reply::of(status, "text/plain", body)
            .with_header("retry-after-ms", "1500")
            .with_header("x-ratelimit-remaining-tokens", "9");
        let (outcome, _, _) = call(make, &request("gpt-5-mini"), reply).await;
        let error = outcome.expect_err("refused");
        assert_eq!(
            (error.class, error.retry_after, error.sent),
            (class, Some(Millis(1_500)), true),
            "{error}"
        );
        assert_eq!(error.rate.tokens_left, Some(9));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_not_sent() {
    let mut empty = request("gpt-5-mini");
    empty.messages.clear();
    let (outcome, _, memory) = call(make, &empty, Reply::stream(STREAM)).await;
    let error = outcome.expect_err("not sent");
    assert_eq!((error.class, error.sent, memory.requests().len()), (FailureClass::BadRequest, false, 0));
}

/// A model thinks, and a server holds back a call until it is whole: longer than text may pause.
#[tokio::test(start_paused = true)]
async fn silence_before_the_answer_and_in_a_call_is_no_stall() {
    const TOOLS: &str = include_str!("fixtures/tools.sse");
    for (marker, seconds) in [("response.created", 50), ("function_call_arguments.delta", 100)] {
        silent_behind(make, &with_tools(request("gpt-5-mini")), (TOOLS, marker), seconds).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_is_refused_is_asked_for_in_words() {
    refused_schema(make, &request("gpt-4.1-mini"), ("\"json_schema\"", STREAM)).await;
}
