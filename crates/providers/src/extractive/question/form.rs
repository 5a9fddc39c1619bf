//! The form of a question, by its cues.

use divisi_llm::inputs::DocumentBrief;
use divisi_llm::outputs::QuestionForm;

use crate::extractive::text::language::Language;
use crate::extractive::text::word::stems;

const COMPARE: [&str; 13] = [
    "compare",
    "comparison",
    "difference between",
    "differences between",
    " differ ",
    " differs ",
    "versus",
    " vs ",
    " vs. ",
    "contrast ",
    "side by side",
    "similarities",
    "in common",
];
/// The same where there are several documents.
const CONTRAST: [&str; 6] =
    ["contradict", "change from", "changed from", "changed between", "what has changed", "what changed"];
/// What a document may be called where all of several are asked about one by one.
pub(super) const KINDS: [&str; 13] = [
    "candidate",
    "offer",
    "document",
    "file",
    "text",
    "licence",
    "license",
    "contract",
    "policy",
    "report",
    "version",
    "agreement",
    "manual",
];
const SUMMARISE: [&str; 10] = [
    "summarise",
    "summarize",
    "summary",
    "overview",
    "main points",
    "key points",
    "main statements",
    "what is this document about",
    "what are these documents about",
    "gist of",
];
const HOW_TO: [&str; 11] = [
    "how do i ",
    "how do you ",
    "how do we ",
    "how to ",
    "how can ",
    "how should ",
    "how must ",
    "steps to ",
    "steps for ",
    "procedure for ",
    "how would ",
];
const LIST: [&str; 10] = [
    "list ",
    "enumerate ",
    "name all",
    "name the",
    "what are the",
    "which are the",
    "all the ",
    "give all",
    "what kinds of",
    "what types of",
];
const DATA: [&str; 31] = [
    "how many",
    "how much",
    "count ",
    "number of",
    "sum ",
    "total",
    "average",
    "mean ",
    "highest",
    "lowest",
    "largest",
    "smallest",
    "latest",
    "earliest",
    "oldest",
    "newest",
    "longest",
    "shortest",
    "maximum",
    "minimum",
    "most ",
    "fewest",
    "rows",
    "column",
    "after ",
    "before ",
    "between ",
    "greater than",
    "less than",
    "more than",
    "where ",
];
const YES_NO: [&str; 19] = [
    "is", "are", "does", "do", "can", "may", "must", "should", "has", "have", "will", "was", "were", "am",
    "did", "could", "would", "shall", "need",
];
const EXPLAIN: [&str; 9] = [
    "why ",
    "how does",
    "how is",
    "how are",
    "how did",
    "explain",
    "what happens",
    "describe",
    "what does it mean",
];

/// Documents that are laid side by side though the question names none of them.
const LAID_OUT_MAX: usize = 20;

/// The form of `text`, asked over `documents`, which it names in so many `places`.
pub(crate) fn form(text: &str, documents: &[DocumentBrief], places: usize) -> QuestionForm {
    let lower = format!("{} ", text.to_lowercase().replace(['?', ','], " "));
    if let Some(form) = foreign(&lower, documents.len()) {
        return if is_data(&lower, documents) { QuestionForm::Data } else { form };
    }
    let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
    let starts = |cues: &[&str]| cues.iter().any(|cue| lower.starts_with(cue));
    let instructs = ["how do i ", "how do you ", "how do we ", "how to ", "how can "];
    let contrasts = documents.len() > 1 && has(&CONTRAST) && !is_data(&lower, documents);
    // One document, or many of which none is named, are searched for what they say on the difference.
    let laid_out = documents.len() != 1 && (places > 0 || documents.len() <= LAID_OUT_MAX);
    if has(&COMPARE) && laid_out
        || contrasts
        || asks_each(&lower, documents)
        || places > 1 && !starts(&instructs) && !is_data(&lower, documents)
    {
        QuestionForm::Compare
    } else if is_data(&lower, documents) {
        QuestionForm::Data
    } else if has(&SUMMARISE) || starts(&["what is ", "what are "]) && lower.trim_end().ends_with(" about") {
        QuestionForm::Summarise
    } else if has(&HOW_TO) {
        QuestionForm::HowTo
    } else if has(&EXPLAIN) {
        QuestionForm::Explain
    } else if starts(&LIST)
        || has(&["list all", "list the", "enumerate"])
        || lower.contains("which ") && lower.contains(" are ")
    {
        QuestionForm::List
    } else if YES_NO.contains(&lower.split_whitespace().next().unwrap_or_default()) {
        QuestionForm::YesNo
    } else {
        QuestionForm::Lookup
    }
}

