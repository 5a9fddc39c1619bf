//! The parts of a question that an answer must cover one by one.

use divisi_llm::outputs::QuestionForm;

use super::mention::Mention;
use crate::extractive::text::concept::{Kind, concepts};
use crate::extractive::text::flat;
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::word::stems;
use crate::extractive::wording::IN_SHORT;

/// A question is divided into at most this many parts.
const ASPECTS_MAX: usize = 8;
/// A member of an enumeration has at most this many words.
const MEMBER_WORDS_MAX: usize = 6;

const PREPOSITIONS: [&str; 19] = [
    " differ in ",
    " compare in ",
    " with respect to ",
    " with regard to ",
    " in regard to ",
    " in terms of ",
    " in respect of ",
    " as regards ",
    " regarding ",
    " concerning ",
    " about ",
    " on ",
    " by ",
    " when it comes to ",
    " in their ",
    " in its ",
    " for ",
    " of ",
    ": ",
];
const QUESTION_WORDS: [&str; 24] = [
    "what",
    "how",
    "who",
    "when",
    "which",
    "where",
    "why",
    "does",
    "do",
    "is",
    "are",
    "can",
    "may",
    "must",
    "should",
    "under",
    "whether",
    "list",
    "explain",
    "describe",
    "summarise",
    "summarize",
    "name",
    "compare",
];

/// The aspects of `text`; the whole question where it has no parts.
pub(crate) fn aspects(text: &str, form: QuestionForm, mentions: &[Mention]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = String::new();
    for question in questions(text) {
        let question = resolved(&question, &before);
        before.clone_from(&question);
        let parts = match form {
            QuestionForm::Compare => compared(text, &question, mentions),
            QuestionForm::Data => vec![question],
            _ => enumerated(&question),
        };
        for part in parts {
            if !found.contains(&part) && (has_content(&part) || part == IN_SHORT) {
                found.push(part);
            }
        }
    }
    found.truncate(ASPECTS_MAX);
    if found.is_empty() { vec![flat(text)] } else { found }
}

/// A part that only points back (`how can they be prevented`) gets the words it points to.
fn resolved(question: &str, before: &str) -> String {
    let points = question.split(' ').any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        matches!(
            bare.as_str(),
            "it" | "they" | "them" | "its" | "their" | "this" | "these" | "those" | "that"
        )
    });
    let topic: Vec<String> = concepts(before)
        .into_iter()
        .filter(|concept| {
            concept.kind != Kind::Soft && !concepts(question).iter().any(|own| own.stem == concept.stem)
        })
        .map(|concept| concept.word)
        .collect();
    if !points
        || topic.is_empty()
        || concepts(question).iter().filter(|own| own.kind != Kind::Soft).count() > 1
    {
        return question.to_owned();
    }
    format!("{} ({})", question.trim_end_matches('?'), topic.join(" "))
}

fn has_content(text: &str) -> bool {
    stems(text).iter().any(|stem| !is_stop(stem))
}

/// Sentences of the order, divided before `and what …`, `, how …`.
fn questions(text: &str) -> Vec<String> {
    let text = flat(text);
    let mut questions = Vec::new();
    for sentence in text.split_inclusive(['?', ';', '\n']).flat_map(|part| part.split_inclusive(". ")) {
        questions.extend(coordinated(sentence.trim()));
    }
    questions.retain(|question| has_content(question));
    questions
}

