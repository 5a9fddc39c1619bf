use divisi_llm::Request;
use serde_json::{Value, json};

use super::super::settings::{Settings, Structured};
use super::super::tests::settings;
use super::*;
use crate::wire_check::{conversation, request, schema, with_tools};

fn body(request: &Request, change: impl FnOnce(&mut Settings)) -> Value {
    let mut settings = settings("http://h");
    change(&mut settings);
    serde_json::from_slice(&encode(request, &settings, Coming::Streamed).expect("encoded").body)
        .expect("JSON")
}

#[test]
fn models_that_think_are_told_to_think_little() {
    for (model, effort) in [
        ("gpt-5-mini", Some("low")),
        ("openai/gpt-6-sol", Some("low")),
        ("gpt-4.1", None),
        ("gpt-5-pro", None),
    ] {
        assert_eq!(body(&request(model), |_| {})["reasoning"]["effort"].as_str(), effort, "{model}");
    }
}

#[test]
fn a_question_with_the_text_format() {
    let expected = json!({
        "model": "gpt-4o-mini",
        "instructions": "You answer.",
        "input": [{"type": "message", "role": "user", "content": "What is it?"}],
        "text": {"format": {"type": "json_schema", "name": "answer", "strict": true, "schema": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "text": {"type": "string", "description": "The answer."},
                "page": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "level": {"$ref": "#/$defs/Level"}
            },
            "required": ["level", "page", "text"],
            "$defs": {"Level": {"type": "string", "enum": ["low", "high"], "description": "low: Easy."}}
        }}},
        "temperature": 0.3,
        "max_output_tokens": 100,
        "store": false,
        "stream": true
    });
    assert_eq!(body(&request("gpt-4o-mini"), |_| {}), expected);
}

#[test]
fn a_conversation_with_tools() {
    let seen = body(&conversation("gpt-5", ["call_a", "x~gemini-3~Sig+/="]), |_| {});
    assert_eq!(
        seen["tools"],
        json!([
            {"type": "function", "name": "search_documents", "description": "Does search_documents.", "strict": false,
             "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}},
            {"type": "function", "name": "mcp_files_read", "description": "Does mcp/files.read.", "strict": false,
             "parameters": {"type": "object", "properties": {}}}
        ])
    );
    assert_eq!(
        seen["input"],
        json!([
            {"type": "message", "role": "user", "content": "What is it?"},
            {"type": "message", "role": "assistant", "content": "I look."},
            {"type": "function_call", "call_id": "call_a", "name": "search_documents", "arguments": "{\"query\":\"x\"}"},
            {"type": "function_call", "call_id": "call_2", "name": "mcp_files_read", "arguments": "{\"query\":\"x\"}"},
            {"type": "function_call_output", "call_id": "call_a", "output": "{\"hits\":1}"},
            {"type": "function_call_output", "call_id": "call_2", "output": "no such file"}
        ])
    );
    assert_eq!((&seen["parallel_tool_calls"], seen.get("temperature")), (&json!(true), None));
}

#[test]
fn the_schema_is_asked_for_as_the_model_and_the_settings_let() {
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let rows = [
        ("gpt-5", schema(), None, "strict format"),
        ("gpt-5", map, None, "format"),
        ("SmolLM2", schema(), None, "strict format, words"),
        ("gpt-5", schema(), Some(Structured::Asked), "words"),
        ("gpt-5", Value::Null, None, ""),
    ];
    for (model, schema, structured, way) in rows {
        let mut asking = with_tools(request(model));
        asking.schema = schema.clone().into();
        let seen = body(&asking, |settings| settings.structured = structured);
        let format = match (seen["text"].is_object(), &seen["text"]["format"]["strict"]) {
            (true, Value::Bool(true)) => "strict format",
            (true, _) => "format",
            _ => "",
        };
        let said = seen["instructions"].as_str().unwrap_or_default();
        let words = if said.contains(&schema.to_string()) { "words" } else { "" };
        let found: Vec<&str> = [format, words].into_iter().filter(|part| !part.is_empty()).collect();
        assert_eq!(found.join(", "), way, "{model} {schema}");
    }
}

#[test]
fn limits_are_sent_as_they_may() {
    let mut odd = request("local");
    odd.system = " ".into();
    odd.schema = Value::Null.into();
    odd.sampling = divisi_llm::Sampling { temperature_hundredths: 900, output_tokens_max: 0 };
    let seen = body(&odd, |_| {});
    assert_eq!((&seen["temperature"], &seen["max_output_tokens"]), (&json!(2.0), &json!(1)));
    assert_eq!(seen.get("tools"), None);
}

/// Behind a proxy may be a server that takes one text a turn.
#[test]
fn texts_of_a_turn_are_one() {
    let mut twice = request("gpt-4.1-mini");
    twice.messages.push(divisi_llm::Message::User { text: "Be brief.".to_owned() });
    let seen = body(&twice, |_| {});
    assert_eq!(
        seen["input"],
        json!([{"type": "message", "role": "user", "content": "What is it?\n\nBe brief."}])
    );
}
