//! Brings a value that nearly fits a schema into its form. What is said stays as it was said: nothing that is missing is
//! added.

use serde_json::{Map, Number, Value, json};

use super::repair::{Repair, Repairs};
use super::schema_node::SchemaNode;

/// Nodes of a value that are looked at.
const NODES_MAX: usize = 100_000;

/// Objects around the answer that are taken off.
const WRAPPERS_MAX: usize = 3;

/// Lists in which a name that does not exist is left out, as the answer stands without it.
const FORGIVING_LISTS: [&str; 2] = ["required_capabilities", "specialists"];

/// Lists whose items belong together: none is left out where there are too many.
const WHOLE_LISTS: [&str; 1] = ["subtasks"];

/// The value in the form of the schema, as far as it goes. `is_first`: it is the whole answer, not perhaps a part of it.
pub(super) fn coerce(value: Value, schema: &Value, is_first: bool, repairs: &mut Repairs) -> Value {
    let root = SchemaNode::root(schema);
    let mut coercion = Coercion { repairs, left: NODES_MAX };
    let value = coercion.unwrapped(value, root);
    let value = if is_first { coercion.listed(value, root) } else { value };
    coercion.fit(value, root, "")
}

struct Coercion<'r> {
    repairs: &'r mut Repairs,
    left: usize,
}

impl Coercion<'_> {
    fn note(&mut self, repair: Repair) {
        self.repairs.note(repair);
    }

    /// `{"answer": {…}}`, `{"type": "object", "properties": {…}}`, `[{…}]`.
    fn unwrapped(&mut self, mut value: Value, root: SchemaNode<'_>) -> Value {
        for _ in 0..WRAPPERS_MAX {
            let inner = match &mut value {
                Value::Object(fields) if !has_any(fields, root) => inner_object(fields, root),
                Value::Array(items) if items.len() == 1 && is_part(&items[0], root) => items.pop(),
                _ => None,
            };
            let Some(inner) = inner else { return value };
            self.note(Repair::Unwrapped);
            value = inner;
        }
        value
    }

    /// The one list that is wanted, without the object around it; or its one item.
    fn listed(&mut self, value: Value, root: SchemaNode<'_>) -> Value {
        let mut required = root.required();
        let (Some(name), None) = (required.next(), required.next()) else { return value };
        let Some(list) = root.property(name).filter(|node| node.kind() == Some("array")) else {
            return value;
        };
        let is_item = |value: &Value| list.items().is_some_and(|items| is_part(value, items));
        let items = match value {
            Value::Array(items) if items.iter().any(is_item) => Value::Array(items),
            Value::Object(fields) if !has_any(&fields, root) && is_item(&Value::Object(fields.clone())) => {
                json!([fields])
            }
            other => return other,
        };
        self.note(Repair::List);
        json!({ name: items })
    }

    fn fit(&mut self, value: Value, node: SchemaNode<'_>, name: &str) -> Value {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || (value.is_null() && node.is_nullable) {
            return value;
        }
        match node.kind() {
            Some("object") => self.object(value, node),
            Some("array") => self.array(value, node, name),
            Some("string") => self.text(value, node),
            Some("integer") => self.number(value, node, true),
            Some("number") => self.number(value, node, false),
            Some("boolean") => self.truth(value),
            _ => value,
        }
    }

    fn object(&mut self, value: Value, node: SchemaNode<'_>) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(fields, node)),
            Value::Array(mut items) if items.len() == 1 && items[0].is_object() => {
                self.note(Repair::List);
                let only = items.pop().unwrap_or_default();
                self.object(only, node)
            }
            Value::String(text) => self.sole_text(text, node),
            other => other,
        }
    }

    /// A text where an object is wanted that needs nothing but one text.
    fn sole_text(&mut self, text: String, node: SchemaNode<'_>) -> Value {
        let mut required = node.required();
        let (Some(name), None) = (required.next(), required.next()) else { return Value::String(text) };
        if node.property(name).and_then(|property| property.kind()) != Some("string") {
            return Value::String(text);
        }
        self.note(Repair::Type);
        json!({ name: text })
    }

    fn fields(&mut self, fields: Map<String, Value>, node: SchemaNode<'_>) -> Map<String, Value> {
        let Some(known) = node.properties() else { return fields };
        let mut fitted = Map::new();
        let mut others = Vec::new();
        for (name, value) in fields {
            if known.contains_key(&name) {
                fitted.insert(name, value);
            } else {
                others.push((name, value));
            }
        }
        for (name, value) in others {
            let meant = known.keys().find(|key| plain(key) == plain(&name) && !fitted.contains_key(*key));
            if meant.is_some() {
                self.note(Repair::Key);
            }
            fitted.insert(meant.cloned().unwrap_or(name), value);
        }
        for name in known.keys() {
            let (Some(value), Some(property)) = (fitted.remove(name), node.property(name)) else { continue };
            if value.is_null() && !property.is_nullable && !node.required().any(|required| required == name) {
                self.note(Repair::Null);
                continue;
            }
            let value = self.fit(value, property, name);
            fitted.insert(name.clone(), value);
        }
        fitted
    }

    fn array(&mut self, value: Value, node: SchemaNode<'_>, name: &str) -> Value {
        let items = match value {
            Value::Array(items) => items,
            Value::Null => return Value::Null,
            one => {
                self.note(Repair::List);
                vec![one]
            }
        };
        let Some(wanted) = node.items() else { return Value::Array(items) };
        let before = items.len();
        let mut items: Vec<Value> = items
            .into_iter()
            .filter(|item| !item.is_null() || wanted.is_nullable)
            .map(|item| self.fit(item, wanted, ""))
            .collect();
        if FORGIVING_LISTS.contains(&name) {
            items.retain(|item| exists(item, wanted));
        }
        if let Some(most) = node.items_max().filter(|_| !WHOLE_LISTS.contains(&name)) {
            items.truncate(most);
        }
        if items.len() < before {
            self.note(Repair::LeftOut);
        }
        Value::Array(items)
    }

    fn text(&mut self, value: Value, node: SchemaNode<'_>) -> Value {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => {
                self.note(Repair::Type);
                number.to_string()
            }
            other => return other,
        };
        let constants = node.constants();
        if constants.is_empty() || constants.contains(&text.as_str()) {
            return Value::String(text);
        }
        let mut meant = constants.into_iter().filter(|constant| plain(constant) == plain(&text));
        match (meant.next(), meant.next()) {
            (Some(only), None) => {
                self.note(Repair::Constant);
                Value::String(only.to_owned())
            }
            _ => Value::String(text),
        }
    }

    fn number(&mut self, value: Value, node: SchemaNode<'_>, is_integer: bool) -> Value {
        let read = match &value {
            Value::String(text) => number_in(text, node.maximum()),
            Value::Number(number) => Some(number.clone()),
            _ => None,
        };
        let Some(read) = read.and_then(|number| if is_integer { integral(&number) } else { Some(number) })
        else {
            return value;
        };
        let read = Value::Number(read);
        if read != value {
            self.note(Repair::Type);
        }
        read
    }

    fn truth(&mut self, value: Value) -> Value {
        let said = match &value {
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => true,
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => false,
            _ => return value,
        };
        self.note(Repair::Type);
        Value::Bool(said)
    }
}

