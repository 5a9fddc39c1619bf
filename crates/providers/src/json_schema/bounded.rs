//! A schema whose texts and lists have bounds: a grammar made of it comes to an end, whatever the model would say.

use serde_json::{Map, Value, json};

/// The most elements of a list.
const ITEMS_BOUND: u64 = 5;

/// How much longer a text may be that is no element of a list: a sentence that breaks off is worth nothing.
const SENTENCE_TIMES: u32 = 3;

/// Gives every element of a list of texts at most `chars_max` characters, every other text three times as many and every list
/// [`ITEMS_BOUND`] elements, where nothing less is said.
pub(crate) fn bounded(schema: &mut Value, chars_max: u32) {
    within(schema, chars_max, chars_max.saturating_mul(SENTENCE_TIMES));
}

/// `chars` is the bound of this text itself.
fn within(schema: &mut Value, chars_max: u32, chars: u32) {
    let usual = chars_max.saturating_mul(SENTENCE_TIMES);
    match schema {
        Value::Object(fields) => {
            let is = |name: &str| fields.get("type").and_then(Value::as_str) == Some(name);
            if is("string") && !fields.contains_key("enum") && !fields.contains_key("const") {
                narrow(fields, "maxLength", u64::from(chars));
            } else if is("array") {
                let least = fields.get("minItems").and_then(Value::as_u64).unwrap_or(0);
                narrow(fields, "maxItems", least.max(ITEMS_BOUND));
                if let Some(items) = fields.get_mut("items") {
                    within(items, chars_max, chars_max);
                }
            }
            // What is narrower by now stays so.
            fields.values_mut().for_each(|inner| within(inner, chars_max, usual));
        }
        Value::Array(inner) => inner.iter_mut().for_each(|inner| within(inner, chars_max, chars)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn narrow(fields: &mut Map<String, Value>, name: &str, most: u64) {
    let said = fields.get(name).and_then(Value::as_u64).unwrap_or(u64::MAX);
    fields.insert(name.to_owned(), json!(said.min(most)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_bound_is_given_one() {
        let rows = [
            (json!({"type": "string"}), json!({"type": "string", "maxLength": 90})),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                json!({"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 30}}),
            ),
            (
                json!({"type": "array", "items": {"properties": {"text": {"type": "string"}}}}),
                json!({"type": "array", "maxItems": 5, "items": {"properties": {"text": {"type": "string", "maxLength": 90}}}}),
            ),
            (json!({"type": "string", "maxLength": 3}), json!({"type": "string", "maxLength": 3})),
            (json!({"type": "string", "enum": ["a"]}), json!({"type": "string", "enum": ["a"]})),
            (
                json!({"type": "array", "minItems": 20, "items": {"type": "integer"}}),
                json!({"type": "array", "minItems": 20, "maxItems": 20, "items": {"type": "integer"}}),
            ),
            (json!({"type": "array", "maxItems": 2}), json!({"type": "array", "maxItems": 2})),
            (json!({"type": "array", "maxItems": 100}), json!({"type": "array", "maxItems": 5})),
            (json!({"type": "string", "maxLength": 4000}), json!({"type": "string", "maxLength": 90})),
            // A property may have the name of a keyword.
            (
                json!({"properties": {"type": {"enum": ["a"], "type": "string"}, "items": {"type": "array"}}}),
                json!({"properties": {"type": {"enum": ["a"], "type": "string"}, "items": {"type": "array", "maxItems": 5}}}),
            ),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
                json!({"anyOf": [{"type": "string", "maxLength": 90}, {"type": "null"}]}),
            ),
        ];
        for (mut schema, expected) in rows {
            bounded(&mut schema, 30);
            assert_eq!(schema, expected);
        }
    }
}
