//! For a question of yes or no: whether a sentence speaks for it or against it. It is told by words of permission, duty
//! and negation only where the sentence holds all that is asked; in doubt nothing is said.

use std::collections::BTreeSet;

use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::language::Language;
use crate::extractive::text::lexicon::{is_stop, opposites};
use crate::extractive::text::sentence::starts_item;
use crate::extractive::text::word::{stems, words};

/// Words of a sentence that is taken for one statement.
const SENTENCE_WORDS_MAX: usize = 70;
/// Words of one that says plainly what is.
const PLAIN_WORDS_MAX: usize = 25;

/// What a sentence says to a question of yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    For,
    Against,
}

/// What a sentence says, and whether it names exceptions or conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) stance: Stance,
    pub(super) conditional: bool,
}

impl Verdict {
    /// How the answer begins.
    pub(super) const fn lead(self) -> &'static str {
        match (self.stance, self.conditional) {
            (Stance::For, false) => "The text speaks for it: ",
            (Stance::For, true) => "The text speaks for it, with conditions: ",
            (Stance::Against, false) => "The text speaks against it: ",
            (Stance::Against, true) => "The text speaks against it, with exceptions or conditions: ",
        }
    }
}

/// What kind of question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// Whether one may.
    Leave,
    /// Whether one must.
    Duty,
    /// Whether something is so.
    Fact,
}

/// What `sentence` says to `question`, where `known` are stems that all of its document is about.
pub(super) fn verdict(question: &str, sentence: &str, known: &BTreeSet<String>) -> Option<Verdict> {
    let asks = asks(question)?;
    let sentence = without_mark(sentence);
    let said = lower_words(sentence);
    let is_short = said.len() <= SENTENCE_WORDS_MAX && !sentence.trim_end().ends_with(['?', ':']);
    let places = places(question, sentence, known, asks == Asks::Fact)?;
    if !is_short || hedged(&said) || !places.is_sorted() || narrowed(question, sentence, &places) {
        return None;
    }
    let stance = match asks {
        Asks::Leave => leave(&said),
        Asks::Duty => duty(&said),
        Asks::Fact => fact(question, sentence, &said, known),
    }?;
    Some(Verdict { stance, conditional: conditional(&said) })
}

/// Without the mark of an item: `a.`, `(2)`.
fn without_mark(sentence: &str) -> &str {
    let rest = sentence.trim_start();
    match rest.split_once(char::is_whitespace) {
        Some((first, tail)) if starts_item(rest) && !tail.is_empty() && first.len() <= 5 => tail,
        _ => rest,
    }
}

/// Whether `sentence` speaks of all that is asked.
pub(super) fn concerns(question: &str, sentence: &str, known: &BTreeSet<String>) -> bool {
    places(question, without_mark(sentence), known, true).is_some()
}

fn asks(question: &str) -> Option<Asks> {
    let said = lower_words(question);
    let first = said.first()?.as_str();
    let has = |word: &str| said.iter().any(|one| one == word);
    let negated =
        said.iter().any(|word| is_negation(word) || word == "without" || word == "only" || word == "or");
    if Language::of(question) != Language::English || negated {
        return None;
    }
    let leave = ["allowed", "permitted", "permit", "allow", "permissible"].iter().any(|word| has(word));
    let must = ["required", "obliged", "mandatory", "compulsory", "necessary", "need", "require"];
    let duty =
        must.iter().any(|word| has(word)) || said.windows(2).any(|pair| pair[0] == "have" && pair[1] == "to");
    match first {
        "may" | "can" | "could" | "might" => Some(Asks::Leave),
        "must" | "need" | "shall" | "should" => Some(Asks::Duty),
        "is" | "are" | "am" | "does" | "do" | "did" | "was" | "were" | "has" | "have" if leave => {
            Some(Asks::Leave)
        }
        "is" | "are" | "am" | "does" | "do" | "did" | "was" | "were" | "has" | "have" if duty => {
            Some(Asks::Duty)
        }
        "is" | "are" | "does" | "do" | "did" | "was" | "were" | "has" | "have" => Some(Asks::Fact),
        _ => None,
    }
}

