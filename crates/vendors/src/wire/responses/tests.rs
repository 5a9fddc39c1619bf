//! Requests that are refused, and answers as they stand on the wire.

use serde_json::{Value, json};

use super::*;
use crate::answer::{Answer, Finish, Usage};
use crate::wire::Told;

fn request(change: &Value) -> Value {
    let mut body = json!({"model": "gpt-4.1-mini", "input": [{"role": "user", "content": "hi"}]});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn call(id: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
}

fn output(id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": "r"})
}

#[test]
fn what_the_vendor_refuses_is_refused_and_nothing_else() {
    let user = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]});
    let said =
        json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]});
    let strict = |schema: Value| json!({"format": {"type": "json_schema", "name": "a", "schema": schema, "strict": true}});
    for (change, refused) in [
        (json!({}), None),
        (json!({"input": "hi"}), None),
        (json!({"input": [user, said, call("a"), call("b"), output("b"), output("a"), user]}), None),
        (json!({"input": []}), Some("empty array")),
        (json!({"input": [user, call("a")]}), Some("No tool output found for function call a.")),
        (
            json!({"input": [user, output("a")]}),
            Some("No tool call found for function call output with call_id a."),
        ),
        (
            json!({"input": [{"type": "message", "role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]}),
            Some("'output_text'"),
        ),
        (
            json!({"input": [{"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]}]}),
            Some("'input_text'"),
        ),
        (json!({"input": [{"role": "tool", "content": "x"}]}), Some("tool")),
        (json!({"max_output_tokens": 8}), Some("Expected a value >= 16")),
        (json!({"max_output_tokens": 16}), None),
        (json!({"max_tokens": 16}), Some("Unknown parameter: 'max_tokens'")),
        (json!({"messages": []}), Some("Unknown parameter: 'messages'")),
        (json!({"tools": [{"type": "function", "function": {"name": "f"}}]}), Some("function")),
        (
            json!({"tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": false}]}),
            None,
        ),
        (
            json!({"tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": true}]}),
            Some("Invalid schema for function 'f'"),
        ),
        (
            json!({"text": strict(json!({"type": "object", "properties": {}, "additionalProperties": false, "required": []}))}),
            None,
        ),
        (json!({"text": strict(json!({"type": "object"}))}), Some("Invalid schema for response_format 'a'")),
        (json!({"text": {"format": {"type": "json_object"}}}), Some("must contain the word 'json'")),
    ] {
        match (read(&request(&change), false), refused) {
            (Ok(_), None) => {}
            (Err(bad), Some(part)) => assert!(bad.message.contains(part), "{change}: {}", bad.message),
            (read, refused) => panic!("{change}: {read:?}, expected {refused:?}"),
        }
    }
}

fn told(answer: &Answer, finish: Finish) -> Told<'_> {
    let usage = Usage { input: 7, output: 3, cached: 2, reasoning: 1, written: 0 };
    Told {
        number: 4,
        created_s: 1,
        model: "m",
        answer,
        usage: Some(usage),
        finish: Some(finish),
        stream_usage: true,
        repeat_names: false,
        delta_chars: 2,
    }
}

#[test]
fn a_stream_ends_with_the_whole_answer_and_numbers_its_events() {
    let answer = Answer { text: "grüße".into(), ..Answer::calls([("f", json!({"a": 1}))]) };
    let told = told(&answer, Finish::ToolCalls);
    let events: Vec<Value> = frames(&told)
        .into_iter()
        .map(|frame| {
            let text = String::from_utf8(frame.bytes).unwrap();
            let (name, data) = text.trim().split_once("\ndata: ").unwrap();
            let event: Value = serde_json::from_str(data).unwrap();
            assert_eq!(name, format!("event: {}", event["type"].as_str().unwrap()));
            event
        })
        .collect();
    assert_eq!(events.last().unwrap()["response"], whole(&told));
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..).take(events.len()).collect::<Vec<_>>());
    let deltas = |kind: &str| -> String {
        events
            .iter()
            .filter(|event| event["type"] == kind)
            .map(|event| event["delta"].as_str().unwrap())
            .collect()
    };
    assert_eq!(deltas("response.output_text.delta"), "grüße");
    assert_eq!(deltas("response.function_call_arguments.delta"), r#"{"a":1}"#);
}

#[test]
fn a_cut_answer_says_why_it_is_incomplete() {
    let answer = Answer::text("a");
    for (finish, status, reason) in [
        (Finish::Stop, "completed", Value::Null),
        (Finish::Length, "incomplete", json!({"reason": "max_output_tokens"})),
        (Finish::Filtered, "incomplete", json!({"reason": "content_filter"})),
    ] {
        let body = whole(&told(&answer, finish));
        assert_eq!((&body["status"], &body["incomplete_details"]), (&json!(status), &reason));
    }
}
