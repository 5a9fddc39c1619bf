//! What real servers were seen to do (`cargo xtask acceptance`), over the socket.

use std::time::Duration;

use divisi_domain::model_step::FailureClass;
use divisi_llm::{FinishReason, Request, Sampling};
use divisi_vendors::{Answer, Behaviour, Ended, Fault, FaultRule, Finish, Refusal, Vendor};
use serde_json::json;

use crate::harness::{PATIENT, call, call_by, provider, question, serving};

/// Nothing here takes so long, whatever the machine.
const GIVEN_UP: Duration = Duration::from_secs(20);

/// A model of 135 M parameters that is held to a schema says digits until its limit, and would do so each time.
#[tokio::test]
async fn a_model_that_runs_away_inside_of_a_text_is_given_bounds_next_time() {
    let runaway = Answer {
        finish: Some(Finish::Length),
        ..Answer::text(format!("{{\"text\":\"{}", "0123456789".repeat(40)))
    };
    let whole = Answer::text("{\"text\":\"short\"}");
    let server = serving(Behaviour::default().saying([runaway, whole])).await;
    let provider = provider(Vendor::Chat, &server.url(), PATIENT);
    let list = json!({"type": "array", "items": {"type": "string"}});
    let schema = json!({"type": "object", "properties": {"text": {"type": "string"}, "more": list}, "required": ["text"]});
    let sampling = Sampling { temperature_hundredths: 0, output_tokens_max: 400 };
    let request = Request { schema: schema.into(), sampling, ..question(Vendor::Chat) };
    for finish in [FinishReason::Length, FinishReason::Stop] {
        assert_eq!(call_by(provider.as_ref(), &request).await.response().finish, finish);
    }
    let book = server.ledger().book();
    let properties =
        |at: usize| &book.entries[at].body["response_format"]["json_schema"]["schema"]["properties"];
    assert_eq!(properties(0)["text"], json!({"type": "string"}));
    // Elements of lists have an eighth of the 400 tokens, however many the model needs for a character; texts have three.
    assert_eq!(properties(1)["text"], json!({"type": "string", "maxLength": 150}));
    assert_eq!(properties(1)["more"]["maxItems"], json!(5));
    assert_eq!(properties(1)["more"]["items"]["maxLength"], json!(50));
}

/// llama-cpp-python fails with a 500 where a schema comes as `json_schema`, and obeys one beside `json_object`.
#[tokio::test]
async fn a_way_that_was_refused_is_not_taken_again() {
    let refused = FaultRule::on(Fault::Refuse { with: Refusal::NoSchemas }, [1]);
    let server = serving(Behaviour { faults: vec![refused], local: true, ..Behaviour::default() }).await;
    let provider = provider(Vendor::Chat, &server.url(), PATIENT);
    let request = question(Vendor::Chat);
    let first = call_by(provider.as_ref(), &request).await;
    assert_eq!(first.error().class, FailureClass::Overloaded);
    assert!(first.error().message.contains("It is asked in another way next."), "{}", first.error());
    for _ in 0..2 {
        call_by(provider.as_ref(), &request).await.response();
    }
    let book = server.ledger().book();
    let formats: Vec<_> = book.entries.iter().map(|entry| &entry.body["response_format"]).collect();
    let kinds: Vec<_> = formats.iter().filter_map(|format| format["type"].as_str()).collect();
    assert_eq!(kinds, ["json_schema", "json_object", "json_object"]);
    assert_eq!(formats[1]["schema"]["properties"]["text"], json!({"type": "string"}));
}

/// llama-cpp-python ignores one of the two names of the limit; a model that thinks may do so for ever. The stream is closed,
/// and closing it stops the server.
#[tokio::test]
async fn a_server_that_goes_on_past_its_limit_is_closed() {
    // More than what a socket holds while nobody reads.
    let bytes = 24 << 20;
    for thinking in [false, true] {
        for vendor in Vendor::ALL {
            let fault = Fault::PastLimit { bytes, thinking };
            let server = serving(Behaviour { delta_chars: 2_000, ..Behaviour::always(fault) }).await;
            let outcome = call(&server, vendor, &question(vendor), PATIENT).await;
            let row = format!(
                "{vendor:?} {thinking}: {:?}",
                outcome.result.as_ref().map(|response| response.finish)
            );
            match &outcome.result {
                Ok(response) => assert_eq!(response.finish, FinishReason::Length, "{row}"),
                Err(error) => assert_eq!(error.class, FailureClass::Unparsable, "{row}: {error}"),
            }
            let left = server.ledger().wait_for(|book| book.entries[0].ended.is_some());
            let book = tokio::time::timeout(GIVEN_UP, left).await.expect("the socket stays open");
            assert_eq!(book.entries[0].ended, Some(Ended::ClientClosed), "{row}");
        }
    }
}
