//! The smallest instance of a JSON schema, with what is wanted put where the schema has room for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Schemas that refer to themselves end here.
const DEPTH_MAX: usize = 24;

/// Writes instances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    /// Where `$ref`s point into.
    root: &'a Value,
    /// Values by the name of a property, wherever it stands.
    overrides: &'a BTreeMap<String, Value>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(root: &'a Value, overrides: &'a BTreeMap<String, Value>) -> Self {
        Self { root, overrides }
    }

    /// An instance of the whole schema. What of `wanted` does not fit is left out.
    pub(super) fn write(&self, wanted: &Value) -> Value {
        self.node(self.root, Some(wanted), 0)
    }

    fn node(&self, schema: &Value, wanted: Option<&Value>, depth: usize) -> Value {
        let Some(fields) = schema.as_object().filter(|_| depth < DEPTH_MAX) else { return json!({}) };
        if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
            let pointer = target.trim_start_matches('#');
            return match self.root.pointer(pointer) {
                Some(target) => self.node(target, wanted, depth + 1),
                None => Value::Null,
            };
        }
        if let Some(value) = fields.get("const") {
            return value.clone();
        }
        if let Some(values) = fields.get("enum").and_then(Value::as_array) {
            let fits = wanted.filter(|wanted| values.contains(wanted)).or_else(|| nearest(values, wanted));
            return fits.or(values.first()).cloned().unwrap_or(Value::Null);
        }
        if let Some(branches) = ["anyOf", "oneOf"].iter().find_map(|any| fields.get(*any)?.as_array()) {
            return self.branch(branches, wanted, depth);
        }
        if let Some(parts) = fields.get("allOf").and_then(Value::as_array) {
            return parts.first().map_or(Value::Null, |part| self.node(part, wanted, depth + 1));
        }
        self.typed(&kind(fields, wanted), fields, wanted, depth)
    }

    /// The branch that what is wanted fits, else null where there is a choice, else the first.
    fn branch(&self, branches: &[Value], wanted: Option<&Value>, depth: usize) -> Value {
        let is_null = |branch: &&Value| branch.get("type").and_then(Value::as_str) == Some("null");
        let constants = branches.iter().filter_map(|branch| branch.get("const"));
        if let Some(value) = constants.clone().find(|value| Some(*value) == wanted) {
            return value.clone();
        }
        let null = branches.iter().find(is_null);
        match (wanted, null) {
            (None | Some(Value::Null), Some(_)) => Value::Null,
            (wanted, _) => {
                let first = branches.iter().find(|branch| !is_null(branch));
                first.map_or(Value::Null, |branch| self.node(branch, wanted, depth + 1))
            }
        }
    }

    fn typed(&self, kind: &str, fields: &Map<String, Value>, wanted: Option<&Value>, depth: usize) -> Value {
        match kind {
            "object" => self.object(fields, wanted, depth),
            "array" => self.array(fields, wanted, depth),
            "string" => wanted.filter(|value| value.is_string()).cloned().unwrap_or_else(|| string(fields)),
            "integer" => wanted
                .filter(|value| value.is_u64() || value.is_i64())
                .cloned()
                .unwrap_or_else(|| integer(fields)),
            "number" => wanted.filter(|value| value.is_number()).cloned().unwrap_or_else(|| number(fields)),
            "boolean" => wanted.filter(|value| value.is_boolean()).cloned().unwrap_or(Value::Bool(false)),
            _ => Value::Null,
        }
    }

    fn object(&self, fields: &Map<String, Value>, wanted: Option<&Value>, depth: usize) -> Value {
        let required: Vec<&str> = fields
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut object = Map::new();
        for (name, schema) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let wanted = self.overrides.get(name).or_else(|| wanted.and_then(|wanted| wanted.get(name)));
            if wanted.is_some() || required.contains(&name.as_str()) {
                object.insert(name.clone(), self.node(schema, wanted, depth + 1));
            }
        }
        Value::Object(object)
    }

    fn array(&self, fields: &Map<String, Value>, wanted: Option<&Value>, depth: usize) -> Value {
        let any = Value::Bool(true);
        let item = fields.get("items").unwrap_or(&any);
        let limit =
            |name: &str| fields.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (least, most) = (limit("minItems").unwrap_or(0), limit("maxItems").unwrap_or(usize::MAX));
        let wanted = wanted.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let given = wanted.iter().take(most).map(|wanted| self.node(item, Some(wanted), depth + 1));
        let more = (wanted.len()..least).map(|_| self.node(item, None, depth + 1));
        Value::Array(given.chain(more).collect())
    }
}

