use divisi_llm::Request;
use serde_json::{Value, json};

use super::super::settings::{Settings, Structured};
use super::super::tests::settings;
use super::*;
use crate::wire_check::{conversation, request, schema, with_tools};

fn body(request: &Request, change: impl FnOnce(&mut Settings)) -> Value {
    let mut settings = settings("http://h");
    change(&mut settings);
    serde_json::from_slice(&encode(request, &settings).expect("encoded").body).expect("JSON")
}

#[test]
fn a_question_with_the_response_schema() {
    let expected = json!({
        "systemInstruction": {"parts": [{"text": "You answer."}]},
        "contents": [{"role": "user", "parts": [{"text": "What is it?"}]}],
        "generationConfig": {
            "temperature": 0.3,
            "maxOutputTokens": 100,
            "thinkingConfig": {"thinkingBudget": 512},
            "responseMimeType": "application/json",
            "responseSchema": {
                "type": "OBJECT",
                "properties": {
                    "text": {"type": "STRING", "description": "The answer."},
                    "page": {"type": "INTEGER", "nullable": true, "minimum": 0},
                    "level": {"type": "STRING", "enum": ["low", "high"], "description": "How hard."}
                },
                "required": ["text"]
            }
        }
    });
    assert_eq!(body(&request("gemini-2.5-flash"), |_| {}), expected);
}

#[test]
fn thoughts_are_bounded_as_the_model_takes_it() {
    for (model, limit, expected) in [
        ("gemini-2.5-pro", 20_000, json!({"thinkingBudget": 4096})),
        ("gemini-2.5-pro", 6_000, json!({"thinkingBudget": 3000})),
        ("gemini-3.8-flash", 6_000, json!({"thinkingLevel": "low"})),
        ("gemini-2.0-flash", 6_000, Value::Null),
    ] {
        let mut request = request(model);
        request.sampling.output_tokens_max = limit;
        assert_eq!(body(&request, |_| {})["generationConfig"]["thinkingConfig"], expected, "{model}");
    }
}

#[test]
fn a_conversation_with_tools_of_another_model() {
    let seen = body(&conversation("gemini-3-flash", ["toolu_1", "call_2~gemini-3-pro~Sig"]), |_| {});
    assert_eq!(
        seen["tools"],
        json!([{"functionDeclarations": [
            {"name": "search_documents", "description": "Does search_documents.", "parameters":
                {"type": "OBJECT", "properties": {"query": {"type": "STRING"}}, "required": ["query"]}},
            {"name": "mcp_files_read", "description": "Does mcp/files.read."}
        ]}])
    );
    assert_eq!(
        seen["contents"],
        json!([
            {"role": "user", "parts": [{"text": "What is it?"}]},
            {"role": "model", "parts": [
                {"text": "I look."},
                {"functionCall": {"id": "toolu_1", "name": "search_documents", "args": {"query": "x"}},
                 "thoughtSignature": NOT_SIGNED},
                {"functionCall": {"name": "mcp_files_read", "args": {"query": "x"}}}
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "toolu_1", "name": "search_documents", "response": {"output": {"hits": 1}}}},
                {"functionResponse": {"name": "mcp_files_read", "response": {"error": "no such file"}}}
            ]}
        ])
    );
}

#[test]
fn signatures_go_to_the_model_that_made_them() {
    let ids = ["call_1~gemini-3-pro~Sig+/=", "call_2"];
    let rows = [
        ("gemini-3-pro", json!("Sig+/=")),
        ("gemini-3-flash", json!(NOT_SIGNED)),
        ("gemini-2.5-flash", Value::Null),
    ];
    for (model, expected) in rows {
        let parts = &body(&conversation(model, ids), |_| {})["contents"][1]["parts"];
        assert_eq!(parts[1]["thoughtSignature"], expected, "{model}");
        assert_eq!(parts[2].get("thoughtSignature"), None, "{model}");
    }
}

#[test]
fn the_schema_is_asked_for_as_the_model_and_the_settings_let() {
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let rows = [
        ("gemini-2.5-flash", schema(), None, false, "schema"),
        ("gemini-2.5-flash", schema(), None, true, "words"),
        ("gemini-3-pro", schema(), None, true, "schema"),
        ("gemini-2.5-flash", schema(), Some(Structured::Schema), true, "schema"),
        ("smollm2", schema(), None, false, "schema and words"),
        ("smollm2", schema(), None, true, "words"),
        ("gemini-2.5-flash", map, None, false, "JSON schema"),
        ("gemini-3-pro", schema(), Some(Structured::Asked), false, "words"),
        ("gemini-3-pro", Value::Null, None, false, "nothing"),
    ];
    for (model, schema, structured, tools, way) in rows {
        let mut asking = request(model);
        asking.schema = schema.clone().into();
        let asking = if tools { with_tools(asking) } else { asking };
        let seen = body(&asking, |settings| settings.structured = structured);
        let config = &seen["generationConfig"];
        let words = seen["systemInstruction"]["parts"][1]["text"].as_str().unwrap_or_default();
        let is_json = config["responseMimeType"] == json!("application/json");
        let found = match (config.get("responseSchema"), config.get("responseJsonSchema"), words) {
            (Some(_), None, "") if is_json => "schema",
            (Some(_), None, words) if is_json && words.contains(&schema.to_string()) => "schema and words",
            (None, Some(raw), "") if is_json && *raw == schema => "JSON schema",
            (None, None, "") if !is_json => "nothing",
            (None, None, words) if !is_json && words.contains(&schema.to_string()) => "words",
            _ => "a mixture",
        };
        assert_eq!(found, way, "{model} {schema}");
    }
}

#[test]
fn limits_are_sent_as_they_may() {
    let mut odd = request("gemini-2.5-flash");
    odd.system = "".into();
    odd.sampling = divisi_llm::Sampling { temperature_hundredths: 900, output_tokens_max: 0 };
    let seen = body(&odd, |_| {});
    let config = &seen["generationConfig"];
    assert_eq!((&config["temperature"], &config["maxOutputTokens"]), (&json!(2.0), &json!(1)));
    assert_eq!(seen.get("systemInstruction"), None);
}

/// Behind a proxy may be a server that takes one text a turn.
#[test]
fn texts_of_a_turn_are_one() {
    let mut twice = request("gemini-2.5-flash");
    twice.messages.push(divisi_llm::Message::User { text: "Be brief.".to_owned() });
    let seen = body(&twice, |_| {});
    assert_eq!(seen["contents"], json!([{"role": "user", "parts": [{"text": "What is it?\n\nBe brief."}]}]));
}
