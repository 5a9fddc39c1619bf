//! The walk through a schema.

use serde_json::{Map, Value, json};

use super::node::{Node, variants};
use super::steps::steps;
use super::{Dialect, Nulls, Refs};

/// The most nodes of a converted schema: references that are inlined multiply.
const NODES_MAX: usize = 5_000;

/// The deepest nesting of a converted schema.
const DEPTH_MAX: usize = 48;

/// `schema` in `dialect`, or `None` where the dialect cannot say it.
pub(crate) fn convert(schema: &Value, dialect: &Dialect) -> Option<Value> {
    let root = schema.as_object()?;
    let mut walk =
        Walk { dialect, defs: root.get("$defs").and_then(Value::as_object), path: Vec::new(), nodes: 0 };
    if root.get("type") != Some(&json!("object")) {
        return None;
    }
    let Value::Object(mut converted) = walk.node(schema)? else { return None };
    if dialect.refs != Refs::Inlined
        && let Some(defs) = walk.defs
    {
        let definitions = defs.iter().map(|(name, def)| Some((name.clone(), walk.definition(name, def)?)));
        converted.insert("$defs".to_owned(), Value::Object(definitions.collect::<Option<_>>()?));
    }
    Some(Value::Object(converted))
}

struct Walk<'a> {
    dialect: &'a Dialect,
    defs: Option<&'a Map<String, Value>>,
    /// Names of the definitions that the walk is inside of.
    path: Vec<&'a str>,
    nodes: usize,
}

impl<'a> Walk<'a> {
    fn definition(&mut self, name: &'a str, def: &'a Value) -> Option<Value> {
        if self.dialect.refs == Refs::KeptAcyclic && self.refers_to_itself(name, def, &mut Vec::new()) {
            return None;
        }
        self.node(def)
    }

    fn node(&mut self, schema: &'a Value) -> Option<Value> {
        self.nodes += 1;
        let object = schema.as_object()?;
        if self.nodes > NODES_MAX || self.path.len() > DEPTH_MAX {
            return None;
        }
        let mut converted = match Node::of(object)? {
            Node::Ref(name) => return self.reference(name, object),
            Node::Only(inner) => self.node(inner)?,
            Node::Constants(values) => self.constants(&values),
            Node::AnyOf(branches) => self.any_of(branches)?,
            Node::Types(types) => self.types(&types, object)?,
            Node::Object => self.object(object)?,
            Node::Array(items) => self.array(items)?,
            Node::Scalar(name) => self.bounded(name, object),
        };
        self.keep(object, converted.as_object_mut()?);
        Some(converted)
    }

    fn constants(&self, values: &[&str]) -> Value {
        let mut whole = self.scalar("string");
        if let Some(fields) = whole.as_object_mut() {
            fields.insert("enum".to_owned(), values.iter().copied().collect());
        }
        whole
    }

    fn reference(&mut self, name: &str, object: &'a Map<String, Value>) -> Option<Value> {
        let (name, def) = self.defs?.get_key_value(name)?;
        if self.dialect.refs != Refs::Inlined {
            return Some(json!({"$ref": format!("#/$defs/{name}")}));
        }
        if self.path.contains(&name.as_str()) {
            return None;
        }
        self.path.push(name);
        let converted = self.node(def);
        self.path.pop();
        let mut converted = converted?;
        if let (Some(said), Some(inner)) = (object.get("description"), converted.as_object_mut()) {
            inner.insert("description".to_owned(), said.clone());
        }
        Some(converted)
    }

    fn any_of(&mut self, branches: &'a [Value]) -> Option<Value> {
        let null = |branch: &&Value| branch.get("type") == Some(&json!("null"));
        let nullable = self.dialect.nulls == Nulls::Nullable && branches.iter().any(|branch| null(&branch));
        let kept = branches.iter().filter(|branch| !(nullable && null(branch)));
        let mut converted = kept.map(|branch| self.node(branch)).collect::<Option<Vec<_>>>()?;
        let mut whole = match converted.len() {
            1 => converted.pop()?,
            _ => json!({"anyOf": converted}),
        };
        if nullable {
            whole.as_object_mut()?.insert("nullable".to_owned(), Value::Bool(true));
        }
        Some(whole)
    }