/// The form by cues of other languages than English.
fn foreign(lower: &str, documents: usize) -> Option<QuestionForm> {
    if Language::of(lower) == Language::English {
        return None;
    }
    let has = |cues: &[&str]| cues.iter().any(|cue| lower.contains(cue));
    let starts = |cues: &[&str]| cues.iter().any(|cue| lower.starts_with(cue));
    let compares = has(&[
        "vergleich",
        "unterschied",
        "unterscheid",
        "compar",
        "différence",
        "diferencia",
        "differenz",
        "confront",
    ]);
    let yes_no = [
        "ist", "sind", "darf", "dürfen", "kann", "können", "muss", "müssen", "gibt", "hat", "haben", "wird",
        "est-ce", "peut-on", "puis-je",
    ];
    Some(if compares && documents > 1 {
        QuestionForm::Compare
    } else if has(&["zusammenfass", "fasse ", "überblick", "résume", "résumé", "resum", "riassum"]) {
        QuestionForm::Summarise
    } else if starts(&["wie kann ich ", "wie kann man ", "wie muss ich ", "comment ", "cómo ", "come si "]) {
        QuestionForm::HowTo
    } else if starts(&[
        "nenne ", "liste ", "zähle ", "welche ", "énumér", "quels ", "quelles ", "cuáles ", "enumera ",
    ]) {
        QuestionForm::List
    } else if starts(&["warum ", "wieso ", "erkläre ", "pourquoi ", "explique", "por qué ", "perché "]) {
        QuestionForm::Explain
    } else if yes_no.contains(&lower.split_whitespace().next().unwrap_or_default()) {
        QuestionForm::YesNo
    } else {
        QuestionForm::Lookup
    })
}

/// "What does each licence say about …", with several documents to answer one by one.
fn asks_each(lower: &str, documents: &[DocumentBrief]) -> bool {
    let plain = lower.replace(|c: char| !c.is_alphanumeric(), " ");
    let named =
        |kind: &str| plain.contains(&format!("each {kind} ")) || plain.contains(&format!("every {kind} "));
    let prose = documents.iter().all(|document| document.columns.is_empty());
    documents.len() > 1 && prose && KINDS.into_iter().any(named)
}