/// Where a sentence has the words of the question with content, in their order there; `None` where it lacks one that
/// says something. Where a fact is asked for, an opposite will do. What the document is about may be a pronoun.
fn places(question: &str, sentence: &str, known: &BTreeSet<String>, turnable: bool) -> Option<Vec<usize>> {
    let own = stems(sentence);
    let subject: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    let place = |concept: &Concept| {
        let means = |stem: &String| {
            concept.strength(&BTreeSet::from([stem.as_str()])) > 0.0
                || turnable && opposites(&concept.stem).contains(stem)
        };
        own.iter().position(|stem| *stem == concept.stem).or_else(|| own.iter().position(means))
    };
    let all = concepts(question);
    let telling: Vec<(&Concept, Option<usize>)> =
        all.iter().filter(|one| !one.aside && !is_frame(one)).map(|one| (one, place(one))).collect();
    let lacking: Vec<&Concept> = telling.iter().filter(|(_, at)| at.is_none()).map(|(one, _)| *one).collect();
    let stands_for = matches!(
        lower_words(sentence).first().map(String::as_str),
        Some("it" | "they" | "he" | "she" | "this" | "these" | "you")
    );
    let about = lacking.is_empty() || stands_for && lacking.iter().all(|one| one.strength(&subject) > 0.0);
    let places: Vec<usize> =
        telling.iter().filter(|(one, _)| one.kind != Kind::Soft).filter_map(|(_, at)| *at).collect();
    (about && !places.is_empty()).then_some(places)
}

/// Whether a word that is not asked about narrows one that is: `guide dogs`.
fn narrowed(question: &str, sentence: &str, places: &[usize]) -> bool {
    let own = stems(sentence);
    let asked = stems(question);
    let plain = |stem: &String| {
        is_stop(stem)
            || is_negation(stem)
            || NEUTRAL.contains(&stem.as_str())
            || asked.contains(stem)
            || ASKING.contains(&stem.as_str())
    };
    let before = places.iter().filter_map(|at| at.checked_sub(1));
    before.map(|at| (at, &own[at])).any(|(at, stem)| !plain(stem) && !places.contains(&at))
}

/// Stems of words that narrow nothing.
const NEUTRAL: [&str; 8] = ["whole", "entir", "total", "complet", "stay", "remain", "becom", "still"];

/// Stems of words that only ask, of verbs that say nothing by themselves, and of words for the document itself.
const ASKING: [&str; 37] = [
    "allow",
    "permit",
    "requir",
    "oblig",
    "mandatori",
    "necessari",
    "need",
    "possibl",
    "permiss",
    "take",
    "make",
    "use",
    "get",
    "bring",
    "put",
    "keep",
    "want",
    "give",
    "go",
    "do",
    "abl",
    "person",
    "peopl",
    "someon",
    "let",
    "licens",
    "contract",
    "agreement",
    "polici",
    "document",
    "manual",
    "rule",
    "text",
    "page",
    "file",
    "report",
    "version",
];

/// Whether it is one of them.
fn is_frame(concept: &Concept) -> bool {
    ASKING.contains(&concept.stem.as_str())
}

fn leave(said: &[String]) -> Option<Stance> {
    let pairs = ["may", "must", "shall", "can", "could"];
    let barred = said.windows(2).any(|pair| pairs.contains(&pair[0].as_str()) && is_negation(&pair[1]))
        || has_pair(said, &["not", "never"], &["allowed", "permitted"])
        || said.iter().any(|word| {
            matches!(
                word.as_str(),
                "cannot" | "can't" | "prohibited" | "forbidden" | "prohibits" | "forbids" | "mustn't"
            )
        })
        || matches!(said.first().map(String::as_str), Some("never"))
        || said.len() > 2 && said[0] == "do" && said[1] == "not"
        || matches!(said.first().map(String::as_str), Some("neither" | "no"))
            && has_any(said, &["may", "can", "permitted", "allowed"]);
    let negations = said.iter().filter(|word| is_negation(word) || word.as_str() == "cannot").count();
    if barred {
        return (negations <= 2).then_some(Stance::Against);
    }
    let granted = has_any(said, &["may", "allowed", "permitted", "permits", "allows"])
        || said.windows(2).any(|pair| pair[0] == "can" && pair[1] != "be");
    (granted && negations == 0 && !has_any(said, &["only"])).then_some(Stance::For)
}

