//! Enumerations of texts, in every way that derived schemas write them.

use serde_json::{Map, Value};

/// The texts of an enumeration: `enum`, `const`, or `oneOf`/`anyOf` of those.
pub(crate) fn constants(object: &Map<String, Value>) -> Option<Vec<&str>> {
    if let Some(value) = object.get("const") {
        return Some(vec![value.as_str()?]);
    }
    if let Some(values) = object.get("enum") {
        return values.as_array()?.iter().map(Value::as_str).collect();
    }
    let branches = object.get("oneOf").or_else(|| object.get("anyOf"))?.as_array()?;
    let texts: Option<Vec<Vec<&str>>> =
        branches.iter().map(|branch| branch.as_object().and_then(constants)).collect();
    texts.map(|texts| texts.concat()).filter(|texts| !texts.is_empty())
}

/// The description of a node; that of an enumeration also says what its described variants mean.
pub(crate) fn described(object: &Map<String, Value>) -> Option<String> {
    let own = object.get("description").and_then(Value::as_str);
    let branches = object.get("oneOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let variant = |branch: &Value| {
        let name = branch.get("const")?.as_str()?;
        Some(format!("{name}: {}", branch.get("description")?.as_str()?))
    };
    let parts: Vec<String> =
        own.map(str::to_owned).into_iter().chain(branches.iter().filter_map(variant)).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}
