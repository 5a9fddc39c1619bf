//! JSON schemas of the outputs, and the check of an answer against them.

use std::sync::LazyLock;

use divisi_domain::model_step::Purpose;
use divisi_llm::outputs::{
    Analysis, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution,
};
use jsonschema::Validator;
use schemars::schema_for;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Errors of one answer that are told to the model.
const ERRORS_TOLD_MAX: usize = 12;

struct Checked {
    schema: Value,
    validator: Option<Validator>,
}

static SCHEMAS: LazyLock<Vec<Checked>> = LazyLock::new(|| {
    let checked = |purpose: &Purpose| {
        let schema = derive(*purpose);
        let validator = jsonschema::validator_for(&schema).ok();
        Checked { schema, validator }
    };
    Purpose::ALL.iter().map(checked).collect()
});

fn derive(purpose: Purpose) -> Value {
    let schema = match purpose {
        Purpose::Analyse => schema_for!(Analysis),
        Purpose::Select => schema_for!(Selection),
        Purpose::Decompose => schema_for!(Decomposition),
        Purpose::Work => schema_for!(Solution),
        Purpose::Review => schema_for!(Review),
        Purpose::Coordinate => schema_for!(Coordination),
        Purpose::Synthesise => schema_for!(Report),
        Purpose::FinalReview => schema_for!(FinalReview),
    };
    schema.to_value()
}

fn checked(purpose: Purpose) -> &'static Checked {
    let place = Purpose::ALL.iter().position(|known| *known == purpose).unwrap_or(0);
    &SCHEMAS[place]
}

/// The schema of a purpose's output.
pub(super) fn of(purpose: Purpose) -> &'static Value {
    &checked(purpose).schema
}

/// The validator of a purpose's output; `None` would mean that our own schema is invalid.
pub fn validator(purpose: Purpose) -> Option<&'static Validator> {
    checked(purpose).validator.as_ref()
}

/// The output of a purpose from a model's text, or what is wrong with it, as sentences.
pub fn parse_output<T: DeserializeOwned>(purpose: Purpose, text: &str) -> Result<T, Vec<String>> {
    let value: Value = serde_json::from_str(unfenced(text)).map_err(|error| {
        vec![format!("The answer is not JSON: {error}. Answer with one JSON object only.")]
    })?;
    let errors: Vec<String> = validator(purpose)
        .map(|validator| {
            let told =
                |error: jsonschema::ValidationError<'_>| format!("At '{}': {error}.", error.instance_path());
            validator.iter_errors(&value).take(ERRORS_TOLD_MAX).map(told).collect()
        })
        .unwrap_or_default();
    if !errors.is_empty() {
        return Err(errors);
    }
    serde_json::from_value(value)
        .map_err(|error| vec![format!("The answer does not fit the schema: {error}.")])
}

/// Models like to fence JSON, and to talk around it: the outermost object is what counts.
fn unfenced(text: &str) -> &str {
    let trimmed = text.trim();
    if trimmed.starts_with('{') {
        return trimmed;
    }
    match (trimmed.find('{'), trimmed.rfind('}')) {
        (Some(start), Some(end)) if start < end => &trimmed[start..=end],
        _ => trimmed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_a_valid_schema() {
        for purpose in Purpose::ALL {
            assert!(validator(purpose).is_some(), "{purpose:?}");
        }
    }

    #[test]
    fn answers_are_checked_and_fences_forgiven() {
        let good = r#"{"approved": true}"#;
        let rows = [
            (good.to_owned(), true),
            (format!("Here it is:\n```json\n{good}\n```"), true),
            (r#"{"approved": "yes"}"#.to_owned(), false),
            ("I approve.".to_owned(), false),
            (r#"{"approved": true"#.to_owned(), false),
            (String::new(), false),
        ];
        for (text, fits) in rows {
            let parsed = parse_output::<FinalReview>(Purpose::FinalReview, &text);
            assert_eq!(parsed.is_ok(), fits, "{text}: {parsed:?}");
        }
    }
}