    /// A list of types: one of them and null, or several.
    fn types(&mut self, types: &[&str], object: &'a Map<String, Value>) -> Option<Value> {
        let nullable = self.dialect.nulls == Nulls::Nullable && types.contains(&"null");
        let kept = types.iter().filter(|name| !(nullable && **name == "null"));
        let mut branches = kept.map(|name| self.typed(name, object)).collect::<Option<Vec<_>>>()?;
        let mut whole = match branches.len() {
            1 => branches.pop()?,
            _ => json!({"anyOf": branches}),
        };
        if nullable {
            whole.as_object_mut()?.insert("nullable".to_owned(), Value::Bool(true));
        }
        Some(whole)
    }

    fn typed(&mut self, name: &str, object: &'a Map<String, Value>) -> Option<Value> {
        match name {
            "object" => self.object(object),
            "array" => self.array(object.get("items")?),
            scalar => Some(self.bounded(scalar, object)),
        }
    }

    fn bounded(&self, name: &str, object: &Map<String, Value>) -> Value {
        let mut whole = self.scalar(name);
        let steps = if self.dialect.steps { steps(name, object) } else { None };
        if let (Some(steps), Some(fields)) = (steps, whole.as_object_mut()) {
            fields.insert("enum".to_owned(), Value::Array(steps));
        }
        whole
    }

    fn array(&mut self, items: &'a Value) -> Option<Value> {
        let items = self.node(items)?;
        let mut whole = self.scalar("array");
        whole.as_object_mut()?.insert("items".to_owned(), items);
        Some(whole)
    }

    fn scalar(&self, name: &str) -> Value {
        let name = if self.dialect.capitals { name.to_ascii_uppercase() } else { name.to_owned() };
        json!({"type": name})
    }

    fn object(&mut self, object: &'a Map<String, Value>) -> Option<Value> {
        let open = object.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
        let properties =
            object.get("properties").and_then(Value::as_object).filter(|known| !known.is_empty())?;
        if open || object.contains_key("patternProperties") {
            return None;
        }
        let mut converted = Map::new();
        for (name, property) in properties {
            converted.insert(name.clone(), self.node(property)?);
        }
        let mut whole = self.scalar("object");
        let fields = whole.as_object_mut()?;
        fields.insert("properties".to_owned(), Value::Object(converted));
        if self.dialect.strict {
            fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            fields.insert("required".to_owned(), properties.keys().cloned().collect());
        } else if let Some(required) = object.get("required") {
            fields.insert("required".to_owned(), required.clone());
        }
        Some(whole)
    }

    fn keep(&self, from: &Map<String, Value>, into: &mut Map<String, Value>) {
        if let Some(said) = variants::described(from) {
            into.insert("description".to_owned(), Value::String(said));
        }
        let typed = into.contains_key("type");
        for (name, value) in from {
            let format =
                name == "format" && value.as_str().is_some_and(|it| self.dialect.formats.contains(&it));
            if typed && (format || self.dialect.kept.contains(&name.as_str())) {
                into.insert(name.clone(), value.clone());
            }
        }
    }

    /// Whether the definition `name` is reached from itself.
    fn refers_to_itself(&self, name: &str, from: &Value, seen: &mut Vec<String>) -> bool {
        match from {
            Value::Array(items) => items.iter().any(|item| self.refers_to_itself(name, item, seen)),
            Value::Object(fields) => fields.iter().any(|(key, value)| {
                let target =
                    value.as_str().filter(|_| key == "$ref").and_then(|it| it.strip_prefix("#/$defs/"));
                match target {
                    Some(target) if target == name => true,
                    Some(target) if seen.iter().any(|known| known == target) => false,
                    Some(target) => {
                        seen.push(target.to_owned());
                        let def = self.defs.and_then(|defs| defs.get(target));
                        def.is_some_and(|def| self.refers_to_itself(name, def, seen))
                    }
                    None => self.refers_to_itself(name, value, seen),
                }
            }),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
