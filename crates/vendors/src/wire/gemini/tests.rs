//! Requests that are refused, and answers as they stand on the wire.

use serde_json::{Value, json};

use super::*;
use crate::answer::{Answer, Finish, Usage};
use crate::wire::Told;

const PATH: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
const PATH_3: &str = "/v1beta/models/gemini-3-pro:generateContent";

fn request(change: &Value) -> Value {
    let mut body = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn what_the_vendor_refuses_is_refused_and_nothing_else() {
    let user = json!({"role": "user", "parts": [{"text": "hi"}]});
    let call = json!({"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "f", "args": {}}}]});
    let answer = json!({"functionResponse": {"name": "f", "response": {"r": 1}}});
    let both = json!({"role": "user", "parts": [answer, answer]});
    let one = json!({"role": "user", "parts": [answer]});
    let other = json!({"functionResponse": {"name": "g", "response": {}}});
    let tools =
        json!([{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}]);
    let declared = |declaration: Value| json!({"tools": [{"functionDeclarations": [declaration]}]});
    let json_mode = json!({"responseMimeType": "application/json"});
    for (change, refused) in [
        (json!({}), None),
        (json!({"systemInstruction": {"parts": [{"text": "s"}]}}), None),
        (json!({"contents": [user, call, both]}), None),
        (json!({"contents": []}), Some("contents is not specified")),
        (json!({"contents": [{"role": "user", "parts": []}]}), Some("must not be empty")),
        (json!({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}), Some("assistant")),
        (json!({"contents": [call]}), Some("immediately after a user turn")),
        (json!({"contents": [user, call, one]}), Some("equal to the number of function call parts")),
        (json!({"contents": [user, call]}), Some("equal to the number of function call parts")),
        (
            json!({"contents": [user, call, {"role": "user", "parts": [answer, other]}]}),
            Some("immediately after a function call turn"),
        ),
        (
            json!({"contents": [user, {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": "text"}}]}]}),
            Some("expected a map"),
        ),
        (json!({"generation_config": {"max_output_tokens": 5}}), None),
        (json!({"generation": {}}), Some("generation")),
        (json!({"generationConfig": {"maxTokens": 1}}), Some("maxTokens")),
        (json!({"generationConfig": {"maxOutputTokens": 0}}), Some("maxOutputTokens")),
        (json!({"generationConfig": {"temperature": 3}}), Some("temperature")),
        (
            json!({"generationConfig": {"responseJsonSchema": {}}}),
            Some("only supported with response_mime_type"),
        ),
        (
            json!({"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {"$schema": "x"}}}),
            Some("\"$schema\""),
        ),
        (
            json!({"generationConfig": {"responseMimeType": "application/json", "responseSchema": {"$ref": "x"}}}),
            Some("\"$ref\""),
        ),
        (json!({"generationConfig": json_mode, "tools": tools}), Some("is unsupported")),
        (
            declared(json!({"name": "f", "parameters": {"type": "object", "additionalProperties": false}})),
            Some("\"additionalProperties\""),
        ),
        (declared(json!({"name": "1f"})), Some("Invalid function name")),
        (
            json!({"tools": tools, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}}),
            None,
        ),
        (
            json!({"tools": tools, "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]}}}),
            Some("not declared"),
        ),
    ] {
        match (read(PATH, &request(&change)), refused) {
            (Ok(ask), None) => assert!(ask.stream && ask.model == "gemini-2.5-flash"),
            (Err(bad), Some(part)) => assert!(bad.message.contains(part), "{change}: {}", bad.message),
            (read, refused) => panic!("{change}: {read:?}, expected {refused:?}"),
        }
    }
}

#[test]
fn newer_models_want_their_signature_back_and_take_tools_with_json() {
    let turns = |part: Value| {
        let answer = json!({"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]});
        request(
            &json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": [part]}, answer],
                       "tools": [{"functionDeclarations": [{"name": "f"}]}], "generationConfig": {"responseMimeType": "application/json"}}),
        )
    };
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let mut signed = call.clone();
    signed["thoughtSignature"] = json!("c2ln");
    assert!(read(PATH_3, &turns(call)).unwrap_err().message.contains("thought_signature"));
    assert!(!read(PATH_3, &turns(signed)).unwrap().stream);
}

#[test]
fn a_stream_says_the_same_as_a_whole_answer() {
    let answer = Answer { text: "grüße".into(), ..Answer::calls([("f", json!({"a": "ü"}))]) };
    let usage = Usage { input: 7, output: 5, cached: 2, reasoning: 1, written: 0 };
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
    let (mut text, mut calls, mut last) = (String::new(), Vec::new(), Value::Null);
    for frame in frames(&told) {
        let line = String::from_utf8(frame.bytes).unwrap();
        last = serde_json::from_str(line.strip_prefix("data: ").unwrap().strip_suffix("\r\n\r\n").unwrap())
            .unwrap();
        for part in last["candidates"][0]["content"]["parts"].as_array().unwrap() {
            text.push_str(part["text"].as_str().unwrap_or_default());
            calls.extend(part.get("functionCall").cloned());
        }
    }
    let whole = whole(&told);
    let parts = &whole["candidates"][0]["content"]["parts"];
    assert_eq!((&parts[0]["text"], &parts[1]["functionCall"]), (&json!(text), &calls[0]));
    assert_eq!(
        (&last["usageMetadata"], &last["candidates"][0]["finishReason"]),
        (&whole["usageMetadata"], &json!("STOP"))
    );
    assert_eq!(whole["usageMetadata"]["candidatesTokenCount"], json!(4));
}
