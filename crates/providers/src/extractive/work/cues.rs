//! What kind of statement the question looks for, and by which words such statements are known.

use super::candidate::Statement;
use crate::extractive::text::number::has_number;
use crate::extractive::text::word_count;

/// A point of at most so many words without a word that asks wants to know what is laid down on it.
const POINT_WORDS_MAX: usize = 5;
/// What a fitting statement gains.
const BONUS: f64 = 0.07;

/// A kind of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    Number,
    Definition,
    Obligation,
    /// Only what one must do or must not do, not what one may.
    Duty,
    Reason,
    Default,
    Stance,
}

/// The kinds that a question looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cues(Vec<Cue>);

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
const DEFINITION: [&str; 8] =
    ["what is", "what are", "define", "definition", "meaning", " mean", "what counts as", "explain"];
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
/// Words by which a text lays something down.
const STANCES: [&str; 20] = [
    "must", "shall", "may", "should", "will", "grant", "herebi", "requir", "permit", "not", "no", "without",
    "provid", "disclaim", "terminat", "prohibit", "charg", "liabl", "need", "cannot",
];
const DUTY: [&str; 4] = ["obligation", "duties", "duty", "requirements"];
/// What a statement gains that lays down a duty where duties are asked for, and what another one loses.
const DUTY_BONUS: f64 = 0.18;
const REASON: [&str; 3] = ["why", "reason", "what for"];

impl Cues {
    /// The kinds that `question` looks for.
    pub(super) fn of(question: &str) -> Self {
        let lower = format!("{} ", question.to_lowercase());
        let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
        let wanted = [
            (Cue::Number, has(&NUMBER)),
            (Cue::Definition, has(&DEFINITION)),
            (Cue::Obligation, has(&OBLIGATION)),
            (Cue::Duty, has(&DUTY)),
            (Cue::Reason, has(&REASON)),
            (Cue::Default, lower.contains("default")),
            (Cue::Stance, is_point(&lower)),
        ];
        Self(wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(cue, _)| cue).collect())
    }

    /// Whether duties are asked for.
    pub(super) fn asks_duty(&self) -> bool {
        self.0.contains(&Cue::Duty)
    }

    /// Whether the statement says what must, may or need be.
    pub(super) fn lays_down(statement: &Statement) -> bool {
        statement.stems.iter().any(|stem| {
            [
                "must",
                "shall",
                "should",
                "may",
                "requir",
                "need",
                "mandatori",
                "cannot",
                "only",
                "onli",
                "minimum",
            ]
            .contains(&stem.as_str())
        })
    }

    /// What the statement gains.
    pub(super) fn bonus(&self, statement: &Statement) -> f64 {
        let lower = statement.citation.quote.to_lowercase();
        if self.asks_duty() {
            return if Cue::Duty.fits(statement, &lower) { DUTY_BONUS } else { -DUTY_BONUS };
        }
        let fits = self.0.iter().any(|cue| cue.fits(statement, &lower));
        if fits { BONUS } else { 0.0 }
    }
}

impl Cue {
    fn fits(self, statement: &Statement, lower: &str) -> bool {
        let has = |words: &[&str]| statement.stems.iter().any(|stem| words.contains(&stem.as_str()));
        match self {
            Self::Number => has_number(lower),
            Self::Definition => defines(lower),
            Self::Obligation => {
                has(&["must", "shall", "may", "should", "requir", "permit", "not", "need", "condit", "grant"])
            }
            Self::Duty => {
                let defines = ["shall mean", "shall not include", "shall have no"]
                    .iter()
                    .any(|mark| lower.contains(mark));
                !defines
                    && (has(&["must", "shall"])
                        || lower.contains("provided that")
                        || lower.contains("required to"))
            }
            Self::Reason => {
                has(&["becaus", "sinc", "reason", "therefor", "thus"])
                    || lower.contains("so that")
                    || lower.contains("in order")
            }
            Self::Default => has(&["default"]),
            Self::Stance => has(&STANCES),
        }
    }
}

/// `patents`, `source code`: a few words that name a subject and ask nothing.
fn is_point(lower: &str) -> bool {
    const ASKING: [&str; 8] = ["what", "which", "who", "how", "when", "where", "why", "whom"];
    let asks = lower.contains('?') || lower.split_whitespace().any(|word| ASKING.contains(&word));
    !asks && !lower.starts_with('-') && word_count(lower) <= POINT_WORDS_MAX
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
            ("patents", "Each contributor shall grant a patent licence.", true),
            ("patents", "Patents are a threat.", false),
            ("obligations on sellers", "You must give a copy.", true),
            ("obligations on sellers", "You may add a copy.", false),
        ];
        for (question, text, expected) in rows {
            let citation = Citation { quote: text.to_owned(), ..Citation::default() };
            let gained = Cues::of(question).bonus(&Statement { citation, stems: stems(text) }) > 0.0;
            assert_eq!(gained, expected, "{question} {text}");
        }
    }
}
