//! The manager's review of a solution, by what can be measured.

mod measure;
mod verdict;

use divisi_llm::inputs::ReviewInput;
use divisi_llm::outputs::Review;

/// Scores a solution against its subtask and the checks of its citations.
pub(super) fn review(input: &ReviewInput) -> Review {
    verdict::verdict(&measure::Measures::of(input))
}

#[cfg(test)]
mod tests;
