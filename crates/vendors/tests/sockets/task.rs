//! The brain over each wire: tools first, then an answer that fulfils the schema.

use divisi_vendors::{Behaviour, Server, Vendor};
use serde_json::{Value, json};

use crate::client::{post, question};

fn schema() -> Value {
    json!({"type": "object", "additionalProperties": false, "required": ["scores"], "properties": {"scores": {
        "type": "object", "additionalProperties": false, "required": ["completeness", "accuracy"],
        "properties": {"completeness": {"type": "number"}, "accuracy": {"type": "number"}},
    }}})
}

/// The question with our schema in the place that the wire has for it.
fn with_schema(vendor: Vendor) -> (String, Value) {
    let (path, mut body) = question(vendor, false);
    match vendor {
        Vendor::Chat => {
            let named = json!({"name": "review", "schema": schema(), "strict": true});
            body["response_format"] = json!({"type": "json_schema", "json_schema": named});
        }
        Vendor::Responses => {
            body["text"] = json!({"format": {"type": "json_schema", "name": "review", "schema": schema(), "strict": true}});
        }
        Vendor::Messages => {
            body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema()}});
        }
        Vendor::Gemini => {
            body["generationConfig"]["responseMimeType"] = json!("application/json");
            body["generationConfig"]["responseJsonSchema"] = schema();
        }
    }
    (path, body)
}

/// The question with a tool on offer.
fn with_tool(vendor: Vendor) -> (String, Value) {
    let (path, mut body) = question(vendor, false);
    let schema =
        json!({"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]});
    let name = "search_documents";
    body["tools"] = match vendor {
        Vendor::Chat => json!([{"type": "function", "function": {"name": name, "parameters": schema}}]),
        Vendor::Responses => {
            json!([{"type": "function", "name": name, "parameters": schema, "strict": false}])
        }
        Vendor::Messages => json!([{"name": name, "input_schema": schema}]),
        Vendor::Gemini => json!([{"functionDeclarations": [{"name": name, "parametersJsonSchema": schema}]}]),
    };
    (path, body)
}

/// The text of a whole answer.
fn text(vendor: Vendor, answer: &Value) -> String {
    let place = match vendor {
        Vendor::Chat => "/choices/0/message/content",
        Vendor::Responses => "/output/0/content/0/text",
        Vendor::Messages => "/content/0/text",
        Vendor::Gemini => "/candidates/0/content/parts/0/text",
    };
    answer.pointer(place).and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_schema_in_any_vendors_place_is_fulfilled() {
    for vendor in Vendor::ALL {
        let server = Server::start(Behaviour::default()).await.unwrap();
        let (path, body) = with_schema(vendor);
        let said = text(vendor, &post(&server, &path, &body).await.json());
        assert_eq!(
            serde_json::from_str::<Value>(&said).unwrap(),
            json!({"scores": {"completeness": 8.5, "accuracy": 8.5}})
        );
    }
}

#[tokio::test]
async fn an_override_reaches_the_answer() {
    let overrides = [("accuracy".to_owned(), json!(2.0))].into();
    let server = Server::start(Behaviour { overrides, ..Behaviour::default() }).await.unwrap();
    let (path, body) = with_schema(Vendor::Messages);
    assert!(text(Vendor::Messages, &post(&server, &path, &body).await.json()).contains("\"accuracy\":2.0"));
}

#[tokio::test]
async fn a_tool_on_offer_is_called_in_the_vendors_shape() {
    for (vendor, place) in [
        (Vendor::Chat, "/choices/0/message/tool_calls/0/function/name"),
        (Vendor::Responses, "/output/0/name"),
        (Vendor::Messages, "/content/0/name"),
        (Vendor::Gemini, "/candidates/0/content/parts/0/functionCall/name"),
    ] {
        let server = Server::start(Behaviour::default()).await.unwrap();
        let (path, body) = with_tool(vendor);
        let answer = post(&server, &path, &body).await.json();
        assert_eq!(answer.pointer(place), Some(&json!("search_documents")), "{vendor:?}: {answer}");
    }
}
