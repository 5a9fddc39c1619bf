//! What the manager wants changed after an earlier cycle.

use divisi_llm::inputs::WorkInput;

use crate::extractive::text::concept::{Kind, concepts};
use crate::extractive::text::{flat, shortened};
use crate::extractive::wording::{Mend, NAMED_WORDS, quotes};

/// Further requests that are looked into.
const EXTRA_MAX: usize = 3;

/// Wishes of the latest review, and failures before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wishes {
    /// Claims to leave out, by their first words.
    dropped: Vec<String>,
    /// Fewer words.
    pub(super) shorter: bool,
    /// Look further: something asked for was not found.
    pub(super) wider: bool,
    /// What else to find out.
    pub(super) extra: Vec<String>,
}

impl Wishes {
    /// Reads the feedback of `input`.
    pub(super) fn of(input: &WorkInput) -> Self {
        let mut wishes = Self::default();
        let latest = input.feedback.iter().rev().find_map(|cycle| cycle.review.as_ref());
        for request in latest.into_iter().flat_map(|review| &review.revision_requests) {
            wishes.take(request);
        }
        wishes.extra.truncate(EXTRA_MAX);
        wishes
    }

    fn take(&mut self, request: &str) {
        match Mend::of(request) {
            Some(Mend::OffTopic) => self.dropped.extend(quotes(request)),
            Some(Mend::Shorten) => self.shorter = true,
            Some(Mend::Missing | Mend::Nothing) => self.wider = true,
            None if concepts(request).iter().any(|concept| concept.kind != Kind::Soft) => {
                self.extra.push(flat(request));
            }
            // Spans, sources and repetitions are made anew by every run.
            Some(Mend::Uncited | Mend::WrongSpan | Mend::Unsupported | Mend::Repeated) | None => {}
        }
    }

    /// Whether a claim was found to be about something else.
    pub(super) fn drops(&self, text: &str) -> bool {
        self.dropped.contains(&shortened(&flat(text), NAMED_WORDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_llm::inputs::{Feedback, SubtaskBrief, TaskBrief};
    use divisi_llm::outputs::{Analysis, Review};

    #[test]
    fn requests_of_ours_and_of_others_are_understood() {
        let requests = [
            format!("{}: “Rivers flow.”.", Mend::OffTopic.sentence()),
            format!("{}.", Mend::Shorten.sentence()),
            "Please also treat trademarks.".to_owned(),
        ];
        let review = Review { revision_requests: requests.to_vec(), ..Review::default() };
        let input = WorkInput {
            task: TaskBrief::default(),
            analysis: Analysis::default(),
            subtask: SubtaskBrief::default(),
            dependencies: Vec::new(),
            feedback: vec![Feedback { solution: None, review: Some(review), failure: None }],
            turn: 1,
            turns_max: 12,
            lessons: Vec::new(),
        };
        let wishes = Wishes::of(&input);
        assert!(wishes.drops("Rivers  flow.") && !wishes.drops("Rivers rest."));
        assert!(wishes.shorter && !wishes.wider);
        assert_eq!(wishes.extra, ["Please also treat trademarks."]);
    }
}
