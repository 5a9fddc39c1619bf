//! What is wrong with an answer, as sentences for the model: where, and what was expected.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// Errors of one answer that are told to the model.
const ERRORS_TOLD_MAX: usize = 12;

/// Characters of one error.
const ERROR_CHARS_MAX: usize = 240;

/// Constants that are named in an error.
const CONSTANTS_TOLD_MAX: usize = 12;

/// Every error, in the order of the answer.
pub(super) fn errors(validator: &Validator, schema: &Value, value: &Value) -> Vec<String> {
    validator.iter_errors(value).take(ERRORS_TOLD_MAX).map(|error| told(&error, schema)).collect()
}

fn told(error: &ValidationError<'_>, schema: &Value) -> String {
    let path = error.instance_path().to_string();
    let place = if path.is_empty() { "At the top".to_owned() } else { format!("At '{path}'") };
    let sentence = format!("{place}: {}.", expected(error, schema));
    shortened(&sentence)
}

fn expected(error: &ValidationError<'_>, schema: &Value) -> String {
    let said = || said(error.instance());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("the field {property} is missing and must be there")
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            format!("{} is none of {}", said(), listed(options.iter()))
        }
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            let branches = schema.pointer(&error.schema_path().to_string()).and_then(Value::as_array);
            let constants: Vec<&Value> =
                branches.into_iter().flatten().filter_map(|branch| branch.get("const")).collect();
            if constants.is_empty() {
                format!("{} has not the form that is wanted here", said())
            } else {
                format!("{} is none of {}", said(), listed(constants.into_iter()))
            }
        }
        ValidationErrorKind::Type { .. } => {
            let wanted = schema.pointer(&error.schema_path().to_string());
            let wanted = wanted.map_or_else(|| "another type".to_owned(), types);
            format!("{} stands where {wanted} is expected", said())
        }
        ValidationErrorKind::Minimum { limit } => format!("{} is less than {limit}, the least", said()),
        ValidationErrorKind::Maximum { limit } => format!("{} is more than {limit}, the most", said()),
        ValidationErrorKind::MinItems { limit } => format!("there must be at least {limit} of it"),
        ValidationErrorKind::MaxItems { limit } => format!("there may be at most {limit} of it"),
        other => format!("{} does not fulfil '{}'", said(), other.keyword()),
    }
}

fn types(written: &Value) -> String {
    match written {
        Value::Array(many) => many.iter().map(types).collect::<Vec<_>>().join(" or "),
        one => match one.as_str().unwrap_or_default() {
            "array" => "a list".to_owned(),
            "object" => "an object".to_owned(),
            "integer" => "a whole number".to_owned(),
            "number" => "a number".to_owned(),
            "string" => "a text".to_owned(),
            "boolean" => "true or false".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// A scalar as it was given; of anything else its kind.
fn said(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        scalar => scalar.to_string().chars().take(60).collect(),
    }
}

fn listed<'v>(constants: impl ExactSizeIterator<Item = &'v Value>) -> String {
    let left = constants.len().saturating_sub(CONSTANTS_TOLD_MAX);
    let mut names: Vec<String> = constants.take(CONSTANTS_TOLD_MAX).map(ToString::to_string).collect();
    if left > 0 {
        names.push(format!("{left} more"));
    }
    names.join(", ")
}

fn shortened(sentence: &str) -> String {
    if sentence.chars().count() <= ERROR_CHARS_MAX {
        return sentence.to_owned();
    }
    sentence.chars().take(ERROR_CHARS_MAX - 1).chain(['…']).collect()
}
