//! Requests as they leave, written down by the server: each has a golden file, which the strict server answers here and
//! which the vendors' own typed models check (`scripts/sdk/test_requests.py`).

use std::path::{Path, PathBuf};

use divisi_domain::name::Name;
use divisi_llm::{Message, Request, ToolCall};
use divisi_vendors::{Answer, Behaviour, Vendor};
use serde_json::{Value, json};

use crate::harness::{PATIENT, call_by, openai, provider, question, serving, with_tool};

/// Models that take requests of different shapes.
fn models(vendor: Vendor) -> &'static [&'static str] {
    match vendor {
        Vendor::Chat => &["some-model", "gpt-4.1-mini", "gpt-5-mini"],
        Vendor::Responses => &["gpt-4.1-mini", "gpt-5-mini"],
        Vendor::Messages => &["claude-3-5-haiku-latest", "claude-haiku-4-5", "claude-opus-5-5"],
        Vendor::Gemini => &["gemini-2.5-flash", "gemini-3-pro"],
    }
}

/// More than there are cases of one wire.
const ANSWERS: usize = 64;

/// The folder of a wire's golden requests.
fn folder(vendor: Vendor) -> PathBuf {
    let wire = match vendor {
        Vendor::Chat => "openai_chat",
        Vendor::Responses => "openai_responses",
        Vendor::Messages => "anthropic",
        Vendor::Gemini => "gemini",
    };
    Path::new("src").join(wire).join("fixtures/requests")
}

/// As schemars derives them: references with a description, formats, defaults, enumerations, "or null", recursion left out.
fn derived() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Review", "type": "object",
        "description": "A review.",
        "properties": {
            "scores": {"description": "The scores.", "$ref": "#/$defs/Scores"},
            "overall_score": {"type": ["number", "null"], "format": "double", "default": null},
            "strengths": {"type": "array", "items": {"type": "string"}, "default": []},
            "subtasks": {"type": "array", "default": [],
                         "items": {"type": "integer", "format": "uint16", "minimum": 0, "maximum": 65535}},
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
    })
}

/// Two calls at once, one of which failed, then a question of ours.
fn conversation(vendor: Vendor) -> Request {
    let mut request = with_tool(vendor);
    let call = |id: &str, city: &str| ToolCall {
        id: id.to_owned(),
        tool: "get_weather".to_owned(),
        arguments: json!({ "city": city }),
    };
    let result = |id: &str, content: &str, ok: bool| Message::Tool {
        call_id: id.to_owned(),
        tool: Name::from_static("get_weather"),
        content: content.to_owned(),
        ok,
    };
    request.messages.extend([
        Message::Assistant {
            text: String::new(),
            tool_calls: vec![call("call_1", "Wien"), call("call_2", "Graz")],
        },
        result("call_1", "{\"celsius\":20}", true),
        result("call_2", "No such city.", false),
        Message::Assistant { text: "{\"text\":\"20\"}".to_owned(), tool_calls: Vec::new() },
        Message::User { text: "The answer lacks Graz.".to_owned() },
    ]);
    request
}

fn cases(vendor: Vendor) -> [(&'static str, Request); 5] {
    let last_turn = Request { tools: Vec::new(), ..conversation(vendor) };
    [
        ("question", question(vendor)),
        ("derived_schema", Request { schema: derived().into(), ..question(vendor) }),
        ("tools", with_tool(vendor)),
        ("conversation", conversation(vendor)),
        ("last_turn", last_turn),
    ]
}

/// Compares with the golden file, and leaves what was found where it can be copied from.
fn compare(vendor: Vendor, name: &str, body: &Value) -> Option<String> {
    let golden = folder(vendor).join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(body).unwrap());
    if std::fs::read_to_string(&golden).is_ok_and(|known| known == text) {
        return None;
    }
    let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join("requests").join(format!("{vendor:?}"));
    std::fs::create_dir_all(&found).unwrap();
    std::fs::write(found.join(name), text).unwrap();
    Some(format!("{} differs; as it is now: {}", golden.display(), found.join(name).display()))
}

#[tokio::test]
async fn what_leaves_is_what_the_golden_files_hold_and_the_strict_vendor_takes() {
    let mut differing = Vec::new();
    for vendor in Vendor::ALL {
        let answers = std::iter::repeat_n(Answer::text("{\"text\":\"x\"}"), ANSWERS);
        let server = serving(Behaviour::default().saying(answers)).await;
        for model in models(vendor) {
            let provider = match vendor {
                Vendor::Chat if model.starts_with("gpt-") => openai(&server.url()),
                vendor => provider(vendor, &server.url(), PATIENT),
            };
            for (case, request) in cases(vendor) {
                let request = Request { model: Name::from_static(model), ..request };
                server.ledger().clear();
                let outcome = call_by(provider.as_ref(), &request).await;
                let entry = server.ledger().book().entries.remove(0);
                assert_eq!(entry.refused, None, "{vendor:?} {model} {case}: {outcome:?}\n{}", entry.body);
                differing.extend(compare(vendor, &format!("{model}.{case}.json"), &entry.body));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn no_golden_file_is_left_over() {
    for vendor in Vendor::ALL {
        let names = |model: &&str| cases(vendor).map(|(case, _)| format!("{model}.{case}.json"));
        let known: Vec<String> = models(vendor).iter().flat_map(names).collect();
        for file in std::fs::read_dir(folder(vendor)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(known.contains(&name), "{vendor:?}: no case writes {name}");
        }
    }
}
