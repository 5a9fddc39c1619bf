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
fn a_question_with_the_output_format() {
    let expected = json!({
        "model": "claude-haiku-4-5",
        "max_tokens": 100,
        "stream": true,
        "temperature": 0.3,
        "output_config": {"format": {"type": "json_schema", "schema": {
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
        "system": [{"type": "text", "text": "You answer.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}]}]
    });
    assert_eq!(body(&request("claude-haiku-4-5"), |_| {}), expected);
}

#[test]
fn models_that_think_by_themselves_are_told_to_think_little() {
    for (model, effort) in
        [("claude-opus-5-5", Some("low")), ("claude-haiku-5-5", None), ("claude-opus-4-8", None)]
    {
        let config = body(&request(model), |_| {})["output_config"].take();
        assert_eq!(config["effort"].as_str(), effort, "{model}");
        assert_eq!(config["format"]["type"], "json_schema", "{model}");
    }
}

#[test]
fn a_conversation_with_tools() {
    let seen = body(&conversation("claude-haiku-4-5", ["toolu_1", "x~gemini-3~Sig+/="]), |_| {});
    assert_eq!(
        seen["tools"],
        json!([
            {"name": "search_documents", "description": "Does search_documents.", "input_schema":
                {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}},
            {"name": "mcp_files_read", "description": "Does mcp/files.read.", "input_schema": {"type": "object"}}
        ])
    );
    assert_eq!(
        seen["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "What is it?"}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "search_documents", "input": {"query": "x"}},
                {"type": "tool_use", "id": "call_2", "name": "mcp_files_read", "input": {"query": "x"}}
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "{\"hits\":1}", "is_error": false},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "no such file", "is_error": true}
            ]}
        ])
    );
    assert_eq!(seen.get("tool_choice"), None);
}

#[test]
fn the_schema_is_asked_for_as_the_model_and_the_settings_let() {
    let forced = json!({"type": "tool", "name": ANSWER_TOOL, "disable_parallel_tool_use": true});
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let recursive = json!({"type": "object", "properties": {"it": {"$ref": "#/$defs/A"}}, "$defs":
        {"A": {"type": "object", "properties": {"more": {"type": "array", "items": {"$ref": "#/$defs/A"}}}}}});
    let asked = Some(Structured::Asked);
    let rows = [
        ("claude-opus-4-7", schema(), None, false, "format", Value::Null),
        ("claude-haiku-4-5", map, None, false, "tool", forced.clone()),
        ("claude-haiku-4-5", recursive, None, false, "tool", forced.clone()),
        ("claude-3-5-haiku-latest", schema(), None, false, "tool", forced),
        ("claude-3-5-haiku-latest", schema(), None, true, "tool", json!({"type": "any"})),
        ("SmolLM2", schema(), None, true, "words", Value::Null),
        ("claude-opus-4-7", schema(), asked, false, "words", Value::Null),
        ("claude-opus-4-7", json!({"anyOf": []}), None, false, "words", Value::Null),
        ("claude-opus-4-7", Value::Null, None, false, "nothing", Value::Null),
    ];
    for (model, schema, structured, tools, way, choice) in rows {
        let mut asking = request(model);
        asking.schema = schema.clone().into();
        let asking = if tools { with_tools(asking) } else { asking };
        let seen = body(&asking, |settings| settings.structured = structured);
        let names: Vec<_> =
            seen["tools"].as_array().into_iter().flatten().map(|tool| &tool["name"]).collect();
        let words = seen["system"][1]["text"].as_str().unwrap_or_default();
        let found = match (seen["output_config"].is_object(), names.contains(&&json!(ANSWER_TOOL)), words) {
            (true, false, "") => "format",
            (false, true, "") => "tool",
            (false, false, "") => "nothing",
            (false, false, words) if words.contains(&schema.to_string()) => "words",
            _ => "a mixture",
        };
        assert_eq!((found, &seen["tool_choice"]), (way, &choice), "{model} {schema}");
    }
}

/// Behind a proxy may be a server that takes texts alone, and no parts of them.
#[test]
fn without_a_cache_what_is_one_text_is_sent_as_one() {
    let bare = |settings: &mut Settings| {
        settings.prompt_cache = false;
        settings.structured = Some(Structured::Asked);
    };
    let seen = body(&conversation("claude-haiku-4-5", ["a", "b"]), bare);
    let system = seen["system"].as_str().unwrap();
    assert!(system.starts_with("You answer.\n\n") && system.contains("JSON schema"), "{system}");
    let messages = seen["messages"].as_array().unwrap();
    let kinds: Vec<_> =
        messages.iter().map(|one| (one["content"].is_string(), one["role"].as_str())).collect();
    assert_eq!(
        kinds,
        [(true, Some("user")), (false, Some("assistant")), (false, Some("user"))],
        "{messages:?}"
    );
    assert_eq!(messages[0]["content"], "What is it?");
    let mut twice = request("claude-haiku-4-5");
    twice.messages.push(divisi_llm::Message::User { text: "Be brief.".to_owned() });
    assert_eq!(body(&twice, bare)["messages"][0]["content"], "What is it?\n\nBe brief.");
    let marked = body(&twice, |_| {});
    assert_eq!(
        marked["messages"][0]["content"].as_array().map(Vec::len),
        Some(2),
        "a cache wants blocks: {marked}"
    );
    assert!(marked["system"].is_array() && marked["messages"][0]["content"].is_array(), "{marked}");
}

#[test]
fn temperature_cache_and_limits_are_sent_as_they_may() {
    let plain = body(&request("claude-opus-5"), |settings| settings.prompt_cache = false);
    assert_eq!((plain.get("temperature"), &plain["system"]), (None, &json!("You answer.")));
    let mut odd = with_tools(request("claude-haiku-4-5"));
    odd.system = " ".into();
    odd.sampling = divisi_llm::Sampling { temperature_hundredths: 170, output_tokens_max: 0 };
    let seen = body(&odd, |_| {});
    assert_eq!(
        (&seen["temperature"], &seen["max_tokens"], seen.get("system")),
        (&json!(1.0), &json!(1), None)
    );
    assert_eq!(seen["tools"][1]["cache_control"], json!({"type": "ephemeral"}));
}

#[test]
fn the_same_request_is_the_same_body() {
    let request = conversation("claude-haiku-4-5", ["a", "b"]);
    assert_eq!(body(&request, |_| {}), body(&request.clone(), |_| {}));
}
