//! How many words each part of the report may have.

use divisi_llm::outputs::TopicFindings;

/// Words of statements, answer and body together.
const STATEMENT_WORDS_MAX: usize = 520;
/// The share of them, in percent, that the answer may take.
const ANSWER_PERCENT: usize = 60;

/// Words that may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// Of the answer.
    pub(super) answer_words: usize,
    /// Of the body, tables apart.
    pub(super) body_words: usize,
}

impl Budget {
    /// A table takes the place of most statements.
    pub(super) fn of(topics: &[TopicFindings], shorter: bool) -> Self {
        let tables = topics.iter().any(|topic| !topic.supporting_data.is_empty());
        let all = if shorter { STATEMENT_WORDS_MAX / 3 } else { STATEMENT_WORDS_MAX };
        let answer_words = all * ANSWER_PERCENT / 100;
        Self { answer_words, body_words: if tables { 0 } else { all - answer_words } }
    }
}
