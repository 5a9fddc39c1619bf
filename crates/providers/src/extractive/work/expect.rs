//! What kind of value the question asks for, and whether a statement has one.

use super::candidate::Statement;
use super::want::is_called;
use crate::extractive::text::language::Language;
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::number::{has_number, is_year};
use crate::extractive::text::word::{stems, words};

/// Words between a number and what it counts.
const COUNT_DISTANCE: usize = 3;
/// Words of what is counted.
const COUNTED_WORDS_MAX: usize = 3;
/// Digits of a telephone number.
const TELEPHONE_DIGITS_MIN: usize = 5;

/// A value without which nothing answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// A number before one of these stems.
    Count(Vec<String>),
    /// A sum, or that none is due.
    Amount,
    /// A time, or how often.
    Duration,
    /// How old somebody or something is or must be.
    Age,
    /// A year.
    Year,
    /// A telephone number.
    Telephone,
    /// An address of mail.
    Mail,
    /// What somebody is called whom this stem names.
    Name(String),
}

impl Expected {
    /// The value that `question` asks for.
    pub(super) fn of(question: &str) -> Option<Self> {
        let lower = format!(" {} ", question.to_lowercase());
        let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
        if has(&[" combien de temps ", " wie lange ", " wie lang "]) {
            return Some(Self::Duration);
        }
        if let Some(nouns) = counted(question) {
            return Some(Self::Count(nouns));
        }
        if has(&[
            "phone number",
            "telephone number",
            "téléphone",
            "telefonnummer",
            "número de teléfono",
            "numero di telefono",
        ]) {
            Some(Self::Telephone)
        } else if has(&[
            "email address",
            "e-mail address",
            "mail address",
            "mailadresse",
            "adresse mail",
            "adresse e-mail",
        ]) {
            Some(Self::Mail)
        } else if let Some(head) = somebody(&lower) {
            Some(Self::Name(head))
        } else if has(&[" which year", " what year"]) {
            Some(Self::Year)
        } else if has(&[" how old "]) {
            Some(Self::Age)
        } else if has(&[" how much "]) {
            Some(Self::Amount)
        } else if has(&[" how long ", " how often "]) {
            Some(Self::Duration)
        } else {
            None
        }
    }

    /// Whether the statement has such a value.
    pub(super) fn is_in(&self, statement: &Statement) -> bool {
        let lower = || statement.citation.quote.to_lowercase();
        match self {
            Self::Count(nouns) => counts(nouns, &statement.stems),
            Self::Amount => has_number(&lower()) || is_free(&lower()),
            Self::Age => {
                let aged = ["old", "age", "born", "under", "over", "younger", "older"];
                has_number(&lower()) && statement.stems.iter().any(|stem| aged.contains(&stem.as_str()))
                    || lower().contains("under ") && has_number(&lower())
            }
            Self::Duration => has_number(&lower()) || has_time(&statement.stems),
            Self::Telephone => has_telephone(&statement.citation.quote),
            Self::Mail => lower().contains('@'),
            Self::Name(_) => is_called(&statement.citation.quote),
            Self::Year => statement.stems.iter().any(|stem| is_year(stem)),
        }
    }

    /// The word for somebody whose name is asked for: where it stands nowhere, nobody is named.
    pub(super) fn head(&self) -> Option<&str> {
        match self {
            Self::Name(head) => Some(head),
            Self::Count(_)
            | Self::Amount
            | Self::Age
            | Self::Duration
            | Self::Year
            | Self::Telephone
            | Self::Mail => None,
        }
    }

    /// Whether a statement that has it has the very value that is asked for, not any number.
    pub(super) const fn is_exact(&self) -> bool {
        !matches!(self, Self::Amount | Self::Age | Self::Duration)
    }

    /// Whether it is a count of things: its number alone tells that a statement is on the subject.
    pub(super) const fn is_count(&self) -> bool {
        matches!(self, Self::Count(_))
    }
}

/// The nouns behind `how many`, up to the first word without content; behind `of` too (`kinds of stanzas`).
fn counted(question: &str) -> Option<Vec<String>> {
    let words = words(question);
    let raw = |at: usize| question[words[at].start..words[at].end].to_lowercase();
    let asks = |at: usize| match raw(at).as_str() {
        "many" => raw(at - 1) == "how",
        "viele" => raw(at - 1) == "wie",
        "de" | "d" => raw(at - 1) == "combien",
        _ => false,
    };
    let elided = (words.len() > 1 && raw(0) == "combien" && question.to_lowercase().starts_with("combien d"))
        .then_some(0);
    let many = (1..words.len()).find(|at| asks(*at)).or(elided)?;
    let language = Language::of(question);
    let mut nouns = Vec::new();
    for (at, word) in words.iter().enumerate().skip(many + 1) {
        let joins = raw(at) == "of" && !nouns.is_empty();
        let small =
            if language == Language::English { is_stop(&word.stem) } else { language.has_small(&raw(at)) };
        if small && !joins || nouns.len() >= COUNTED_WORDS_MAX {
            break;
        }
        if !joins {
            nouns.push(word.stem.clone());
        }
    }
    (!nouns.is_empty()).then_some(nouns)
}

