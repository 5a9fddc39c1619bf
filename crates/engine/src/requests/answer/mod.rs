//! From the text of a model to the output of a purpose: read strictly first, then as models write it. A value is never
//! invented: what a required field lacks is told to the model.

mod coerce;
mod find;
mod lenient;
mod quotation;
mod repair;
mod schema_node;
#[cfg(test)]
mod tests;
mod told;

use divisi_domain::model_step::Purpose;
use divisi_tools::corpus::Corpus;
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::AnswerSchema;
use find::Candidate;
use repair::{Repair, Repairs};

/// What is told of an answer that was cut.
const ENDS_IN_THE_MIDDLE: &str = "At the top: an object is expected, and it ends in the middle.";

/// What an answer is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The schema that the model was given.
    pub schema: &'a AnswerSchema,
    /// The documents, where a citation may leave its quotation to them.
    pub quotes: Option<&'a Corpus>,
    /// Whether the model ended by itself.
    pub is_whole: bool,
}

/// What a person wrote in the form of a purpose's output, read strictly; or what is wrong with it, as sentences.
pub fn parse_output<T: DeserializeOwned>(purpose: Purpose, text: &str) -> Result<T, Vec<String>> {
    let schema = super::schema::of(purpose);
    let value: Value = serde_json::from_str(text.trim()).map_err(|_| vec![not_json(text, true)])?;
    let errors = told::errors(schema.validator()?, schema, &value);
    if errors.is_empty() {
        serde_json::from_value(value).map_err(|error| misfit(&error))
    } else {
        Err(errors)
    }
}

/// The output from a model's text, or what is wrong with it, as sentences.
pub fn read_answer<T: DeserializeOwned>(expected: Expected<'_>, text: &str) -> Result<T, Vec<String>> {
    let validator = expected.schema.validator()?;
    let candidates = find::candidates(text, expected.is_whole);
    if candidates.is_empty() {
        return Err(vec![not_json(text, expected.is_whole)]);
    }
    let mut first_errors = None;
    let mut best = None;
    for candidate in candidates {
        match used(candidate, validator, expected) {
            Ok(output) => best = Some(output),
            Err(errors) => first_errors = first_errors.or(Some(errors)),
        }
    }
    let Some((output, repairs)) = best else { return Err(first_errors.unwrap_or_default()) };
    if !repairs.is_empty() {
        tracing::debug!(?repairs, "an answer was repaired");
    }
    Ok(output)
}

fn used<T: DeserializeOwned>(
    candidate: Candidate,
    validator: &Validator,
    expected: Expected<'_>,
) -> Result<(T, Repairs), Vec<String>> {
    let Candidate { value, mut repairs, is_first } = candidate;
    let lacks_brace = repairs.has(Repair::Closed);
    let fits = validator.is_valid(&value) && !(lacks_brace && may_go_on(&value, expected.schema));
    let as_it_is = fits.then(|| output(value.clone(), expected, &mut repairs));
    if let Some(Ok(output)) = as_it_is {
        return Ok((output, repairs));
    }
    let value = coerce::coerce(value, expected.schema, is_first, &mut repairs);
    if lacks_brace && may_go_on(&value, expected.schema) {
        return Err(vec![ENDS_IN_THE_MIDDLE.to_owned()]);
    }
    let errors = told::errors(validator, expected.schema, &value);
    if !errors.is_empty() {
        return Err(errors);
    }
    let output = output(value, expected, &mut repairs).map_err(|error| misfit(&error))?;
    Ok((output, repairs))
}

/// Whether an object without its last brace lacks a field: then it may as well have been cut before that.
fn may_go_on(value: &Value, schema: &Value) -> bool {
    let fields = schema.get("properties").and_then(Value::as_object);
    fields.is_none_or(|fields| fields.keys().any(|name| value.get(name).is_none()))
}

fn output<T: DeserializeOwned>(
    mut value: Value,
    expected: Expected<'_>,
    repairs: &mut Repairs,
) -> serde_json::Result<T> {
    if let Some(corpus) = expected.quotes {
        quotation::complete(&mut value, corpus, repairs);
    }
    serde_json::from_value(value)
}

fn misfit(error: &serde_json::Error) -> Vec<String> {
    vec![format!("The answer does not fit the schema: {error}.")]
}

fn not_json(text: &str, is_whole: bool) -> String {
    match serde_json::from_str::<Value>(text.trim()) {
        Err(error) if is_whole && !error.is_eof() => {
            format!("At the top: an object is expected, and it is not JSON ({error}).")
        }
        _ => ENDS_IN_THE_MIDDLE.to_owned(),
    }
}