fn duty(said: &[String]) -> Option<Stance> {
    let needs = ["required", "needed", "necessary", "obliged", "mandatory", "compulsory", "obligatory"];
    let freed = has_pair(said, &["not"], &needs)
        || has_pair(said, &["need"], &["not"])
        || said.windows(4).any(|four| {
            matches!(four[0].as_str(), "do" | "does")
                && four[1] == "not"
                && (four[2] == "have" && four[3] == "to" || four[2] == "need")
        })
        || has_any(said, &["optional", "voluntary"])
        || has_any(said, &["no"]) && has_any(said, &needs);
    let negations = said.iter().filter(|word| is_negation(word) || word.as_str() == "cannot").count();
    if freed {
        return (negations <= 1).then_some(Stance::Against);
    }
    let bound =
        has_any(said, &["must", "shall", "required", "mandatory", "compulsory", "obligatory", "needs"])
            || has_pair(said, &["have", "has"], &["to"]);
    (bound && negations == 0).then_some(Stance::For)
}

fn fact(question: &str, sentence: &str, said: &[String], known: &BTreeSet<String>) -> Option<Stance> {
    let helps = ["is", "are", "was", "were", "does", "do", "did", "has", "have", "will", "can", "be"];
    let negations = said.iter().filter(|word| is_negation(word) || word.as_str() == "cannot").count();
    let denied = has_pair(said, &helps, &["not", "no", "never"])
        || matches!(said.first().map(String::as_str), Some("no")) && has_any(said, &helps);
    let own = stems(sentence);
    let asked = concepts(question);
    let turned = asked.iter().any(|one| {
        !own.contains(&one.stem) && opposites(&one.stem).iter().any(|opposite| own.contains(opposite))
    });
    match (denied, turned, negations) {
        (true, false, 1) | (false, true, 0) => Some(Stance::Against),
        (false, false, 0) if said.len() <= PLAIN_WORDS_MAX && is_plain(&asked, &own, known) => {
            Some(Stance::For)
        }
        _ => None,
    }
}

/// The sentence has the words of the question themselves, and a verb that says that something is so.
fn is_plain(asked: &[Concept], own: &[String], known: &BTreeSet<String>) -> bool {
    asked.iter().filter(|one| !is_frame(one)).all(|one| own.contains(&one.stem) || known.contains(&one.stem))
        && own.iter().any(|stem| matches!(stem.as_str(), "is" | "are" | "was" | "were" | "has" | "have"))
        && !own.iter().any(|stem| matches!(stem.as_str(), "onli" | "may" | "can" | "plan" | "ask" | "propos"))
}

/// Said of a case, of a wish or as a guess, nothing follows.
fn hedged(said: &[String]) -> bool {
    has_any(
        said,
        &[
            "whether",
            "perhaps",
            "probably",
            "might",
            "would",
            "could",
            "should",
            "asked",
            "proposed",
            "suggested",
        ],
    )
}

fn conditional(said: &[String]) -> bool {
    has_any(
        said,
        &[
            "unless",
            "except",
            "if",
            "provided",
            "without",
            "however",
            "only",
            "exception",
            "when",
            "until",
            "but",
        ],
    )
}

fn has_any(said: &[String], of: &[&str]) -> bool {
    said.iter().any(|word| of.contains(&word.as_str()))
}