/// The type to write: of several, the one that is wanted, null where nothing is, else the first.
fn kind(fields: &Map<String, Value>, wanted: Option<&Value>) -> String {
    let kinds: Vec<String> = match fields.get("type") {
        Some(Value::String(one)) => vec![one.to_lowercase()],
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).map(str::to_lowercase).collect()
        }
        _ if fields.contains_key("properties") => vec!["object".to_owned()],
        _ => Vec::new(),
    };
    let nullable =
        fields.get("nullable") == Some(&Value::Bool(true)) || kinds.iter().any(|kind| kind == "null");
    if nullable && wanted.is_none_or(Value::is_null) {
        return "null".to_owned();
    }
    kinds.into_iter().find(|kind| kind != "null").unwrap_or_else(|| "null".to_owned())
}

fn string(fields: &Map<String, Value>) -> Value {
    let least =
        fields.get("minLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    Value::String("text".repeat(least.div_ceil(4).max(1)))
}

fn integer(fields: &Map<String, Value>) -> Value {
    fields.get("minimum").and_then(Value::as_i64).map_or(json!(0), |least| json!(least.max(0)))
}

fn number(fields: &Map<String, Value>) -> Value {
    let bound = |name: &str| fields.get(name).and_then(Value::as_f64);
    let most = bound("maximum").unwrap_or(1.0);
    json!(bound("minimum").unwrap_or(0.0).max(1.0_f64.min(most)))
}

/// The number among `values` that is nearest to the one that is wanted.
fn nearest<'v>(values: &'v [Value], wanted: Option<&Value>) -> Option<&'v Value> {
    let wanted = wanted?.as_f64()?;
    let numbers = values.iter().filter_map(|value| Some((value, (value.as_f64()? - wanted).abs())));
    numbers.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &Value, wanted: &Value) -> Value {
        Writer::new(schema, &BTreeMap::new()).write(wanted)
    }

    #[test]
    fn an_instance_has_what_is_required_and_what_is_wanted() {
        let object = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
        for (schema, wanted, expected) in [
            (
                object(json!({"a": {"type": "string"}, "b": {"type": "string"}}), json!(["a"])),
                json!({}),
                json!({"a": "text"}),
            ),
            (
                object(json!({"a": {"type": "string"}}), json!([])),
                json!({"a": "x", "z": 1}),
                json!({"a": "x"}),
            ),
            (
                object(json!({"a": {"type": "integer", "minimum": 3}}), json!(["a"])),
                json!({"a": "no"}),
                json!({"a": 3}),
            ),
            (object(json!({"a": {"type": ["string", "null"]}}), json!(["a"])), json!({}), json!({"a": null})),
            (
                object(json!({"a": {"type": ["string", "null"]}}), json!(["a"])),
                json!({"a": "x"}),
                json!({"a": "x"}),
            ),
            (
                object(json!({"a": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}}), json!(["a"])),
                json!({}),
                json!({"a": null}),
            ),
            (object(json!({"a": {"enum": ["x", "y"]}}), json!(["a"])), json!({"a": "y"}), json!({"a": "y"})),
            (object(json!({"a": {"enum": ["x", "y"]}}), json!(["a"])), json!({"a": "z"}), json!({"a": "x"})),
            (object(json!({"a": {"enum": [0, 7, 9]}}), json!(["a"])), json!({"a": 8.5}), json!({"a": 9})),
            (
                object(json!({"a": {"oneOf": [{"const": "x"}, {"const": "y"}]}}), json!(["a"])),
                json!({"a": "y"}),
                json!({"a": "y"}),
            ),
            (
                object(
                    json!({"a": {"type": "array", "items": {"type": "number"}, "minItems": 2}}),
                    json!(["a"]),
                ),
                json!({"a": [0.5]}),
                json!({"a": [0.5, 1.0]}),
            ),
            (
                json!({"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": true}}, "required": ["a"]}),
                json!({}),
                json!({"a": null}),
            ),
        ] {
            assert_eq!(written(&schema, &wanted), expected, "{schema}");
        }
    }

    #[test]
    fn references_are_followed_and_never_for_ever() {
        let list = json!({"type": "object", "required": ["of"], "properties": {"of": {"$ref": "#/$defs/one"}},
                          "$defs": {"one": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}});
        assert_eq!(written(&list, &json!({"of": {"n": 4}})), json!({"of": {"n": 4}}));
        let endless = json!({"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}});
        assert!(written(&endless, &json!({})).is_object());
    }

    #[test]
    fn a_property_can_be_overridden_by_its_name_anywhere() {
        let schema = json!({"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"score": {"type": "number"}}}});
        let overrides = BTreeMap::from([("score".to_owned(), json!(3.5))]);
        assert_eq!(Writer::new(&schema, &overrides).write(&json!([{}])), json!([{"score": 3.5}]));
    }
}
