//! What the brain finds in the texts of a request: the task, the agent types, passages that can be cited.

use serde_json::{Value, json};

use crate::ask::Ask;

/// JSON values that are looked for in one text.
const VALUES_MAX: usize = 200;
/// Words of a search.
const QUERY_WORDS_MAX: usize = 6;
const LABEL_DESCRIPTION: &str = "<data label=\"task description\">";
const LABEL_END: &str = "</data>";

/// What there is to work with.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Findings {
    /// What the task asks.
    pub(super) question: String,
    /// Names of agent types, those that are selected already where there is a selection.
    pub(super) agent_types: Vec<String>,
    /// Capabilities that agent types have.
    pub(super) capabilities: Vec<Value>,
    /// Passages as citations.
    pub(super) citations: Vec<Value>,
}

impl Findings {
    pub(super) fn of(ask: &Ask) -> Self {
        let mut findings = Self { question: question(ask), ..Self::default() };
        let (mut offered, mut selected) = (Vec::new(), Vec::new());
        for text in ask.texts.iter().chain(&ask.results) {
            for value in values(text) {
                walk(&value, &mut |object| {
                    offered.extend(agent_type(object));
                    selected.extend(selection(object));
                    findings.citations.extend(citation(object));
                    let capabilities = object.get("capabilities").and_then(Value::as_array);
                    findings.capabilities.extend(capabilities.into_iter().flatten().cloned());
                });
            }
        }
        findings.agent_types = if selected.is_empty() { offered } else { selected };
        let mut seen = Vec::new();
        findings.agent_types.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        findings
    }

    /// Words to search for.
    pub(super) fn query(&self) -> String {
        let words = self.question.split_whitespace().filter(|word| word.len() > 3).take(QUERY_WORDS_MAX);
        let words: Vec<&str> = words.collect();
        if words.is_empty() { "the".to_owned() } else { words.join(" ") }
    }
}

fn question(ask: &Ask) -> String {
    let labelled = ask.texts.iter().find_map(|text| {
        let rest = text.split_once(LABEL_DESCRIPTION)?.1;
        Some(rest.split(LABEL_END).next().unwrap_or_default().trim().to_owned())
    });
    labelled.or_else(|| ask.texts.first().map(|text| text.chars().take(200).collect())).unwrap_or_default()
}

fn agent_type(object: &Value) -> Option<String> {
    object.get("capabilities")?.as_array()?;
    Some(object.get("name")?.as_str()?.to_owned())
}

fn selection(object: &Value) -> Vec<String> {
    let specialists = object.get("specialists").and_then(Value::as_array).into_iter().flatten();
    specialists.filter_map(|one| Some(one.get("type")?.as_str()?.to_owned())).collect()
}

/// A citation, or a passage that a tool found.
fn citation(object: &Value) -> Option<Value> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let number = |name: &str| object.get(name).and_then(Value::as_u64);
    let quote = text("quote").or_else(|| text("text"))?;
    let mut citation = json!({"source": text("source")?, "file": text("file")?, "start": number("start")?,
                              "end": number("end")?, "quote": quote});
    for name in ["line", "line_end", "page"] {
        if let Some(value) = number(name) {
            citation[name] = json!(value);
        }
    }
    Some(citation)
}

/// JSON objects and arrays that stand in a text.
pub(super) fn values(text: &str) -> Vec<Value> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text[at..].find(['{', '[']).map(|offset| at + offset) {
        let mut parsed = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        if let Some(Ok(value)) = parsed.next() {
            at = start + parsed.byte_offset();
            found.push(value);
        } else {
            at = start + 1;
        }
        if found.len() >= VALUES_MAX {
            break;
        }
    }
    found
}

/// Every object in a value, the value included.
fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(fields) => {
            visit(value);
            fields.values().for_each(|below| walk(below, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        // A tool's result may be JSON in a string.
        Value::String(text) if text.starts_with(['{', '[']) => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                walk(&inner, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_searched_for_what_can_be_used() {
        let prompt = r#"<data label="task description">
In which year was the score printed?
</data>
Types: <data label="agent types">
[{"name": "reader", "capabilities": ["search"]}, {"name": "writer", "capabilities": ["write"]}, {"name": "reader", "capabilities": []}]
</data> {not json} and [1, 2"#;
        let result = r#"{"hits": [{"source": "D1", "file": "a.txt", "start": 3, "end": 9, "line": 1, "line_end": 2, "page": null, "text": "1791"}]}"#;
        let ask = Ask { texts: vec![prompt.into()], results: vec![result.into()], ..Ask::default() };
        let found = Findings::of(&ask);
        assert_eq!(found.question, "In which year was the score printed?");
        assert_eq!(found.agent_types, ["reader", "writer"]);
        assert_eq!(found.capabilities, [json!("search"), json!("write")]);
        assert_eq!(
            found.citations,
            [
                json!({"source": "D1", "file": "a.txt", "start": 3, "end": 9, "line": 1, "line_end": 2, "quote": "1791"})
            ]
        );
        assert_eq!(found.query(), "which year score printed?");
    }

    #[test]
    fn who_is_selected_goes_before_who_is_offered() {
        let text = r#"{"specialists": [{"type": "writer"}]} [{"name": "reader", "capabilities": []}]"#;
        let ask = Ask { texts: vec![text.into()], ..Ask::default() };
        assert_eq!(Findings::of(&ask).agent_types, ["writer"]);
    }

    #[test]
    fn passages_are_found_in_json_within_json() {
        let inner = r#"{"source":"D1","file":"a","start":0,"end":1,"quote":"x"}"#;
        let ask = Ask { results: vec![json!({"result": inner}).to_string()], ..Ask::default() };
        assert_eq!(Findings::of(&ask).citations.len(), 1);
    }
}
