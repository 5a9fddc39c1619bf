use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::Sampling;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use serde_json::{Value, json};

use super::*;

fn request(messages: Vec<Message>) -> Request {
    Request {
        purpose: Purpose::Work,
        model: Name::from_static("m"),
        system: "".into(),
        messages,
        tools: Vec::new(),
        schema: Value::Null.into(),
        sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 1 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

fn user(text: &str) -> Message {
    Message::User { text: text.to_owned() }
}

fn model(text: &str, ids: &[&str]) -> Message {
    let call =
        |id: &&str| ToolCall { id: (*id).to_owned(), tool: "look".to_owned(), arguments: json!({"of": id}) };
    Message::Assistant { text: text.to_owned(), tool_calls: ids.iter().map(call).collect() }
}

fn result(id: &str, content: &str, ok: bool) -> Message {
    Message::Tool { call_id: id.to_owned(), tool: Name::from_static("look"), content: content.to_owned(), ok }
}

/// One line a turn: `U` results `id=content` (`!` where failed) and texts, `M` texts and ids.
fn shown(messages: Vec<Message>) -> Vec<String> {
    let request = request(messages);
    let outcome = |outcome: &Outcome<'_>| {
        format!(" {}{}{}", outcome.id, if outcome.ok { "=" } else { "!" }, outcome.content)
    };
    let line = |turn: &Turn<'_>| match turn {
        Turn::User { outcomes, texts } => {
            let results: String = outcomes.iter().map(outcome).collect();
            texts.iter().fold(format!("U{results}"), |line, text| line + " '" + text + "'")
        }
        Turn::Model { texts, calls } => {
            let said = texts.iter().fold("M".to_owned(), |line, text| line + " '" + text + "'");
            calls.iter().fold(said, |line, call| line + " " + &call.id)
        }
    };
    turns(&request).unwrap().iter().map(line).collect()
}

#[test]
fn turns_alternate_and_every_call_is_answered() {
    let missing = format!("U a=1 b!{NO_RESULT} 'go on'");
    let rows: Vec<(&str, Vec<Message>, Vec<&str>)> = vec![
        ("plain", vec![user("q")], vec!["U 'q'"]),
        ("users merge", vec![user("q"), user(" "), user("r")], vec!["U 'q' 'r'"]),
        ("blank model turns go", vec![user("q"), model(" ", &[]), user("r")], vec!["U 'q' 'r'"]),
        (
            "models merge",
            vec![user("q"), model("x", &[]), model("y", &["a"])],
            vec![
                "U 'q'",
                "M 'x' 'y' a",
                "U a!{\"error\":{\"code\":\"no_result\",\"message\":\"This call brought no result.\"}}",
            ],
        ),
        (
            "results in the order of the calls, with the text after them",
            vec![
                user("q"),
                model("", &["a", "b"]),
                result("b", "2", false),
                result("a", "1", true),
                user("r"),
            ],
            vec!["U 'q'", "M a b", "U a=1 b!2 'r'"],
        ),
        (
            "a missing result is said",
            vec![user("q"), model("t", &["a", "b"]), result("a", "1", true), user("go on")],
            vec!["U 'q'", "M 't' a b", missing.as_str()],
        ),
        (
            "a result without its call is text",
            vec![user("q"), result("z", "9", true)],
            vec![
                "U 'q' 'Result of an earlier call of the tool 'look':\n<data label=\"tool result\">\n9\n</data>'",
            ],
        ),
        (
            "ids used again and ids that do not fit",
            vec![
                user("q"),
                model("", &["a", "x~sig/+="]),
                result("a", "1", true),
                result("x~sig/+=", "2", true),
                model("", &["a"]),
                result("a", "3", true),
            ],
            vec!["U 'q'", "M a call_2", "U a=1 call_2=2", "M call_3", "U call_3=3"],
        ),
        (
            "two calls of one answer with the same id",
            vec![user("q"), model("", &["a", "a"]), result("a", "1", true), result("a", "2", true)],
            vec!["U 'q'", "M a call_2", "U a=1 call_2=2"],
        ),
    ];
    for (name, messages, expected) in rows {
        assert_eq!(shown(messages), expected, "{name}");
    }
}

#[test]
fn a_conversation_of_nothing_is_not_sent() {
    let rows = [
        vec![],
        vec![user(""), user("\n")],
        vec![user("q"), model("x", &[])],
        vec![model("x", &[]), user("q")],
    ];
    for messages in rows {
        let request = request(messages);
        let error = turns(&request).unwrap_err();
        assert_eq!((error.class, error.sent), (divisi_domain::model_step::FailureClass::BadRequest, false));
    }
}
