use divisi_llm::outputs::{
    Analysis, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution,
};
use schemars::schema_for;

use super::*;

const STRICT: Dialect = Dialect {
    refs: Refs::KeptAcyclic,
    nulls: Nulls::AnyOf,
    strict: true,
    kept: &["minimum"],
    formats: &["date"],
    capitals: false,
    steps: false,
};

const INLINED: Dialect = Dialect {
    refs: Refs::Inlined,
    nulls: Nulls::Nullable,
    strict: false,
    kept: &["minimum"],
    formats: &["date"],
    capitals: true,
    steps: false,
};

fn object(property: &Value) -> Value {
    json!({"type": "object", "properties": {"it": property}})
}

#[test]
fn nodes_in_both_dialects() {
    let rows = [
        (json!({"type": "string"}), json!({"type": "string"}), json!({"type": "STRING"})),
        (
            json!({"type": "string", "format": "date", "default": "x", "title": "T", "description": "D"}),
            json!({"type": "string", "format": "date", "description": "D"}),
            json!({"type": "STRING", "format": "date", "description": "D"}),
        ),
        (
            json!({"type": "integer", "format": "uint64", "minimum": 0, "maximum": 9}),
            json!({"type": "integer", "minimum": 0}),
            json!({"type": "INTEGER", "minimum": 0}),
        ),
        (
            json!({"type": ["number", "null"]}),
            json!({"anyOf": [{"type": "number"}, {"type": "null"}]}),
            json!({"type": "NUMBER", "nullable": true}),
        ),
        (
            json!({"anyOf": [{"type": "boolean"}, {"type": "null"}], "description": "D"}),
            json!({"anyOf": [{"type": "boolean"}, {"type": "null"}], "description": "D"}),
            json!({"type": "BOOLEAN", "nullable": true, "description": "D"}),
        ),
        (
            json!({"oneOf": [{"const": "a", "description": "A."}, {"enum": ["b", "c"], "type": "string"}]}),
            json!({"type": "string", "enum": ["a", "b", "c"], "description": "a: A."}),
            json!({"type": "STRING", "enum": ["a", "b", "c"], "description": "a: A."}),
        ),
        (
            json!({"type": "array", "items": {"type": "null"}}),
            json!({"type": "array", "items": {"type": "null"}}),
            json!({"type": "ARRAY", "items": {"type": "NULL"}}),
        ),
        (
            json!({"allOf": [{"type": "string"}], "description": "D"}),
            json!({"type": "string", "description": "D"}),
            json!({"type": "STRING", "description": "D"}),
        ),
    ];
    for (node, strict, inlined) in rows {
        let schema = object(&node);
        let converted = |dialect| convert(&schema, dialect).map(|schema| schema["properties"]["it"].clone());
        assert_eq!(converted(&STRICT), Some(strict), "{node}");
        assert_eq!(converted(&INLINED), Some(inlined), "{node}");
    }
}

#[test]
fn what_cannot_be_said_is_not_said() {
    let nested = json!({"type": "object", "properties": {"it": {"$ref": "#/$defs/A"}}, "$defs": {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
        "B": {"type": "array", "items": {"$ref": "#/$defs/A"}}
    }});
    let rows = [
        object(&json!({"type": "object", "additionalProperties": {"type": "string"}})),
        object(&json!({"type": "object"})),
        object(&json!({"type": "object", "properties": {"a": {"type": "null"}}, "patternProperties": {}})),
        object(&json!({"type": "array", "prefixItems": []})),
        object(&json!({"type": "array"})),
        object(&json!({"type": "date"})),
        object(&json!({"allOf": [{"type": "string"}, {"type": "string"}]})),
        object(&json!({"$ref": "#/$defs/missing"})),
        object(&json!({"$ref": "https://elsewhere"})),
        object(&json!({"const": 3})),
        object(&json!({})),
        object(&json!(true)),
        json!({"type": "string"}),
        json!({"anyOf": []}),
        json!(true),
        nested.clone(),
    ];
    for schema in rows {
        assert_eq!(convert(&schema, &STRICT), None, "{schema}");
        assert_eq!(convert(&schema, &INLINED), None, "{schema}");
    }
    let recursive = Dialect { refs: Refs::Kept, ..STRICT };
    assert!(convert(&nested, &recursive).is_some());
}

#[test]
fn references_that_multiply_are_bounded() {
    let double = |next: usize| {
        let next = json!({"$ref": format!("#/$defs/L{next}")});
        json!({"type": "object", "properties": {"a": next, "b": next}})
    };
    let mut defs: Map<String, Value> =
        (0..30).map(|level| (format!("L{level}"), double(level + 1))).collect();
    defs.insert("L30".to_owned(), json!({"type": "string"}));
    let schema = json!({"type": "object", "properties": {"it": {"$ref": "#/$defs/L0"}}, "$defs": defs});
    assert_eq!(convert(&schema, &INLINED), None);
    assert!(convert(&schema, &STRICT).is_some());
}

/// Every object of `schema`, wherever it stands.
fn objects<'a>(schema: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        Value::Object(fields) => {
            found.push(fields);
            fields.values().for_each(|value| objects(value, found));
        }
        _ => {}
    }
}

#[test]
fn our_own_schemas_can_be_said_in_every_dialect() {
    let recursive = Dialect { refs: Refs::Kept, ..STRICT };
    let schemas = [
        schema_for!(Analysis),
        schema_for!(Selection),
        schema_for!(Decomposition),
        schema_for!(Solution),
        schema_for!(Review),
        schema_for!(Coordination),
        schema_for!(Report),
        schema_for!(FinalReview),
    ];
    for schema in schemas.map(schemars::Schema::to_value) {
        for dialect in [&STRICT, &INLINED, &recursive] {
            let converted = convert(&schema, dialect).unwrap_or_else(|| panic!("{schema}"));
            let mut found = Vec::new();
            objects(&converted, &mut found);
            for object in found {
                let of_type = |name: &str| object.get("type").is_some_and(|it| it == name);
                if of_type("object") && object.contains_key("properties") {
                    let count = object["properties"].as_object().map_or(0, Map::len);
                    assert!(dialect.strict && object["required"].as_array().map_or(0, Vec::len) == count);
                    assert_eq!(object["additionalProperties"], json!(false));
                }
                assert!(!object.contains_key("$ref") || (object.len() == 1 && dialect.strict), "{object:?}");
                assert!(!object.contains_key("oneOf") && !object.contains_key("default"), "{object:?}");
            }
        }
    }
}
