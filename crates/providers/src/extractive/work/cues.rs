//! What kind of statement the question looks for, and by which words such statements are known.

use super::candidate::Statement;
use crate::extractive::text::number::has_number;

/// What a fitting statement gains.
const BONUS: f64 = 0.07;

/// Kinds of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cues {
    number: bool,
    definition: bool,
    obligation: bool,
    reason: bool,
    default: bool,
}

const NUMBER: [&str; 17] = [
    "how many",
    "how much",
    "how long",
    "how often",
    "how old",
    "how far",
    "how large",
    "how big",
    "percentage",
    "when ",
    "maximum",
    "minimum",
    "limit",
    "what date",
    "which year",
    "what year",
    "size of",
];
const DEFINITION: [&str; 9] = [
    "what is",
    "what are",
    "define",
    "definition",
    "meaning",
    " mean",
    "what does",
    "what counts as",
    "explain",
];
const OBLIGATION: [&str; 13] = [
    "must",
    "may ",
    "should",
    "allowed",
    "permitted",
    "required",
    "can i",
    "can you",
    "have to",
    "forbidden",
    "obligation",
    "condition",
    "requirement",
];
const REASON: [&str; 3] = ["why", "reason", "what for"];

impl Cues {
    /// The kinds that `question` looks for.
    pub(super) fn of(question: &str) -> Self {
        let lower = format!("{} ", question.to_lowercase());
        let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
        Self {
            number: has(&NUMBER),
            definition: has(&DEFINITION),
            obligation: has(&OBLIGATION),
            reason: has(&REASON),
            default: lower.contains("default"),
        }
    }

    /// What the statement gains.
    pub(super) fn bonus(self, statement: &Statement) -> f64 {
        let lower = statement.citation.quote.to_lowercase();
        let stems = |words: &[&str]| statement.stems.iter().any(|stem| words.contains(&stem.as_str()));
        let fits = self.number && has_number(&lower)
            || self.definition && defines(&lower)
            || self.obligation
                && stems(&["must", "shall", "may", "should", "requir", "permit", "not", "need", "condit"])
            || self.reason
                && (stems(&["becaus", "sinc", "reason", "therefor", "thus"])
                    || lower.contains("so that")
                    || lower.contains("in order"))
            || self.default && stems(&["default"]);
        if fits { BONUS } else { 0.0 }
    }
}

/// Says early on what something is.
fn defines(lower: &str) -> bool {
    let early: String = lower.chars().take(120).collect();
    [
        " means ",
        " mean ",
        " is a ",
        " is an ",
        " is the ",
        " are ",
        " refers to ",
        " consists of ",
        " is used ",
    ]
    .iter()
    .any(|mark| early.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::text::word::stems;
    use divisi_llm::outputs::Citation;

    #[test]
    fn fitting_statements_gain() {
        let rows = [
            ("How long is it valid?", "It is valid for three years.", true),
            ("How long is it valid?", "It stays valid.", false),
            ("What is a tag?", "A tag is a name of a commit.", true),
            ("May I sell it?", "You may not sell it.", true),
            ("Why?", "Because of rain.", true),
            ("Who?", "Because of 12 rains.", false),
        ];
        for (question, text, expected) in rows {
            let citation = Citation { quote: text.to_owned(), ..Citation::default() };
            let gained = Cues::of(question).bonus(&Statement { citation, stems: stems(text) }) > 0.0;
            assert_eq!(gained, expected, "{question} {text}");
        }
    }
}
