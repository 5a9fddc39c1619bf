//! What real servers were seen to do (`cargo xtask acceptance`), over the socket.

use divisi_llm::{FinishReason, Request};
use divisi_vendors::{Answer, Behaviour, Finish, Vendor};
use serde_json::json;

use crate::harness::{PATIENT, call_by, provider, question, serving};

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
    let request = Request { schema: schema.into(), ..question(Vendor::Chat) };
    for finish in [FinishReason::Length, FinishReason::Stop] {
        assert_eq!(call_by(provider.as_ref(), &request).await.response().finish, finish);
    }
    let book = server.ledger().book();
    let properties =
        |at: usize| &book.entries[at].body["response_format"]["json_schema"]["schema"]["properties"];
    assert_eq!(properties(0)["text"], json!({"type": "string"}));
    // A quarter of the 200 tokens, however many the model needs for a character.
    assert_eq!(properties(1)["text"], json!({"type": "string", "maxLength": 50}));
    assert_eq!(properties(1)["more"]["maxItems"], json!(12));
}
