//! Requests that are refused, and answers as they stand on the wire.

use serde_json::{Value, json};

use super::*;
use crate::answer::{Answer, Finish, Usage};
use crate::wire::Told;

fn request(change: &Value) -> Value {
    let mut body = json!({"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn call(ids: &[&str]) -> Value {
    let blocks: Vec<Value> =
        ids.iter().map(|id| json!({"type": "tool_use", "id": id, "name": "f", "input": {}})).collect();
    json!({"role": "assistant", "content": blocks})
}

fn results(ids: &[&str]) -> Value {
    let blocks: Vec<Value> =
        ids.iter().map(|id| json!({"type": "tool_result", "tool_use_id": id, "content": "r"})).collect();
    json!({"role": "user", "content": blocks})
}

#[test]
fn what_the_vendor_refuses_is_refused_and_nothing_else() {
    let user = json!({"role": "user", "content": "hi"});
    let said = json!({"role": "assistant", "content": [{"type": "text", "text": "hi"}]});
    let late = json!({"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "tool_result", "tool_use_id": "a"}]});
    let tool = json!({"name": "f", "input_schema": {"type": "object"}});
    let strict = json!({"name": "f", "input_schema": {"type": "object"}, "strict": true});
    let format = |schema: Value| json!({"format": {"type": "json_schema", "schema": schema}});
    for (change, refused) in [
        (json!({}), None),
        (json!({"system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]}), None),
        (json!({"messages": [user, said, user, user]}), None),
        (json!({"messages": [user, call(&["a", "b"]), results(&["b", "a"])]}), None),
        (json!({"messages": []}), Some("at least one message")),
        (json!({"messages": [said]}), Some("first message must use")),
        (json!({"messages": [{"role": "system", "content": "x"}]}), Some("system")),
        (json!({"messages": [{"role": "user", "content": " "}]}), Some("non-empty")),
        (json!({"messages": [user, {"role": "assistant", "content": []}, user]}), Some("non-empty content")),
        (
            json!({"messages": [user, call(&["a"]), user]}),
            Some("without `tool_result` blocks immediately after: a"),
        ),
        (json!({"messages": [user, call(&["a", "b"]), results(&["a"])]}), Some("immediately after: b")),
        (json!({"messages": [user, call(&["a"])]}), Some("immediately after: a")),
        (json!({"messages": [user, results(&["a"])]}), Some("unexpected `tool_use_id`")),
        (json!({"messages": [user, call(&["a"]), late]}), Some("must come before other content")),
        (json!({"messages": [results(&[]), user]}), Some("non-empty content")),
        (json!({"max_tokens": 0}), Some("max_tokens")),
        (json!({"max_completion_tokens": 1}), Some("Unknown parameter")),
        (json!({"temperature": 1.5}), Some("temperature")),
        (json!({"temperature": 0.3}), None),
        (json!({"temperature": 0.3, "model": "claude-opus-5-5"}), Some("deprecated for this model")),
        (
            json!({"temperature": 0.3, "thinking": {"type": "enabled", "budget_tokens": 50}}),
            Some("may only be set to 1"),
        ),
        (json!({"thinking": {"type": "enabled", "budget_tokens": 100}}), Some("must be greater than")),
        (json!({"tools": [tool], "tool_choice": {"type": "tool", "name": "f"}}), None),
        (
            json!({"tools": [tool], "tool_choice": {"type": "tool", "name": "g"}}),
            Some("not found in provided tools"),
        ),
        (json!({"tools": [tool, tool]}), Some("unique")),
        (json!({"tools": [strict]}), Some("additionalProperties")),
        (json!({"tools": [{"name": "f", "input_schema": {}}]}), Some("input_schema.type")),
        (json!({"tool_choice": {"type": "auto"}}), Some("while providing `tools`")),
        (json!({"output_config": format(json!({"type": "object", "additionalProperties": false}))}), None),
        (json!({"output_config": format(json!({"type": "object"}))}), Some("additionalProperties")),
    ] {
        match (read(&request(&change)), refused) {
            (Ok(_), None) => {}
            (Err(bad), Some(part)) => assert!(bad.message.contains(part), "{change}: {}", bad.message),
            (read, refused) => panic!("{change}: {read:?}, expected {refused:?}"),
        }
    }
}

#[test]
fn a_stream_says_the_same_as_a_whole_answer() {
    let answer =
        Answer { text: "grüße".into(), ..Answer::calls([("f", json!({"a": "ü"})), ("g", json!({}))]) };
    let usage = Usage { input: 7, output: 3, cached: 2, reasoning: 0, written: 0 };
    let told = Told {
        number: 4,
        created_s: 1,
        model: "m",
        answer: &answer,
        usage: Some(usage),
        finish: Some(Finish::ToolCalls),
        stream_usage: true,
        repeat_names: false,
        delta_chars: 2,
    };
    let mut blocks: Vec<(Value, String)> = Vec::new();
    let mut ended = Value::Null;
    for frame in frames(&told) {
        let text = String::from_utf8(frame.bytes).unwrap();
        let event: Value = serde_json::from_str(text.split_once("data: ").unwrap().1.trim()).unwrap();
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(event["index"], json!(blocks.len()));
                blocks.push((event["content_block"].clone(), String::new()));
            }
            "content_block_delta" => {
                let delta = &event["delta"];
                let piece = delta["text"].as_str().or_else(|| delta["partial_json"].as_str()).unwrap();
                blocks.last_mut().unwrap().1.push_str(piece);
            }
            "message_delta" => ended = event,
            _ => {}
        }
    }
    for (block, said) in &mut blocks {
        match block["type"].as_str().unwrap() {
            "text" => block["text"] = json!(said),
            _ => block["input"] = serde_json::from_str(said).unwrap(),
        }
    }
    let whole = whole(&told);
    assert_eq!(whole["content"], Value::Array(blocks.into_iter().map(|(block, _)| block).collect()));
    assert_eq!((&whole["stop_reason"], &whole["usage"]), (&ended["delta"]["stop_reason"], &ended["usage"]));
    assert_eq!(
        (whole["usage"]["input_tokens"].as_u64(), whole["usage"]["cache_read_input_tokens"].as_u64()),
        (Some(5), Some(2))
    );
}