fn has_any(fields: &Map<String, Value>, node: SchemaNode<'_>) -> bool {
    node.properties().is_some_and(|known| {
        fields.keys().any(|name| known.keys().any(|property| plain(property) == plain(name)))
    })
}

/// Whether a value has anything that the node asks for.
fn is_part(value: &Value, node: SchemaNode<'_>) -> bool {
    let required: Vec<&str> = node.required().collect();
    value.as_object().is_some_and(|fields| {
        fields.keys().any(|name| required.iter().any(|property| plain(property) == plain(name)))
    })
}

/// The only field that holds the answer.
fn inner_object(fields: &mut Map<String, Value>, root: SchemaNode<'_>) -> Option<Value> {
    let holds = |value: &Value| match value {
        Value::Object(inner) => has_any(inner, root) || inner.len() == 1 || inner.contains_key("properties"),
        _ => false,
    };
    let mut names = fields.iter().filter(|(_, value)| holds(value)).map(|(name, _)| name.clone());
    let (name, None) = (names.next()?, names.next()) else { return None };
    fields.remove(&name)
}

/// Whether all names in an item are among those that exist.
fn exists(item: &Value, node: SchemaNode<'_>) -> bool {
    let is_known = |text: &str, constants: &[&str]| constants.is_empty() || constants.contains(&text);
    match item {
        Value::String(text) => is_known(text, &node.constants()),
        Value::Object(fields) => fields.get("type").and_then(Value::as_str).is_none_or(|text| {
            is_known(text, &node.property("type").map(|node| node.constants()).unwrap_or_default())
        }),
        _ => true,
    }
}

/// A name without case, spaces and signs.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `8`, ` 8.5 `, `8/10` and `8 out of 10` where ten is the most, `80%` where one is.
fn number_in(text: &str, most: Option<f64>) -> Option<Number> {
    let text = text.trim();
    let parsed = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    if let Ok(number) = serde_json::from_str::<Number>(text) {
        return Some(number);
    }
    if let Some(number) = parsed(text) {
        return Number::from_f64(number);
    }
    let most = most?;
    let (part, of) = match (text.split_once('/'), text.split_once(" out of "), text.strip_suffix('%')) {
        (Some(parts), _, _) | (None, Some(parts), _) => (parsed(parts.0)?, parsed(parts.1)?),
        (None, None, Some(percent)) => (parsed(percent)?, 100.0),
        (None, None, None) => return None,
    };
    let is_scale = same(of, most) || (same(most, 1.0) && of >= 1.0);
    (is_scale && (0.0..=of).contains(&part))
        .then(|| if same(of, most) { part } else { part / of })
        .and_then(Number::from_f64)
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < f64::EPSILON
}

/// The whole number, where it is one.
fn integral(number: &Number) -> Option<Number> {
    if number.is_u64() || number.is_i64() {
        return Some(number.clone());
    }
    let text = number.as_f64().filter(|number| number.fract() == 0.0).map(|number| format!("{number:.0}"))?;
    text.parse::<i64>().ok().map(Number::from)
}
