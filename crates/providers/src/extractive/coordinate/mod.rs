//! The coordinator: findings by topic, agreement and contradiction, gaps.

mod figures;
mod relate;
mod topics;

pub(super) use relate::{against, contradictions, differing};
pub(super) use topics::AROUND;

use divisi_llm::inputs::CoordinateInput;
use divisi_llm::outputs::{Coordination, CoordinationMetadata};

/// Collects what the specialists found. It writes no final answer.
pub(super) fn coordinate(input: &CoordinateInput) -> Coordination {
    let topics = topics::topics(input);
    let relations = relate::relate(&topics);
    Coordination {
        structured_findings: topics,
        cross_references: relations.references,
        identified_gaps: gaps(input),
        inconsistencies: relations.inconsistencies,
        metadata: metadata(input),
    }
}

fn gaps(input: &CoordinateInput) -> Vec<String> {
    let mut gaps: Vec<String> =
        input.solutions.iter().flat_map(|accepted| accepted.solution.gaps.clone()).collect();
    gaps.extend(input.gaps.iter().map(|gap| format!("{}: {}", gap.subtask.title, gap.reason)));
    let mut seen = std::collections::BTreeSet::new();
    gaps.retain(|gap| seen.insert(gap.clone()));
    gaps
}

fn metadata(input: &CoordinateInput) -> CoordinationMetadata {
    let mut types: Vec<String> =
        input.solutions.iter().map(|accepted| accepted.subtask.agent_type.clone()).collect();
    types.sort();
    types.dedup();
    let confidences = || input.solutions.iter().map(|accepted| accepted.solution.confidence);
    let range = if input.solutions.is_empty() {
        Vec::new()
    } else {
        vec![confidences().fold(1.0, f64::min), confidences().fold(0.0, f64::max)]
    };
    CoordinationMetadata {
        total_specialists: u32::try_from(types.len()).unwrap_or(u32::MAX),
        specialist_types: types,
        confidence_range: range,
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod topic_tests;