/// All documents are tables; or some are, their columns are asked for, and a cue of counting is there.
fn is_data(lower: &str, documents: &[DocumentBrief]) -> bool {
    let tables = documents.iter().filter(|document| !document.columns.is_empty()).count();
    if tables == 0 {
        return false;
    }
    if tables == documents.len() {
        return true;
    }
    let asked = stems(lower);
    let column = |column: &String| stems(&column.replace('_', " ")).iter().any(|stem| asked.contains(stem));
    let file = |document: &DocumentBrief| {
        !document.columns.is_empty() && lower.contains(&document.file.to_lowercase())
    };
    let columns = documents.iter().flat_map(|document| &document.columns).filter(|name| column(name)).count();
    documents.iter().any(file) || columns > 0 && DATA.iter().any(|cue| lower.contains(cue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_cues() {
        let rows = [
            ("Compare GPL-2 and GPL-3 on patents", QuestionForm::Compare),
            ("What is the difference between a and b?", QuestionForm::Compare),
            ("Summarise the licence", QuestionForm::Summarise),
            ("How do I undo a commit?", QuestionForm::HowTo),
            ("Why does vacuum exist?", QuestionForm::Explain),
            ("List all essential fields", QuestionForm::List),
            ("Which fields are mandatory?", QuestionForm::List),
            ("May I sell copies?", QuestionForm::YesNo),
            ("What is the default port?", QuestionForm::Lookup),
            ("Contrast the two approaches", QuestionForm::Compare),
            ("apples vs. pears", QuestionForm::Compare),
            ("What do they have in common?", QuestionForm::Compare),
            ("Give me an overview of the manual", QuestionForm::Summarise),
            ("What are the key points?", QuestionForm::Summarise),
            ("What is this contract about?", QuestionForm::Summarise),
            ("What are the steps to upgrade?", QuestionForm::HowTo),
            ("How can a lock be released?", QuestionForm::HowTo),
            ("How does vacuum work?", QuestionForm::Explain),
            ("What happens when it fails?", QuestionForm::Explain),
            ("Explain the lock modes", QuestionForm::Explain),
            ("What are the lock modes?", QuestionForm::List),
            ("Name all maintainers", QuestionForm::List),
            ("Is it allowed?", QuestionForm::YesNo),
            ("Does it matter?", QuestionForm::YesNo),
            ("Who wrote it?", QuestionForm::Lookup),
            ("How many days has a licensee?", QuestionForm::Lookup),
            ("When does it end?", QuestionForm::Lookup),
            ("", QuestionForm::Lookup),
        ];
        for (text, expected) in rows {
            assert_eq!(form(text, &[], 0), expected, "{text}");
        }
        assert_eq!(form("How do A and B treat copies?", &[], 2), QuestionForm::Compare);
        assert_eq!(form("How do I turn A into B?", &[], 2), QuestionForm::HowTo);
        let two = [DocumentBrief::default(), DocumentBrief::default()];
        assert_eq!(form("How does a lock differ from a latch?", &two[..1], 0), QuestionForm::Explain);
        assert_eq!(form("How do the two differ?", &two, 0), QuestionForm::Compare);
        assert_eq!(form("Which different locks exist?", &two, 0), QuestionForm::Lookup);
        let each = "What obligations does each licence put on someone who distributes copies?";
        assert_eq!(form(each, &two, 0), QuestionForm::Compare);
        assert_eq!(form(each, &two[..1], 0), QuestionForm::Lookup);
        assert_eq!(form("What is the notice period in each contract?", &two, 0), QuestionForm::Compare);
        assert_eq!(
            form("Do the two editions contradict each other on hotels?", &two, 0),
            QuestionForm::Compare
        );
        let rows = [
            ("Vergleiche die beiden Verträge", QuestionForm::Compare),
            ("Fasse den Vertrag zusammen", QuestionForm::Summarise),
            ("Wie kann ich die Wohnung kündigen?", QuestionForm::HowTo),
            ("Darf der Mieter rauchen?", QuestionForm::YesNo),
            ("Wer ist der Mieter?", QuestionForm::Lookup),
            ("Quels sont les horaires de la salle ?", QuestionForm::List),
            ("Quel est le prix de la carte ?", QuestionForm::Lookup),
        ];
        for (text, expected) in rows {
            assert_eq!(form(text, &two, 0), expected, "{text}");
        }
    }

    #[test]
    fn a_question_over_tables_is_a_data_question() {
        let table = DocumentBrief {
            file: "u.csv".into(),
            columns: vec!["series".into()],
            ..DocumentBrief::default()
        };
        let prose = DocumentBrief { file: "p.txt".into(), ..DocumentBrief::default() };
        let documents = [table.clone(), prose];
        assert_eq!(form("When was hoary released?", std::slice::from_ref(&table), 0), QuestionForm::Data);
        assert_eq!(form("How many series are there?", &documents, 0), QuestionForm::Data);
        assert_eq!(form("How many days has a licensee?", &documents, 0), QuestionForm::Lookup);
    }
}
