//! What we send is what a strict vendor takes: whole conversations with tools, schemas, and what the brain makes of them.

use divisi_llm::{Message, Request};
use divisi_vendors::{Answer, Behaviour, Vendor};
use serde_json::{Value, json};

use crate::harness::{PATIENT, call_by, provider, question, serving, with_tool};

/// Goes on with the conversation: what the model said, and a result for each of its calls.
fn go_on(request: &mut Request, response: &divisi_llm::Response) {
    let (text, tool_calls) = (response.text.clone(), response.tool_calls.clone());
    request.messages.push(Message::Assistant { text, tool_calls });
    for call in &response.tool_calls {
        let (call_id, tool) = (call.id.clone(), request.tools[0].name.clone());
        request.messages.push(Message::Tool {
            call_id,
            tool,
            content: "{\"celsius\":20}".to_owned(),
            ok: true,
        });
    }
}

#[tokio::test]
async fn conversations_with_parallel_tools_are_taken_by_the_strict_vendor() {
    for vendor in Vendor::ALL {
        for words in ["", "Let me look."] {
            let calls = || Answer {
                text: words.to_owned(),
                ..Answer::calls([
                    ("get_weather", json!({"city": "Wien"})),
                    ("get_weather", json!({"city": "Graz"})),
                ])
            };
            let server = serving(Behaviour::default().saying([calls(), calls()])).await;
            let provider = provider(vendor, &server.url(), PATIENT);
            let mut request = with_tool(vendor);
            for _ in 0..2 {
                let outcome = call_by(provider.as_ref(), &request).await;
                assert_eq!(outcome.response().tool_calls.len(), 2, "{vendor:?}");
                go_on(&mut request, outcome.response());
            }
            let last = call_by(provider.as_ref(), &request).await;
            let answer: Value = serde_json::from_str(&last.response().text).unwrap();
            assert!(answer["text"].is_string(), "{vendor:?}: {answer}");
            // Asked again with the error, and without tools, as in a last turn.
            request.tools.clear();
            request
                .messages
                .push(Message::Assistant { text: last.response().text.clone(), tool_calls: Vec::new() });
            request.messages.push(Message::User { text: "The field 'text' is too short.".to_owned() });
            call_by(provider.as_ref(), &request).await.response();
        }
    }
}

/// What a server has read of a prompt need not be read again, as long as the next one begins in the same way.
#[tokio::test]
async fn a_conversation_that_goes_on_keeps_its_beginning() {
    for vendor in Vendor::ALL {
        let looks = || Answer::calls([("get_weather", json!({"city": "Wien"}))]);
        let server = serving(Behaviour::default().saying([looks(), looks()])).await;
        let provider = provider(vendor, &server.url(), PATIENT);
        let mut request = with_tool(vendor);
        for _ in 0..3 {
            let outcome = call_by(provider.as_ref(), &request).await;
            go_on(&mut request, outcome.response());
        }
        let turns = match vendor {
            Vendor::Chat | Vendor::Messages => "messages",
            Vendor::Responses => "input",
            Vendor::Gemini => "contents",
        };
        let entries = server.ledger().book().entries;
        assert_eq!(entries.len(), 3, "{vendor:?}");
        for pair in entries.windows(2) {
            let [(shorter, said), (longer, more)] = [0, 1].map(|at| parted(&pair[at].body, turns));
            assert_eq!(shorter, longer, "{vendor:?}: what stands around the turns");
            assert!(more.len() > said.len() && more.starts_with(&said), "{vendor:?}: {said:?} {more:?}");
        }
    }
}

/// A body without its turns, and these. Marks of where a cache ends are no part of what is cached.
fn parted(body: &Value, turns: &str) -> (Value, Vec<Value>) {
    let mut body = body.clone();
    unmark(&mut body);
    let turns = body[turns].take();
    (body, turns.as_array().cloned().unwrap_or_default())
}

fn unmark(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("cache_control");
            fields.values_mut().for_each(unmark);
        }
        Value::Array(items) => items.iter_mut().for_each(unmark),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Some servers take 0 for no limit at all, others for one token.
#[tokio::test]
async fn a_limit_of_no_tokens_is_never_sent() {
    for (vendor, place) in [
        (Vendor::Chat, "/max_tokens"),
        (Vendor::Responses, "/max_output_tokens"),
        (Vendor::Messages, "/max_tokens"),
        (Vendor::Gemini, "/generationConfig/maxOutputTokens"),
    ] {
        let server = serving(Behaviour::default()).await;
        let provider = provider(vendor, &server.url(), PATIENT);
        let mut request = question(vendor);
        request.sampling.output_tokens_max = 0;
        call_by(provider.as_ref(), &request).await;
        let body = server.ledger().book().entries.remove(0).body;
        assert_eq!(body.pointer(place), Some(&json!(1)), "{vendor:?}: {body}");
    }
}

#[tokio::test]
async fn schemas_as_they_are_derived_are_fulfilled() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Review", "type": "object",
        "description": "A review.",
        "properties": {
            "scores": {"description": "The scores.", "$ref": "#/$defs/Scores"},
            "overall_score": {"type": ["number", "null"], "format": "double", "default": null},
            "strengths": {"type": "array", "items": {"type": "string"}, "default": []},
            "pages": {"type": "array", "items": {"type": "integer", "format": "uint16", "minimum": 0, "maximum": 65535}},
            "priority": {"default": "medium", "$ref": "#/$defs/Priority"},
            "table": {"anyOf": [{"$ref": "#/$defs/Scores"}, {"type": "null"}]},
        },
        "required": ["scores"],
        "$defs": {
            "Scores": {"type": "object", "required": ["accuracy"],
                       "properties": {"accuracy": {"type": "number", "format": "double", "description": "True."}}},
            "Priority": {"oneOf": [{"type": "string", "const": "high", "description": "First."},
                                   {"type": "string", "const": "medium", "description": "As it comes."}]},
        },
    });
    for vendor in Vendor::ALL {
        let server = serving(Behaviour::default()).await;
        let provider = provider(vendor, &server.url(), PATIENT);
        let request = Request { schema: schema.clone().into(), ..question(vendor) };
        let outcome = call_by(provider.as_ref(), &request).await;
        let answer: Value = serde_json::from_str(&outcome.response().text).unwrap();
        assert_eq!(answer["scores"]["accuracy"], json!(8.5), "{vendor:?}: {answer}");
    }
}