/// A number, not a year, shortly before one of the nouns.
fn counts(nouns: &[String], stems: &[String]) -> bool {
    let number = |stem: &String| has_number(stem) && !is_year(stem);
    let counted = |at: usize| stems[at.saturating_sub(COUNT_DISTANCE)..at].iter().any(number);
    (0..stems.len()).any(|at| nouns.contains(&stems[at]) && counted(at))
}

/// `the name of the teacher`, `the name of the bus driver`, `Wie heißt der Trainer`: the stem of the noun for somebody
/// who does something.
fn somebody(lower: &str) -> Option<String> {
    let agent =
        |word: &str| ["er", "or", "ist", "ian", "ant", "eur", "rice"].iter().any(|end| word.ends_with(end));
    let cues = [
        " name of the ",
        " name of my ",
        " wie heißt der ",
        " wie heißt die ",
        " s'appelle le ",
        " s'appelle la ",
    ];
    let (_, tail) = cues.iter().find_map(|cue| lower.split_once(cue))?;
    let phrase =
        tail.split(|c: char| !c.is_alphanumeric()).take(NOUN_WORDS_MAX).take_while(|word| !word.is_empty());
    phrase.filter(|word| agent(word)).last().and_then(|word| stems(word).into_iter().next())
}

/// Words of the noun for somebody.
const NOUN_WORDS_MAX: usize = 3;

/// A run of digits with blanks and marks between them.
fn has_telephone(text: &str) -> bool {
    let runs = text.split(|c: char| !(c.is_ascii_digit() || " +()-/.".contains(c)));
    runs.into_iter().any(|run| run.bytes().filter(u8::is_ascii_digit).count() >= TELEPHONE_DIGITS_MIN)
}

fn is_free(lower: &str) -> bool {
    ["any price", "free of charge", "no charge", "no fee", "no cost", "nothing"]
        .iter()
        .any(|mark| lower.contains(mark))
}

fn has_time(stems: &[String]) -> bool {
    const TIMES: [&str; 20] = [
        "second",
        "minut",
        "hour",
        "day",
        "daili",
        "week",
        "month",
        "year",
        "until",
        "forev",
        "perman",
        "perpetu",
        "alway",
        "never",
        "everi",
        "each",
        "regular",
        "frequent",
        "indefinit",
        "soon",
    ];
    stems.iter().any(|stem| TIMES.contains(&stem.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_llm::outputs::Citation;

    fn check(question: &str, text: &str, expected: Option<bool>) {
        let citation = Citation { quote: text.to_owned(), ..Citation::default() };
        let statement = Statement { citation, stems: stems(text) };
        let met = Expected::of(question).map(|value| value.is_in(&statement));
        assert_eq!(met, expected, "{question} {text}");
    }

    #[test]
    fn a_count_stands_before_its_noun() {
        check("How many days are left?", "Within 30 working days of it.", Some(true));
        check("How many days are left?", "On day 3 the days end.", Some(true));
        check("How many days are left?", "The days end.", Some(false));
        check("How many kinds of stanzas are there?", "There are three stanzas.", Some(true));
        check("How many hexadecimal digits has it?", "In total 32 digits.", Some(true));
        check("How many authors has it?", "Copyright 1991 by its authors.", Some(false));
        check("How long is it?", "Within 30 days.", Some(true));
    }

    #[test]
    fn other_values_are_known_by_their_marks() {
        check("In which year did it begin?", "It began in 1989.", Some(true));
        check("In which year did it begin?", "It began after 30 days.", Some(false));
        check("How much is the fee?", "The fee is 12 euros.", Some(true));
        check("How much may I ask?", "You may ask any price.", Some(true));
        check("How much is the fee?", "The fee is due.", Some(false));
        check("How often is it run?", "It is run daily.", Some(true));
        check("How long is it kept?", "It is kept in a box.", Some(false));
        check("What is Ann's phone number?", "Phone: +33 6 5550 0147", Some(true));
        check("Quel est le numéro de téléphone ?", "Les téléphones sont interdits.", Some(false));
        check("Combien de livres peut-on emprunter ?", "On prend des livres.", Some(false));
        check("Combien de livres peut-on emprunter ?", "On prend 8 livres.", Some(true));
        check("Wie viele Zimmer hat sie?", "Sie hat vier Zimmer.", Some(true));
        check("What is her email address?", "Mail: a@example.net", Some(true));
        check("How old must he be?", "He must be 16 years old.", Some(true));
        check("How old must he be?", "It is valid for three years.", Some(false));
        check("Who owns it?", "Nobody.", None);
        check("What is the name of the bus driver?", "The driver is called Ann.", Some(true));
        assert_eq!(Expected::of("What is the name of the bus driver?").unwrap().head(), Some("driver"));
    }
}
