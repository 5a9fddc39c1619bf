//! How many words each part of the report may have.

use divisi_llm::outputs::{Claim, TopicFindings};

use crate::extractive::coordinate::AROUND;
use crate::extractive::text::word_count;

/// Words of statements, answer and body together.
const STATEMENT_WORDS_MAX: usize = 520;
/// The share of them, in percent, that the answer may take.
const ANSWER_PERCENT: usize = 60;
/// The share of the rest, in percent, for what surrounds the answer.
const AROUND_PERCENT: usize = 45;

/// Words that may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(super) struct Budget {
    /// Of the answer.
    pub(super) answer_words: usize,
    /// Of the body, tables and what surrounds the answer apart.
    pub(super) body_words: usize,
    /// Of the conditions and exceptions around the answer.
    pub(super) around_words: usize,
}

impl Budget {
    /// A table takes the place of most statements. A shorter report than one of so many words has less than half of them.
    pub(super) fn of(topics: &[TopicFindings], shorter_than: Option<usize>) -> Self {
        let tables = topics.iter().any(|topic| !topic.supporting_data.is_empty());
        let all = match shorter_than {
            None => STATEMENT_WORDS_MAX,
            Some(0) => STATEMENT_WORDS_MAX / 3,
            Some(words) => (words / 2).min(STATEMENT_WORDS_MAX / 3),
        };
        let answer_words = all * ANSWER_PERCENT / 100;
        let body_words = if tables { 0 } else { all - answer_words };
        let has_around = topics.iter().any(|topic| topic.topic == AROUND);
        let around_words = if has_around { body_words * AROUND_PERCENT / 100 } else { 0 };
        Self { answer_words, body_words: body_words - around_words, around_words }
    }

    /// What the answer did not use, the body may; where tables take its place, it has none.
    pub(super) fn after(self, answer: &[Claim]) -> Self {
        let used: usize = answer.iter().map(|claim| word_count(&claim.text)).sum();
        let spare = if self.body_words == 0 { 0 } else { self.answer_words.saturating_sub(used) };
        Self { body_words: self.body_words + spare, ..self }
    }
}

/// How many of the first claims fit into so many words. It stops at the first that does not: a claim that is gone never
/// lets a later one displace those between.
pub(super) fn fitting(claims: &[Claim], words_max: usize) -> usize {
    let mut words = 0;
    let mut fits = |claim: &&Claim| {
        words += word_count(&claim.text);
        words <= words_max
    };
    claims.iter().take_while(&mut fits).count()
}
