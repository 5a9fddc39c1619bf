//! The brain answers validly whatever schema it is given, and does a task's steps as a manager would.

use serde_json::{Value, json};

use super::*;

const TYPES: &str =
    r#"[{"name": "reader", "capabilities": ["a"]}, {"name": "writer", "capabilities": ["b"]}]"#;
const PASSAGE: &str =
    r#"{"source": "D1", "file": "a.txt", "start": 0, "end": 5, "line": 1, "line_end": 1, "quote": "hello"}"#;

fn object(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn strings() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn claims() -> Value {
    let citation = object(
        &json!({"source": {"type": "string"}, "file": {"type": "string"}, "start": {"type": "integer"},
                                 "end": {"type": "integer"}, "page": {"type": ["integer", "null"]}, "quote": {"type": "string"}}),
    );
    json!({"type": "array", "items": object(&json!({"text": {"type": "string"}, "citations": {"type": "array", "items": citation}}))})
}

/// Shortened schemas of the purposes, and where in the answer what must be there stands.
fn purposes() -> Vec<(Value, &'static str, Value)> {
    let text = || json!({"type": "string"});
    let number = || json!({"type": "number", "minimum": 0, "maximum": 10});
    let specialist = object(&json!({"type": text(), "relevance": {"type": "number"}}));
    let subtask = object(
        &json!({"id": text(), "assigned_specialist": text(), "dependencies": strings(), "priority": {"enum": ["high", "medium"]}}),
    );
    let scores = object(
        &json!({"completeness": number(), "accuracy": number(), "relevance": number(), "quality": number()}),
    );
    let topic = object(&json!({"topic": text(), "key_points": claims(), "confidence": number()}));
    vec![
        (object(&json!({"required_capabilities": strings(), "domain": text()})), "/domain", json!("general")),
        (
            object(&json!({"specialists": {"type": "array", "items": specialist}})),
            "/specialists/1/type",
            json!("writer"),
        ),
        (
            object(&json!({"subtasks": {"type": "array", "items": subtask}})),
            "/subtasks/2/assigned_specialist",
            json!("reader"),
        ),
        (
            object(&json!({"summary": text(), "claims": claims(), "confidence": number()})),
            "/claims/0/citations/0/quote",
            json!("hello"),
        ),
        (object(&json!({"scores": scores})), "/scores/accuracy", json!(8.5)),
        (
            object(&json!({"structured_findings": {"type": "array", "items": topic}})),
            "/structured_findings/0/key_points/0/text",
            json!("hello"),
        ),
        (
            object(&json!({"answer": claims(), "executive_summary": text()})),
            "/answer/0/citations/0/source",
            json!("D1"),
        ),
        (object(&json!({"approved": {"type": "boolean"}, "feedback": text()})), "/approved", json!(true)),
        (object(&json!({"anything": {"type": "integer"}})), "/anything", json!(0)),
    ]
}

fn ask(schema: Option<Value>) -> Ask {
    Ask { texts: vec![TYPES.into(), PASSAGE.into()], schema, ..Ask::default() }
}

#[test]
fn every_purpose_gets_a_valid_answer_of_its_kind() {
    for (schema, place, expected) in purposes() {
        let said = answer(&ask(Some(schema.clone())), &Behaviour::default());
        let value: Value = serde_json::from_str(&said.text).unwrap();
        let errors: Vec<String> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{schema}: {errors:?}: {value}");
        assert_eq!(value.pointer(place), Some(&expected), "{place} in {value}");
    }
}

#[test]
fn a_schema_may_stand_in_the_words_or_be_a_forced_tool() {
    let schema = object(&json!({"approved": {"type": "boolean"}}));
    let mut words = ask(None);
    words.texts.push(format!("Answer as this schema says:\n{schema}"));
    assert_eq!(answer(&words, &Behaviour::default()).text, r#"{"approved":true}"#);
    let tools = vec![Offer { name: "answer".into(), schema }];
    let forced = Ask { tools, choice: Choice::Named("answer".into()), ..ask(None) };
    assert_eq!(answer(&forced, &Behaviour::default()).tool_calls[0].arguments, json!({"approved": true}));
}

#[test]
fn tools_are_called_first_and_then_no_more() {
    let offer = |name: &str| {
        let schema =
            json!({"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]});
        Offer { name: name.to_owned(), schema }
    };
    let tools = vec![offer("read_span"), offer("list_documents"), offer("search_documents")];
    let first = Ask { tools, ..ask(Some(object(&json!({"summary": {"type": "string"}})))) };
    let names = |ask: &Ask, behaviour: &Behaviour| -> Vec<String> {
        answer(ask, behaviour).tool_calls.into_iter().map(|call| call.name).collect()
    };
    assert_eq!(names(&first, &Behaviour::default()), ["search_documents"]);
    let parallel = Behaviour { parallel_calls: true, ..Behaviour::default() };
    assert_eq!(names(&first, &parallel), ["search_documents", "list_documents"]);
    let none = Ask { choice: Choice::None, ..first.clone() };
    assert_eq!(names(&none, &Behaviour::default()), [""; 0]);
    let second = Ask { results: vec!["{}".into()], ..first };
    assert_eq!(names(&second, &Behaviour::default()), [""; 0]);
    assert!(answer(&second, &Behaviour::default()).text.starts_with('{'));
}
