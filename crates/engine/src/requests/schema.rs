//! JSON schemas of the outputs: as they are derived from their types, and narrowed for a task. What follows from one is found
//! once, however often it is asked for.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, OnceLock};

use divisi_domain::model_step::Purpose;
use divisi_llm::outputs::{
    Analysis, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution,
};
use jsonschema::Validator;
use parking_lot::Mutex;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, schema_for};
use serde_json::Value;

use super::narrow::{Possible, narrowed};
use super::tokens;

/// Narrowed schemas that are remembered; beyond that all are forgotten, and made again.
const REMEMBERED_MAX: usize = 512;

static DERIVED: LazyLock<Vec<Arc<AnswerSchema>>> =
    LazyLock::new(|| Purpose::ALL.iter().map(|it| Arc::new(AnswerSchema::from(derive(*it)))).collect());

static NARROWED: LazyLock<Mutex<Narrowed>> = LazyLock::new(Mutex::default);

/// By what they were made of.
type Narrowed = HashMap<(Purpose, Possible), Arc<AnswerSchema>>;

/// The schema of an answer.
pub struct AnswerSchema {
    value: Arc<Value>,
    tokens: u64,
    validator: OnceLock<Result<Validator, String>>,
}

impl AnswerSchema {
    /// The schema itself, shared.
    pub(super) fn value(&self) -> Arc<Value> {
        Arc::clone(&self.value)
    }

    /// What it adds to a prompt, estimated.
    pub(super) const fn tokens(&self) -> u64 {
        self.tokens
    }

    /// What answers are held against.
    pub(super) fn validator(&self) -> Result<&Validator, Vec<String>> {
        let compiled = self
            .validator
            .get_or_init(|| jsonschema::validator_for(&self.value).map_err(|error| error.to_string()));
        compiled.as_ref().map_err(|error| vec![format!("The schema of the answer is not valid: {error}.")])
    }
}

impl From<Value> for AnswerSchema {
    fn from(value: Value) -> Self {
        let tokens = tokens::of_json(&value);
        Self { value: Arc::new(value), tokens, validator: OnceLock::new() }
    }
}

impl Deref for AnswerSchema {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl std::fmt::Debug for AnswerSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

fn derive(purpose: Purpose) -> Value {
    let mut schema = match purpose {
        Purpose::Analyse => schema_for!(Analysis),
        Purpose::Select => schema_for!(Selection),
        Purpose::Decompose => schema_for!(Decomposition),
        Purpose::Work => schema_for!(Solution),
        Purpose::Review => schema_for!(Review),
        Purpose::Coordinate => schema_for!(Coordination),
        Purpose::Synthesise => schema_for!(Report),
        Purpose::FinalReview => schema_for!(FinalReview),
    };
    RecursiveTransform(without_format).transform(&mut schema);
    for written_for_us in ["$schema", "description"] {
        schema.remove(written_for_us);
    }
    schema.to_value()
}

/// Widths of Rust's numbers: bounds say the same, and every model is asked with these bytes.
fn without_format(schema: &mut Schema) {
    schema.remove("format");
}

/// The schema of a purpose's output.
pub(super) fn of(purpose: Purpose) -> &'static Arc<AnswerSchema> {
    let place = Purpose::ALL.iter().position(|known| *known == purpose).unwrap_or(0);
    &DERIVED[place]
}

/// The schema of a purpose's output, narrowed to what is possible in a task.
pub(super) fn within(purpose: Purpose, possible: Possible) -> Arc<AnswerSchema> {
    let asked = (purpose, possible);
    if let Some(known) = NARROWED.lock().get(&asked) {
        return Arc::clone(known);
    }
    let made = Arc::new(AnswerSchema::from(narrowed(purpose, &asked.1)));
    let mut remembered = NARROWED.lock();
    if remembered.len() >= REMEMBERED_MAX {
        remembered.clear();
    }
    remembered.insert(asked, Arc::clone(&made));
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_a_valid_schema() {
        for purpose in Purpose::ALL {
            assert!(of(purpose).validator().is_ok(), "{purpose:?}");
        }
    }

    #[test]
    fn no_schema_says_what_only_we_understand() {
        for purpose in Purpose::ALL {
            let text = of(purpose).to_string();
            for ours in ["$schema", "crate::", "\"format\":\"", "Output of"] {
                assert!(!text.contains(ours), "{purpose:?} has {ours}: {text}");
            }
        }
        assert_eq!(of(Purpose::Work)["$defs"]["Citation"]["properties"]["start"]["minimum"], 0);
    }

    #[test]
    fn the_same_schema_is_made_once_and_another_is_another() {
        let possible = |subtasks_max| Possible { subtasks_max, ..Possible::default() };
        let first = within(Purpose::Decompose, possible(3));
        assert!(Arc::ptr_eq(&first, &within(Purpose::Decompose, possible(3))));
        assert_ne!(**first, **within(Purpose::Decompose, possible(4)));
        assert_ne!(**first, **within(Purpose::Select, possible(3)));
        assert_eq!(**first, narrowed(Purpose::Decompose, &possible(3)));
        assert_eq!(first.tokens(), tokens::of_json(&first));
        for most in 0..=u16::try_from(REMEMBERED_MAX).unwrap() {
            within(Purpose::Decompose, possible(most));
        }
        assert!(NARROWED.lock().len() <= REMEMBERED_MAX);
        assert_eq!(**first, **within(Purpose::Decompose, possible(3)), "made again, the same");
    }
}
