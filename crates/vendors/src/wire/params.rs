//! What all wires check alike.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request that a vendor calls malformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRequest {
    /// The vendor's sentence.
    pub(crate) message: String,
    /// The parameter it is about, where the vendor names it.
    pub(crate) param: Option<String>,
    /// The vendor's code, where it has one.
    pub(crate) code: Option<&'static str>,
}

impl BadRequest {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), param: None, code: None }
    }

    pub(crate) fn about(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::new(message) }
    }

    pub(crate) fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// The parameters of a request as a struct, once each is known to the vendor.
pub(crate) fn parse<T: DeserializeOwned>(body: &Value, known: &[&str], local: bool) -> Result<T, BadRequest> {
    let Value::Object(fields) = body else {
        return Err(BadRequest::new(
            "We could not parse the JSON body of your request. It must be an object.",
        ));
    };
    if let Some(stranger) = fields.keys().find(|field| !local && !known.contains(&field.as_str())) {
        let sentence = format!("Unknown parameter: '{stranger}'.");
        return Err(BadRequest::about(stranger, sentence).coded("unknown_parameter"));
    }
    read(body, "the request")
}

/// A part of a request as a struct.
pub(crate) fn read<T: DeserializeOwned>(value: &Value, what: impl Display) -> Result<T, BadRequest> {
    T::deserialize(value).map_err(|error| BadRequest::new(format!("Invalid value in {what}: {error}")))
}

/// Whether a tool may be called so: letters, digits, `_` and `-`, at most `max`.
pub(crate) fn is_tool_name(name: &str, max: usize) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    (1..=max).contains(&name.len()) && name.chars().all(allowed)
}

/// Refuses a number outside a range.
pub(crate) fn within(name: &str, value: Option<f64>, most: f64) -> Result<(), BadRequest> {
    match value {
        Some(value) if !(0.0..=most).contains(&value) => {
            let sentence = format!("Invalid '{name}': {value} is not within 0 and {most}.");
            Err(BadRequest::about(name, sentence))
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses a token limit of nothing.
pub(crate) fn at_least(name: &str, value: Option<u64>, least: u64) -> Result<(), BadRequest> {
    match value {
        Some(value) if value < least => {
            let sentence = format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} instead."
            );
            Err(BadRequest::about(name, sentence).coded("integer_below_min_value"))
        }
        Some(_) | None => Ok(()),
    }
}