fn has_pair(said: &[String], first: &[&str], second: &[&str]) -> bool {
    said.windows(2).any(|pair| first.contains(&pair[0].as_str()) && second.contains(&pair[1].as_str()))
}

fn is_negation(word: &str) -> bool {
    matches!(word, "not" | "no" | "never" | "nor" | "neither" | "none" | "nobody" | "nothing")
        || word.ends_with("n't")
}

fn lower_words(text: &str) -> Vec<String> {
    words(text).iter().map(|word| text[word.start..word.end].to_lowercase().replace('’', "'")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(question: &str, sentence: &str) -> &'static str {
        match verdict(question, sentence, &stems("museum kettle contract").into_iter().collect()) {
            None => "-",
            Some(Verdict { stance: Stance::For, conditional: false }) => "for",
            Some(Verdict { stance: Stance::For, conditional: true }) => "for if",
            Some(Verdict { stance: Stance::Against, conditional: false }) => "against",
            Some(Verdict { stance: Stance::Against, conditional: true }) => "against if",
        }
    }

    #[test]
    fn a_verdict_is_given_only_where_the_sentence_holds_all_that_is_asked() {
        let rows = [
            ("Is the museum open on Mondays?", "It is closed on Mondays.", "against"),
            ("Is the museum open on Mondays?", "It is open from Tuesday to Sunday.", "-"),
            ("Is the museum open on Mondays?", "The café is not open on Mondays.", "-"),
            ("Is smoking allowed in the open?", "Smoking is allowed in closed rooms.", "-"),
            ("Is the museum open on Mondays?", "It stays closed on Mondays.", "against"),
            ("Are fires allowed in the village?", "Fires are prohibited in the whole village.", "against"),
            ("Is the museum closed on Mondays?", "It is closed on Mondays.", "for"),
            ("May I take photographs?", "Photographs are allowed without flash.", "for if"),
            ("May I take photographs?", "You may not take photographs.", "against"),
            ("May I take photographs?", "The museum has photographs of ships.", "-"),
            ("Can the contract be terminated early?", "It may not be terminated early.", "against"),
            ("May I bring my dog?", "Dogs must stay outside; guide dogs are welcome.", "-"),
            ("May I bring my dog?", "Guide dogs are allowed.", "-"),
            ("May I bring my dog?", "Big dogs are not allowed.", "-"),
            (
                "Can I impose further limits on recipients?",
                "You may not impose further limits on recipients.",
                "against",
            ),
            ("May I immerse it in water?", "Never immerse it in water.", "against"),
            ("Is a helmet required?", "A helmet is not required.", "against"),
            ("Must I wear a helmet?", "A helmet is not required.", "-"),
            ("Must I wear a helmet?", "Riders must wear a helmet.", "for"),
            ("Must I wear a helmet?", "Riders must not lend the helmet.", "-"),
            (
                "Do I have to accept the licence to run it?",
                "You are not required to accept this licence to run it.",
                "against",
            ),
            ("Is alcohol reimbursed?", "Alcohol is not reimbursed.", "against"),
            ("Is alcohol reimbursed?", "Whether alcohol is reimbursed is open.", "-"),
            ("Is alcohol not reimbursed?", "Alcohol is not reimbursed.", "-"),
            ("Are patents waived?", "a. No patents held by anybody are waived.", "against"),
            (
                "Does the warranty cover limescale?",
                "The warranty does not cover damage by limescale.",
                "against",
            ),
            ("Does Tom know Python?", "Tom has worked with Rust.", "-"),
            ("Who is open?", "It is not open.", "-"),
            ("Is food or drink allowed?", "Food is not allowed.", "-"),
            ("May staff fly?", "Staff may only fly at night.", "-"),
            ("Must every package have a maintainer?", "Maintainers must accept mail on the package.", "-"),
            ("May a package in main recommend others?", "Packages must not write to others.", "-"),
        ];
        for (question, sentence, expected) in rows {
            assert_eq!(said(question, sentence), expected, "{question} {sentence}");
        }
    }
}
