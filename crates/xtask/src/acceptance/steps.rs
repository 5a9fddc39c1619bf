//! The recorded steps of a task, as `divisi task export-test` takes them out of the log, against the schemas that the model
//! was given: by the text of what was recorded, not by what its readers make of it.

use std::path::Path;

use anyhow::Context;
use divisi_llm::cassette::{Exchange, Kept};
use serde_json::Value;

/// How many steps were answered, and what is wrong with them, as sentences.
pub(super) fn judge(folder: &Path) -> anyhow::Result<(usize, Vec<String>)> {
    let cassette = divisi_providers::cassette::read(folder).context("reading the exported test")?;
    let answered = |exchange: &&Exchange| matches!(exchange.kept, Kept::Answer(_));
    let steps: Vec<&Exchange> = cassette.exchanges().filter(answered).collect();
    Ok((steps.len(), steps.into_iter().filter_map(fault).collect()))
}

fn fault(exchange: &Exchange) -> Option<String> {
    let Kept::Answer(answer) = &exchange.kept else { return None };
    let faults: Vec<String> = if answer.tool_calls.is_empty() {
        faults(&exchange.request.schema, &answer.text)
    } else {
        let calls = answer.tool_calls.iter();
        calls
            .flat_map(|call| {
                let tool = exchange.request.tools.iter().find(|tool| tool.name == call.tool);
                // A tool that was not offered is refused where it is called, and the model is told so.
                tool.map(|tool| faults(&tool.schema, &call.arguments.to_string())).unwrap_or_default()
            })
            .collect()
    };
    let place = &exchange.place;
    let told = format!("{} attempt {}: {}", place.path, place.attempt, faults.join("; "));
    (!faults.is_empty()).then_some(told)
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
}
