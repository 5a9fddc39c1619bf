//! What each vendor accepts of JSON schema in its strict modes.

use serde_json::{Map, Value};

/// The rules of a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// OpenAI with `strict: true`.
    OpenAi,
    /// Anthropic's `output_config.format` and strict tools.
    Anthropic,
}

/// Depth of a schema under OpenAI's rules.
const OPENAI_DEPTH_MAX: usize = 10;

/// Keywords that are refused.
const OPENAI_REFUSED: &[&str] = &[
    "allOf",
    "not",
    "oneOf",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
    "default",
    "minLength",
    "maxLength",
];
const ANTHROPIC_REFUSED: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "contains",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];
const ANTHROPIC_FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
const OPENAI_FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// What is wrong with a schema, as the end of a sentence.
pub(crate) fn check(schema: &Value, rules: Strictness) -> Result<(), String> {
    let root = schema.as_object().ok_or("schema must be a JSON object")?;
    if root.get("type").and_then(Value::as_str) != Some("object") {
        return Err("schema must be of type 'object' at its root".to_owned());
    }
    node(schema, rules, "()", 1)
}

fn node(schema: &Value, rules: Strictness, at: &str, depth: usize) -> Result<(), String> {
    let Value::Object(fields) = schema else {
        return Err(format!("In context={at}, schema must be an object"));
    };
    if rules == Strictness::OpenAi && depth > OPENAI_DEPTH_MAX {
        return Err(format!("In context={at}, schema is nested deeper than {OPENAI_DEPTH_MAX} levels"));
    }
    let (refused, formats) = match rules {
        Strictness::OpenAi => (OPENAI_REFUSED, OPENAI_FORMATS),
        Strictness::Anthropic => (ANTHROPIC_REFUSED, ANTHROPIC_FORMATS),
    };
    if let Some(keyword) = fields.keys().find(|keyword| refused.contains(&keyword.as_str())) {
        return Err(format!("In context={at}, '{keyword}' is not permitted"));
    }
    if let Some(format) = fields.get("format").and_then(Value::as_str).filter(|f| !formats.contains(f)) {
        return Err(format!("In context={at}, '{format}' is not a valid format"));
    }
    if rules == Strictness::OpenAi && fields.contains_key("$ref") && fields.len() > 1 {
        return Err(format!("In context={at}, $ref cannot have keywords besides it"));
    }
    if rules == Strictness::Anthropic && fields.get("minItems").and_then(Value::as_u64).is_some_and(|n| n > 1)
    {
        return Err(format!("In context={at}, 'minItems' other than 0 or 1 is not supported"));
    }
    if is_object(fields) {
        object(fields, rules, at)?;
    }
    children(fields, rules, at, depth)
}

fn is_object(fields: &Map<String, Value>) -> bool {
    let named = |kind: &Value| kind.as_str() == Some("object");
    match fields.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(named),
        Some(kind) => named(kind),
        None => false,
    }
}

fn object(fields: &Map<String, Value>, rules: Strictness, at: &str) -> Result<(), String> {
    if fields.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(format!(
            "In context={at}, 'additionalProperties' is required to be supplied and to be false"
        ));
    }
    let Some(Value::Object(properties)) = fields.get("properties").filter(|_| rules == Strictness::OpenAi)
    else {
        return Ok(());
    };
    let required: Vec<&str> = match fields.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match properties.keys().find(|name| !required.contains(&name.as_str())) {
        Some(missing) => Err(format!(
            "In context={at}, 'required' is required to be supplied and to be an array including every key in \
             properties. Missing '{missing}'"
        )),
        None => Ok(()),
    }
}

fn children(fields: &Map<String, Value>, rules: Strictness, at: &str, depth: usize) -> Result<(), String> {
    for (keyword, below) in fields {
        match (keyword.as_str(), below) {
            ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                let deeper = if keyword == "properties" { depth + 1 } else { depth };
                for (name, child) in named {
                    node(child, rules, &format!("{at}.{keyword}.{name}"), deeper)?;
                }
            }
            ("items", child) => node(child, rules, &format!("{at}.items"), depth + 1)?,
            ("anyOf" | "allOf" | "prefixItems", Value::Array(several)) => {
                for child in several {
                    node(child, rules, &format!("{at}.{keyword}"), depth)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_vendor_refuses_what_its_strict_mode_does_not_know() {
        let one = |inner: Value| json!({"type": "object", "additionalProperties": false, "required": ["a"], "properties": {"a": inner}});
        let both = "openai anthropic";
        for (schema, accepted_by) in [
            (one(json!({"type": "string"})), both),
            (one(json!({"type": ["string", "null"]})), both),
            (one(json!({"anyOf": [{"type": "string"}, {"type": "null"}]})), both),
            (one(json!({"$ref": "#/$defs/x"})), both),
            (one(json!({"type": "array", "items": {"type": "integer"}, "minItems": 1})), both),
            (one(json!({"type": "number", "minimum": 0})), "openai"),
            (one(json!({"type": "array", "items": {"type": "string"}, "minItems": 2})), "openai"),
            (one(json!({"type": "string", "minLength": 1})), ""),
            (one(json!({"oneOf": [{"type": "string"}]})), ""),
            (one(json!({"type": "string", "default": ""})), "anthropic"),
            (one(json!({"$ref": "#/$defs/x", "description": "d"})), "anthropic"),
            (one(json!({"type": "object", "properties": {}})), ""),
            (one(json!({"type": "integer", "format": "uint8"})), ""),
            (
                json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}),
                "anthropic",
            ),
            (json!({"type": "object", "properties": {}, "additionalProperties": true}), ""),
            (json!({"type": "array"}), ""),
            (json!("any"), ""),
        ] {
            let mut names = Vec::new();
            for (rules, name) in [(Strictness::OpenAi, "openai"), (Strictness::Anthropic, "anthropic")] {
                names.extend(check(&schema, rules).is_ok().then_some(name));
            }
            assert_eq!(names.join(" "), accepted_by, "{schema}");
        }
    }

    #[test]
    fn a_schema_that_is_too_deep_is_refused_by_openai() {
        let deep = (0..OPENAI_DEPTH_MAX).fold(json!({"type": "string"}), |inner, _| {
            json!({"type": "object", "additionalProperties": false, "required": ["a"], "properties": {"a": inner}})
        });
        assert!(check(&deep, Strictness::OpenAi).is_err());
        assert!(check(&deep, Strictness::Anthropic).is_ok());
    }
}
