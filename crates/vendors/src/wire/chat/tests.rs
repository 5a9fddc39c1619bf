//! Requests that are refused, and answers as they stand on the wire.

use serde_json::{Value, json};

use super::*;
use crate::answer::{Answer, Finish, Usage};
use crate::wire::Told;

/// The request with these fields changed; a null takes one away.
fn request(change: &Value) -> Value {
    let mut body = json!({"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        }
    }
    body
}

fn call(id: &str) -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}}]})
}

fn result(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": "r"})
}

fn tool(strict: bool) -> Value {
    json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}, "strict": strict}})
}

#[test]
fn what_the_vendor_refuses_is_refused_and_nothing_else() {
    let user = json!({"role": "user", "content": "hi"});
    let open_schema = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": true}});
    let loose = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}});
    for (change, refused) in [
        (json!({}), None),
        (
            json!({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}]}),
            None,
        ),
        (json!({"messages": [user, call("a"), result("a"), user]}), None),
        (json!({"messages": []}), Some("empty array")),
        (json!({"messages": null}), Some("messages")),
        (json!({"model": null}), Some("model")),
        (json!({"messages": [{"role": "robot", "content": "x"}]}), Some("robot")),
        (json!({"messages": [user, call("a")]}), Some("did not have response messages: a")),
        (json!({"messages": [user, call("a"), user]}), Some("did not have response messages: a")),
        (json!({"messages": [user, call("a"), result("b")]}), Some("must be a response to a preceding")),
        (json!({"messages": [user, result("a")]}), Some("must be a response to a preceding")),
        (json!({"messages": [user, {"role": "assistant", "content": null}]}), Some("got null")),
        (json!({"max_tokens": 5}), None),
        (json!({"max_completion_tokens": 5}), None),
        (json!({"max_tokens": 5, "max_completion_tokens": 5}), Some("at the same time")),
        (json!({"max_tokens": 0}), Some("below minimum")),
        (json!({"model": "gpt-5-mini", "max_tokens": 5}), Some("Use 'max_completion_tokens'")),
        (json!({"model": "o3", "temperature": 0.2}), Some("'temperature' does not support 0.2")),
        (json!({"model": "gpt-5-mini", "max_completion_tokens": 5, "temperature": 1}), None),
        (json!({"temperature": 2.5}), Some("temperature")),
        (json!({"max_output_tokens": 5}), Some("Unknown parameter: 'max_output_tokens'")),
        (json!({"stream_options": {"include_usage": true}}), Some("only allowed when 'stream'")),
        (json!({"stream": true, "stream_options": {"include_usage": true}}), None),
        (json!({"tools": [tool(false)]}), None),
        (json!({"tools": [tool(true)]}), Some("Invalid schema for function 'f'")),
        (json!({"tools": []}), Some("Invalid 'tools'")),
        (
            json!({"tools": [{"type": "function", "function": {"name": "no spaces"}}]}),
            Some("does not match pattern"),
        ),
        (json!({"tool_choice": "auto"}), Some("only allowed when 'tools'")),
        (
            json!({"tools": [tool(false)], "tool_choice": {"type": "function", "function": {"name": "g"}}}),
            Some("not found"),
        ),
        (json!({"response_format": loose}), None),
        (json!({"response_format": open_schema}), Some("Invalid schema for response_format 'a'")),
        (json!({"response_format": {"type": "json_object"}}), Some("must contain the word 'json'")),
        (json!({"response_format": {"type": "json_object", "schema": {}}}), Some("response_format.schema")),
    ] {
        let read = read(&request(&change), false);
        match (read, refused) {
            (Ok(_), None) => {}
            (Err(bad), Some(part)) => assert!(bad.message.contains(part), "{change}: {}", bad.message),
            (read, refused) => panic!("{change}: {read:?}, expected {refused:?}"),
        }
    }
}

#[test]
fn a_local_server_takes_a_schema_beside_json_object() {
    let body = request(
        &json!({"response_format": {"type": "json_object", "schema": {"type": "object"}}, "top_k": 3}),
    );
    assert_eq!(read(&body, true).unwrap().schema, Some(json!({"type": "object"})));
}

#[test]
fn what_is_asked_is_understood() {
    let body = request(&json!({
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}, call("a"), result("a")],
        "stream": true, "stream_options": {"include_usage": true}, "max_tokens": 9, "tools": [tool(false)],
        "tool_choice": "required",
    }));
    let ask = read(&body, false).unwrap();
    assert_eq!(
        (ask.system.as_str(), &ask.texts[0], &ask.results[0]),
        ("s", &"hi".to_owned(), &"r".to_owned())
    );
    assert!(ask.stream && ask.stream_usage);
    assert_eq!(
        (ask.output_tokens_max, ask.tools.len(), ask.choice),
        (Some(9), 1, crate::ask::Choice::Required)
    );
}

#[test]
fn a_stream_says_the_same_as_a_whole_answer() {
    let answer = Answer { text: "grüße".into(), ..Answer::calls([("f", json!({"a": "ü"}))]) };
    let usage = Usage { input: 7, output: 3, cached: 2, reasoning: 1, written: 0 };
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
    let whole = whole(&told);
    let (mut text, mut arguments, mut finish, mut counted) =
        (String::new(), String::new(), Value::Null, Value::Null);
    for frame in frames(&told) {
        let line = String::from_utf8(frame.bytes).unwrap();
        let Ok(chunk) = serde_json::from_str::<Value>(line.trim().strip_prefix("data: ").unwrap()) else {
            continue;
        };
        let choice = &chunk["choices"][0];
        text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        arguments
            .push_str(choice["delta"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap_or_default());
        if !choice["finish_reason"].is_null() {
            finish = choice["finish_reason"].clone();
        }
        if !chunk["usage"].is_null() {
            counted = chunk["usage"].clone();
        }
    }
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], json!(text));
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], json!(arguments));
    assert_eq!((&whole["choices"][0]["finish_reason"], &whole["usage"]), (&finish, &counted));
}