fn coordinated(sentence: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut current: Vec<&str> = Vec::new();
    let words: Vec<&str> = sentence.split(' ').collect();
    for (at, word) in words.iter().enumerate() {
        let joined = *word == "and" || current.last().is_some_and(|last| last.ends_with(','));
        let next = if *word == "and" { words.get(at + 1) } else { Some(word) };
        let asks = next.is_some_and(|next| QUESTION_WORDS.contains(&next.to_lowercase().as_str()));
        if joined && asks && current.len() >= 3 {
            parts.push(current.join(" "));
            current.clear();
            if *word == "and" {
                continue;
            }
        }
        current.push(word);
    }
    parts.push(current.join(" "));
    parts
        .into_iter()
        .map(|part| part.trim_matches([',', ' ']).to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// What documents are compared on: the enumeration behind a preposition, else the question without the documents.
fn compared(whole: &str, question: &str, mentions: &[Mention]) -> Vec<String> {
    let named: Vec<&str> = mentions.iter().map(|mention| &whole[mention.place.clone()]).collect();
    let is_named = |member: &str| named.iter().any(|name| member.contains(name));
    for preposition in PREPOSITIONS {
        for (at, _) in question.match_indices(preposition) {
            let members: Vec<String> = members(&question[at + preposition.len()..])
                .into_iter()
                .map(|member| without(&member, &named))
                .filter(|member| has_topic(member) && !is_named(member))
                .collect();
            if let ([one], Some(noun)) = (members.as_slice(), laid_down(&question[..at])) {
                return vec![format!("{noun}{preposition}{one}")];
            }
            if !members.is_empty() {
                return members;
            }
        }
    }
    let rest = topic(question, &named);
    vec![if has_topic(&rest) { rest } else { IN_SHORT.to_owned() }]
}

/// The noun behind `what` or `which` that says what kind of rule is wanted: `obligations`.
fn laid_down(before: &str) -> Option<&'static str> {
    const NOUNS: [&str; 8] = [
        "obligations",
        "obligation",
        "duties",
        "conditions",
        "requirements",
        "rights",
        "restrictions",
        "prohibitions",
    ];
    let lower = before.to_lowercase();
    let asks = lower.contains("what ") || lower.contains("which ");
    NOUNS.into_iter().find(|noun| asks && lower.split(' ').any(|word| word == *noun))
}

const COMPARING: [&str; 58] = [
    "did",
    "change",
    "changed",
    "changes",
    "from",
    "editions",
    "two",
    "three",
    "both",
    "all",
    "contracts",
    "contract",
    "agreements",
    "agreement",
    "policies",
    "policy",
    "candidates",
    "offers",
    "reports",
    "versions",
    "main",
    "contradict",
    "other",
    "another",
    "agree",
    "treat",
    "handle",
    "deal",
    "address",
    "say",
    "says",
    "cover",
    "regulate",
    "define",
    "describe",
    "with",
    "compare",
    "comparison",
    "difference",
    "differences",
    "differ",
    "versus",
    "vs",
    "contrast",
    "similarities",
    "common",
    "between",
    "documents",
    "files",
    "licences",
    "licenses",
    "document",
    "licence",
    "license",
    "texts",
    "following",
    "these",
    "each",
];

fn has_topic(text: &str) -> bool {
    text.split(' ').any(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        !COMPARING.contains(&bare.as_str()) && stems(&bare).iter().any(|stem| !is_stop(stem))
    })
}

fn topic(question: &str, named: &[&str]) -> String {
    let rest = without(question, named);
    let kept = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let year = bare.len() == 4 && bare.bytes().all(|byte| byte.is_ascii_digit());
        !bare.is_empty()
            && !year
            && !COMPARING.contains(&bare.as_str())
            && !QUESTION_WORDS.contains(&bare.as_str())
    };
    let kept: Vec<&str> =
        rest.split(' ').filter(kept).map(|word| word.trim_matches([',', '?', '.', ':'])).collect();
    trimmed(&kept.join(" "))
}

fn without(text: &str, named: &[&str]) -> String {
    let mut rest = text.to_owned();
    for name in named {
        rest = rest.replace(name, "");
    }
    trimmed(&flat(&rest))
}

/// `a, b and c` as three; one where it is no enumeration of short members.
fn members(text: &str) -> Vec<String> {
    let text = text.trim().trim_end_matches(['?', '.', '!']);
    let pieces: Vec<String> = text
        .split([',', ';'])
        .flat_map(|piece| piece.split(" and "))
        .flat_map(|piece| piece.split(" as well as "))
        .flat_map(|piece| piece.split(" or "))
        .map(trimmed)
        .filter(|piece| !piece.is_empty())
        .collect();
    let short = pieces.iter().all(|piece| piece.split(' ').count() <= MEMBER_WORDS_MAX);
    if short { pieces } else { vec![trimmed(text)] }
}

