//! The recorded steps of a task, as `divisi task export-test` takes them out of the log, against the schemas that the model
//! was given: by the text of what was recorded, not by what its readers make of it.

use std::path::Path;

use anyhow::Context;
use divisi_llm::ToolCall;
use divisi_llm::cassette::{Exchange, Kept, KeptMessage, KeptRequest};
use serde_json::Value;

/// How many steps were answered, and what is wrong with them, as sentences.
pub(super) fn judge(folder: &Path) -> anyhow::Result<(usize, Vec<String>)> {
    let cassette = divisi_providers::cassette::read(folder).context("reading the exported test")?;
    let answered = |exchange: &&Exchange| matches!(exchange.kept, Kept::Answer(_));
    let steps: Vec<&Exchange> = cassette.exchanges().filter(answered).collect();
    let talks: Vec<&[KeptMessage]> = cassette.exchanges().map(|it| it.request.messages.as_slice()).collect();
    Ok((steps.len(), steps.into_iter().filter_map(|step| fault(step, &talks)).collect()))
}

fn fault(exchange: &Exchange, talks: &[&[KeptMessage]]) -> Option<String> {
    let Kept::Answer(answer) = &exchange.kept else { return None };
    let faults: Vec<String> = if answer.tool_calls.is_empty() {
        faults(&exchange.request.schema, &answer.text)
    } else {
        let calls = answer.tool_calls.iter();
        calls.filter_map(|call| taken(&exchange.request, call, talks)).collect()
    };
    let place = &exchange.place;
    let told = format!("{} attempt {}: {}", place.path, place.attempt, faults.join("; "));
    (!faults.is_empty()).then_some(told)
}

/// A call that does not fit its tool is refused where it is made, and the model is told so: it may not have been performed.
fn taken(request: &KeptRequest, call: &ToolCall, talks: &[&[KeptMessage]]) -> Option<String> {
    let schema = request.tools.iter().find(|tool| tool.name == call.tool).map(|tool| &tool.schema);
    let faults = match schema {
        Some(schema) => faults(schema, &call.arguments.to_string()),
        None => vec![format!("'{}' was not offered", call.tool)],
    };
    (!faults.is_empty() && talks.iter().any(|talk| brought(talk, call))).then(|| faults.join("; "))
}

/// Whether a conversation has a success of the call. Ids begin anew with each turn, so it is looked for behind the call itself.
fn brought(talk: &[KeptMessage], call: &ToolCall) -> bool {
    let mut is_its_turn = false;
    talk.iter().any(|message| match message {
        KeptMessage::Assistant { tool_calls, .. } => {
            is_its_turn = tool_calls.contains(call);
            false
        }
        KeptMessage::Tool { call_id, ok, .. } => is_its_turn && *ok && *call_id == call.id,
        KeptMessage::User { .. } => false,
    })
}

fn faults(schema: &Value, text: &str) -> Vec<String> {
    if !schema.is_object() {
        return Vec::new();
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return vec![format!("no JSON was recorded ({error})")],
    };
    match jsonschema::validator_for(schema) {
        Ok(validator) => validator.iter_errors(&value).map(|error| error.to_string()).collect(),
        Err(error) => vec![format!("its schema is none ({error})")],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_its_schema_is_found() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]});
        let rows = [("{\"a\":1}", 0), ("{\"a\":\"1\"}", 1), ("{}", 1), ("{\"a\":", 1)];
        for (text, count) in rows {
            assert_eq!(faults(&schema, text).len(), count, "{text}");
        }
        assert_eq!(faults(&Value::Null, "words").len(), 0);
    }

    #[test]
    fn a_call_that_does_not_fit_may_have_been_made_and_not_performed() {
        let call = |query: &str| ToolCall {
            id: "call_1".to_owned(),
            tool: "search".to_owned(),
            arguments: json!({"query": query}),
        };
        let turn = |query: &str, ok| {
            let answer = KeptMessage::Tool {
                call_id: "call_1".to_owned(),
                tool: "search".to_owned(),
                content: String::new(),
                ok,
            };
            [KeptMessage::Assistant { text: String::new(), tool_calls: vec![call(query)] }, answer]
        };
        let performed = [turn("", false), turn("words", true)].concat();
        assert!(!brought(&performed, &call("")) && brought(&performed, &call("words")));
        assert!(brought(&[turn("words", false), turn("", true)].concat(), &call("")));
    }
}
