use super::super::searches::{Findings, Hit};
use super::*;
use crate::extractive::text::sentence::Shape;

fn hit(heading: &str, text: &str) -> Hit {
    Hit {
        source: "D1".to_owned(),
        file: "lease.txt".to_owned(),
        start: 0,
        end: text.len() as u64,
        line: 1,
        lines: None,
        page: None,
        heading: Some(heading.to_owned()),
        score_milli: 5_000,
        text: text.to_owned(),
    }
}

/// A library of a hundred passages, in which each of these words stands so often.
fn findings(frequency: &[(&str, u64)]) -> Findings {
    let frequency = frequency.iter().map(|(stem, count)| ((*stem).to_owned(), *count)).collect();
    Findings { chunks: 100, frequency, ..Findings::default() }
}

const USUAL: [(&str, u64); 8] = [
    ("rent", 5),
    ("flat", 5),
    ("garag", 5),
    ("default", 5),
    ("key", 5),
    ("tenant", 5),
    ("machin", 5),
    ("readabl", 5),
];

fn coverage(question: &str, heading: &str, text: &str) -> f64 {
    let hit = hit(heading, text);
    Query::of(question, &findings(&USUAL)).passage(&Passage::of(&hit, Shape::Prose))
}

fn check(question: &str, heading: &str, text: &str, expected: std::ops::RangeInclusive<f64>) {
    let found = coverage(question, heading, text);
    assert!(expected.contains(&found), "{question:?} over {text:?} under {heading:?}: {found}");
}

#[test]
fn a_passage_covers_what_it_speaks_of() {
    let ask = "What is the rent for the flat?";
    check(ask, "", "The rent for the flat is 900 euros.", 0.99..=1.0);
    check(ask, "Flat", "The rent is 900 euros.", 0.85..=0.95);
    check(ask, "", "The rent is 900 euros.", 0.4..=0.7);
    check(ask, "", "The garage is locked at night.", 0.0..=0.0);
    check(ask, "", "", 0.0..=0.0);
    check("", "", "The rent for the flat is 900 euros.", 0.0..=0.0);
}

#[test]
fn what_answers_often_lack_weighs_little() {
    let ask = "Which rules does the document state about the rent?";
    check(ask, "", "The rent is 900 euros.", 0.6..=1.0);
    check(ask, "", "The document states rules.", 0.0..=0.4);
}

#[test]
fn a_passage_without_the_marker_answers_another_question() {
    let ask = "What is the default rent?";
    check(ask, "", "The default rent is 900 euros.", 0.99..=1.0);
    check(ask, "Default", "The rent is 900 euros.", 0.85..=1.0);
    check(ask, "", "The rent is 900 euros.", 0.0..=0.5);
    // It says `default` of something else.
    check(ask, "", "The rent is 900 euros. The lock has a default code.", 0.5..=0.61);
}

#[test]
fn joined_parts_count_by_the_best_of_them() {
    let ask = "Does the tenant return keys or machines?";
    check(ask, "", "The tenant returns all keys.", 0.8..=1.0);
    check(ask, "", "The tenant returns machines.", 0.8..=1.0);
    check(ask, "", "The tenant sleeps.", 0.0..=0.6);
}

#[test]
fn words_that_a_hyphen_or_a_name_joins_weigh_together() {
    let weights = |question: &str, stem: &str| Query::of(question, &findings(&USUAL)).word_weight(stem);
    let apart = weights("a machine and a readable rent", "machin");
    let joined = weights("a machine-readable rent", "machin");
    assert!(joined < apart, "{joined} {apart}");
    let name = weights("Who leads the Green Garden Foundation?", "garden");
    let word = weights("Who leads the green garden foundation?", "garden");
    assert!(name < word, "{name} {word}");
}

#[test]
fn things_to_be_counted_lift_the_passage_that_counts_them() {
    let ask = "How many keys must the tenant return to the landlord of the garage?";
    let counting = coverage(ask, "", "There are three keys for the garage.");
    let speaking = coverage(ask, "", "There are some keys for the garage.");
    assert!(counting > speaking + 0.15, "{counting} {speaking}");
}

#[test]
fn a_name_that_stands_nowhere_is_foreign() {
    let foreign = |question: &str, found: &Findings| Query::of(question, found).has_foreign_name();
    assert!(foreign("What is the rent in Oslo?", &findings(&USUAL)));
    assert!(!foreign("What is the rent in Oslo?", &findings(&[("oslo", 1)])));
    assert!(!foreign("What is the rent?", &findings(&USUAL)));
    assert!(!foreign("What is the rent in Oslo?", &Findings::default()));
}

#[test]
fn a_value_that_is_asked_for_must_be_there() {
    let lacks = |question: &str, text: &str| {
        let hit = hit("", text);
        let passage = Passage::of(&hit, Shape::Prose);
        Query::of(question, &findings(&USUAL)).lacks_value(&[&passage])
    };
    assert!(lacks("How much is the rent?", "The rent is due."));
    assert!(!lacks("How much is the rent?", "The rent is 900 euros."));
    assert!(lacks("In which year was the garage built?", "The garage was built long ago."));
    assert!(!lacks("In which year was the garage built?", "The garage was built in 1976."));
    assert!(!lacks("Who built the garage?", "The garage was built long ago."));
}

#[test]
fn a_statement_scores_by_its_own_words_first() {
    let query = Query::of("What is the rent for the flat?", &findings(&USUAL));
    let hit = hit(
        "",
        "The rent for the flat is 900 euros a month in total. The garage may be locked at night by anyone.",
    );
    let passage = Passage::of(&hit, Shape::Prose);
    let score = |at: usize| {
        let statement = &passage.statements[at];
        query.score(statement, query.own(statement, &passage), query.passage(&passage))
    };
    assert!(score(0) > score(1) + 0.3, "{} {}", score(0), score(1));
}

#[test]
fn headings_and_fragments_score_less_than_sentences() {
    let statement = |text: &str| {
        let hit = hit("", text);
        Passage::of(&hit, Shape::Prose).statements[0].clone()
    };
    let rows = [
        ("The rent", true),
        ("Rent of the flat and more", true),
        ("Accepting Rent or Additional Keys", true),
        ("Is the rent for the flat due on the first of each month?", true),
        ("The rent for the flat is due on the first of each month.", false),
    ];
    for (text, expected) in rows {
        assert_eq!(short(&statement(text)) > 0.0, expected, "{text}");
    }
}

#[test]
fn an_identifier_at_the_beginning_introduces_what_follows() {
    let query = Query::of("What does lock_flat2 do?", &findings(&USUAL));
    assert!(query.is_introduced("[Function] int lock_flat2 (key * k) k: the key"));
    assert!(!query.is_introduced("The landlord may at any time of the day call lock_flat2 to lock it."));
    assert!(!Query::of("What does the Garage do?", &findings(&USUAL)).is_introduced("Garage"));
}
