//! JSON schemas of the outputs, as they are derived from their types.

use std::sync::LazyLock;

use divisi_domain::model_step::Purpose;
use divisi_llm::outputs::{
    Analysis, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution,
};
use schemars::schema_for;
use serde_json::Value;

static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| Purpose::ALL.iter().map(|it| derive(*it)).collect());

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

/// The schema of a purpose's output.
pub(super) fn of(purpose: Purpose) -> &'static Value {
    let place = Purpose::ALL.iter().position(|known| *known == purpose).unwrap_or(0);
    &SCHEMAS[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_a_valid_schema() {
        for purpose in Purpose::ALL {
            assert!(jsonschema::validator_for(of(purpose)).is_ok(), "{purpose:?}");
        }
    }
}
