//! The short form of our own instructions, for models with little room.

use divisi_domain::model_step::Purpose;
use divisi_llm::fence::fenced;
use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::material::Written;

/// The short form of the built-in instructions of a purpose.
pub(super) const fn system(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Analyse => include_str!("prompts/compact/analyse.system.j2"),
        Purpose::Select => include_str!("prompts/compact/select.system.j2"),
        Purpose::Decompose => include_str!("prompts/compact/decompose.system.j2"),
        Purpose::Work => include_str!("prompts/compact/work.system.j2"),
        Purpose::Review => include_str!("prompts/compact/review.system.j2"),
        Purpose::Coordinate => include_str!("prompts/compact/coordinate.system.j2"),
        Purpose::Synthesise => include_str!("prompts/compact/synthesise.system.j2"),
        Purpose::FinalReview => include_str!("prompts/compact/final_review.system.j2"),
    }
}

/// A built-in fragment and its short form, where it has one.
pub(super) fn fragment(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "manners" => Some((include_str!("prompts/manners.j2"), include_str!("prompts/compact/manners.j2"))),
        "citing" => Some((include_str!("prompts/citing.j2"), include_str!("prompts/compact/citing.j2"))),
        _ => None,
    }
}

/// The `data` filter, with JSON in one line and without what is empty.
pub(super) fn fence(value: &Value, label: &str) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if let Some(text) = value.as_str() {
        return Ok(Value::from_safe_string(fenced(text, label)));
    }
    let unserializable =
        |error: serde_json::Error| Error::new(ErrorKind::BadSerialization, error.to_string());
    let json = match value.downcast_object_ref::<Written>() {
        Some(written) => serde_json::from_str(written.json()),
        None => serde_json::to_value(value),
    };
    let mut json = json.map_err(unserializable)?;
    without_empty(&mut json);
    Ok(Value::from_safe_string(fenced(&json.to_string(), label)))
}

fn without_empty(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_empty),
        serde_json::Value::Object(fields) => {
            fields.values_mut().for_each(without_empty);
            fields.retain(|_, field| match field {
                serde_json::Value::Null => false,
                serde_json::Value::String(text) => !text.is_empty(),
                serde_json::Value::Array(items) => !items.is_empty(),
                serde_json::Value::Object(fields) => !fields.is_empty(),
                serde_json::Value::Bool(_) | serde_json::Value::Number(_) => true,
            });
        }
        _ => {}
    }
}