/// Without the small words around it.
fn trimmed(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let small = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        bare.is_empty()
            || matches!(
                bare.as_str(),
                "and"
                    | "the"
                    | "or"
                    | "a"
                    | "an"
                    | "of"
                    | "in"
                    | "on"
                    | "their"
                    | "its"
                    | "how"
                    | "both"
                    | "to"
                    | "about"
                    | "for"
            )
    };
    while words.first().is_some_and(|word| small(word)) {
        words.remove(0);
    }
    while words.last().is_some_and(|word| small(word)) {
        words.pop();
    }
    words.join(" ").trim_matches([',', ';', ':', ' ']).to_owned()
}

/// `What do they say about a, b and c?` as three; else the question itself.
fn enumerated(question: &str) -> Vec<String> {
    for preposition in [" about ", " regarding ", " concerning ", " with respect to ", " with regard to "] {
        let Some((_, tail)) = question.split_once(preposition) else { continue };
        let members = members(tail);
        if members.len() > 1 && members.iter().all(|member| has_content(member)) {
            return members;
        }
    }
    vec![question.trim().to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::question::mention::mentions;
    use divisi_llm::inputs::DocumentBrief;

    fn check(text: &str, form: QuestionForm, expected: &[&str]) {
        let files = ["Apache-2.0", "GPL-2", "GPL-3"];
        let briefs: Vec<DocumentBrief> = files
            .iter()
            .map(|file| DocumentBrief { file: (*file).to_owned(), ..DocumentBrief::default() })
            .collect();
        assert_eq!(aspects(text, form, &mentions(text, &briefs)), expected, "{text}");
    }

    #[test]
    fn parts_of_questions() {
        let lookup = QuestionForm::Lookup;
        check("Who owns it?", lookup, &["Who owns it?"]);
        check("What is a fork, and how is it made?", lookup, &["What is a fork", "how is it made (fork)"]);
        check(
            "What is said about patents, warranty and source code?",
            lookup,
            &["patents", "warranty", "source code"],
        );
        check("", lookup, &[""]);
        check("Explain a, b", lookup, &["Explain a, b"]);
        check("Who may copy it and who may sell it?", lookup, &["Who may copy it", "who may sell it?"]);
        check("What do they say regarding patents and fees?", lookup, &["patents", "fees"]);
        check("What is a tag? When does it end?", lookup, &["What is a tag?", "When does it end (tag)"]);
        check(
            "What is needed for copying and sharing it?",
            lookup,
            &["What is needed for copying and sharing it?"],
        );
    }

    #[test]
    fn what_documents_are_compared_on() {
        let compare = QuestionForm::Compare;
        check(
            "Compare GPL-2, GPL-3 and Apache-2.0 on patents and warranty.",
            compare,
            &["patents", "warranty"],
        );
        check(
            "How do GPL-2 and GPL-3 differ in their treatment of termination?",
            compare,
            &["treatment of termination"],
        );
        check("What is the difference between GPL-2 and GPL-3?", compare, &["in short"]);
        check("Compare the patent clauses of GPL-3 and Apache-2.0", compare, &["patent clauses"]);
        check("What is the difference between GPL-2 and GPL-3 regarding patents?", compare, &["patents"]);
        check("Compare the licences on patents and warranty", compare, &["patents", "warranty"]);
        check(
            "Compare GPL-2 and GPL-3: fees, source code, Tivoization",
            compare,
            &["fees", "source code", "Tivoization"],
        );
        check("Compare the documents", compare, &["in short"]);
        check("GPL-2 vs GPL-3", compare, &["in short"]);
        check("Compare the two contracts", compare, &["in short"]);
        check("What is the notice period in each contract?", compare, &["notice period"]);
        check(
            "What obligations does each licence put on someone who distributes copies?",
            compare,
            &["obligations on someone who distributes copies"],
        );
    }
}
