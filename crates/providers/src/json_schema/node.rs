//! What a node of a schema is.

use serde_json::{Map, Value};

pub(super) mod variants;

/// A node, by what decides its shape.
pub(super) enum Node<'a> {
    /// A reference to a definition of the root.
    Ref(&'a str),
    /// Nothing but another node, with words around it.
    Only(&'a Value),
    /// One of these texts.
    Constants(Vec<&'a str>),
    /// One of these.
    AnyOf(&'a [Value]),
    /// One of these types.
    Types(Vec<&'a str>),
    /// An object.
    Object,
    /// An array of these.
    Array(&'a Value),
    /// A text, a number, a truth value or null.
    Scalar(&'a str),
}

impl<'a> Node<'a> {
    /// What `object` is, or `None` where it is nothing that a vendor's dialect has.
    pub(super) fn of(object: &'a Map<String, Value>) -> Option<Self> {
        if let Some(target) = object.get("$ref") {
            return target.as_str()?.strip_prefix("#/$defs/").map(Self::Ref);
        }
        if let Some(constants) = variants::constants(object) {
            return Some(Self::Constants(constants));
        }
        if let Some(parts) = object.get("allOf") {
            return match parts.as_array()?.as_slice() {
                [only] => Some(Self::Only(only)),
                _ => None,
            };
        }
        if let Some(branches) = object.get("anyOf").or_else(|| object.get("oneOf")) {
            return branches.as_array().map(|branches| Self::AnyOf(branches));
        }
        match object.get("type")? {
            Value::Array(types) => types.iter().map(Value::as_str).collect::<Option<_>>().map(Self::Types),
            Value::String(name) => Self::typed(name, object),
            _ => None,
        }
    }

    fn typed(name: &'a str, object: &'a Map<String, Value>) -> Option<Self> {
        match name {
            "object" => Some(Self::Object),
            "array" if object.contains_key("prefixItems") => None,
            "array" => object.get("items").map(Self::Array),
            "string" | "integer" | "number" | "boolean" | "null" => Some(Self::Scalar(name)),
            _ => None,
        }
    }
}
