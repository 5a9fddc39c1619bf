//! What holds for any text and any question: exact citations, no panic, the same answer again, and an answer that
//! does not depend on the order of the documents.

use divisi_llm::inputs::{CitationCheck, CitationFinding, ReviewInput, SubtaskBrief, TaskBrief};
use divisi_llm::outputs::{Analysis, Citation, Solution};
use proptest::prelude::*;

use super::library::{Library, assert_exact, run};
use crate::extractive::assignment::Deliverable;
use crate::extractive::review::review;
use crate::extractive::text::excerpt::excerpt;
use crate::extractive::text::sentence::{Shape, statements};
use crate::extractive::text::similar::Fingerprint;
use crate::extractive::wording::{NOT_SAID, SAYS_NOTHING, quoted};

const QUESTIONS: [&str; 6] = [
    "What is the rent for the flat?",
    "How many keys must the tenant return?",
    "May pets and plants live in the building?",
    "When does the lease end?",
    "What is the default rent?",
    "Ünïcödé – “quotes” & 3.5 % of what?",
];
const DELIVERABLES: [Deliverable; 6] = [
    Deliverable::Statements,
    Deliverable::Items,
    Deliverable::Steps,
    Deliverable::Background,
    Deliverable::Rows,
    Deliverable::Overview,
];

/// Paragraphs of words of the questions among any others.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => prop::sample::select(vec![
            "rent", "flat", "tenant", "keys", "return", "pets", "building", "lease", "end", "default", "must", "not", "three",
            "30", "2004-10-20", "is", "the", "a", "of", "and", "if",
        ]).prop_map(str::to_owned),
        1 => "[a-zäöü€“”-]{1,8}",
        1 => "\\PC{0,6}",
    ];
    let sentence = (
        prop::collection::vec(word, 1..14),
        prop::sample::select(vec![". ", "; ", ":\n", "\n- ", "?\n", "\n\n"]),
    )
        .prop_map(|(words, end)| format!("{}{end}", words.join(" ")));
    prop::collection::vec(sentence, 0..16).prop_map(|sentences| sentences.concat())
}

fn library(texts: &[String], reversed: bool) -> Library {
    let mut all: Vec<(String, String)> =
        texts.iter().enumerate().map(|(at, text)| (format!("file{at}.txt"), text.clone())).collect();
    if reversed {
        all.reverse();
    }
    // As the product numbers them: by name, whatever the order in which they were given.
    all.sort();
    Library(
        all.into_iter().enumerate().map(|(at, (file, text))| (format!("D{}", at + 1), file, text)).collect(),
    )
}

fn citations(solution: &Solution) -> Vec<Citation> {
    let cells = solution.table.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
    let of_cells = cells.flat_map(|cell| cell.citations.clone());
    solution.claims.iter().flat_map(|claim| claim.citations.clone()).chain(of_cells).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_handed_in_is_cited_exactly_and_always_the_same(
        texts in prop::collection::vec(text(), 1..4),
        question in prop::sample::select(QUESTIONS.to_vec()),
        deliverable in prop::sample::select(DELIVERABLES.to_vec()),
    ) {
        let documents = library(&texts, false);
        let description = format!("Look for {}.", quoted(question));
        let solution = run(&documents, &description, deliverable, &[]);
        assert_exact(&documents, &citations(&solution));
        prop_assert!(solution.claims.iter().all(|claim| !claim.citations.is_empty()));
        prop_assert!(!solution.claims.is_empty() || !solution.gaps.is_empty(), "{:?}", solution);
        for cell in solution.table.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells) {
            prop_assert!(cell.citations.is_empty() == (cell.text == SAYS_NOTHING), "{:?}", cell);
        }
        prop_assert_eq!(&solution, &run(&library(&texts, true), &description, deliverable, &[]));
    }

    #[test]
    fn an_honest_solution_is_never_refused(
        texts in prop::collection::vec(text(), 1..4),
        question in prop::sample::select(QUESTIONS.to_vec()),
        deliverable in prop::sample::select(DELIVERABLES.to_vec()),
    ) {
        let documents = library(&texts, false);
        let task = TaskBrief { documents: documents.briefs(), ..TaskBrief::default() };
        let subtask = SubtaskBrief {
            description: format!("Look for {}.", quoted(question)),
            deliverable: deliverable.sentence().to_owned(),
            ..SubtaskBrief::default()
        };
        let solution = run(&documents, &subtask.description, deliverable, &[]);
        let exact = |citation: Citation| CitationCheck { citation, finding: CitationFinding::Exact };
        let citation_checks = citations(&solution).into_iter().map(exact).collect();
        let input = ReviewInput {
            task, analysis: Analysis::default(), subtask, solution, citation_checks, previous: None,
        };
        let scores = review(&input).scores;
        let sum = 3.0 * scores.completeness + 3.0 * scores.accuracy + 2.0 * scores.relevance + 2.0 * scores.quality;
        prop_assert!(sum >= 70.0, "{scores:?} {:?}", input.solution);
    }

    #[test]
    fn statements_are_in_order_do_not_overlap_and_begin_and_end_with_their_words(
        text in text(),
        shape in prop::sample::select(vec![Shape::Prose, Shape::Lines, Shape::Objects]),
    ) {
        let mut end = 0;
        for range in statements(&text, shape) {
            prop_assert!(range.start >= end, "{:?} before {}", range, end);
            let statement = text.get(range.clone());
            prop_assert!(statement.is_some_and(|one| !one.is_empty() && one.trim() == one), "{:?}", statement);
            end = range.end;
        }
    }

    #[test]
    fn an_excerpt_is_a_run_of_the_text(text in text(), words_max in 1_usize..20) {
        let part = excerpt(&text, words_max, |stem| if stem == "rent" { 1.0 } else { 0.0 });
        let bare = part.strip_prefix("… ").unwrap_or(&part);
        let bare = bare.strip_suffix(" …").unwrap_or(bare);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert!(flat.contains(bare), "{bare:?} in {flat:?}");
        prop_assert!(bare.split_whitespace().count() <= words_max);
    }

    #[test]
    fn likeness_is_mutual_and_whole_with_itself(one in text(), other in text()) {
        let (one, other) = (Fingerprint::of_text(&one), Fingerprint::of_text(&other));
        prop_assert!((one.likeness(&other) - other.likeness(&one)).abs() < 1e-12);
        prop_assert!(one == Fingerprint::default() || one.duplicates(&one));
        prop_assert_eq!(one.duplicates(&other), other.duplicates(&one));
    }

    #[test]
    fn a_gap_is_a_sentence_about_what_was_asked(question in "\\PC{0,60}") {
        let said = crate::extractive::wording::not_said(&question);
        prop_assert!(said.starts_with(NOT_SAID) && !said.ends_with('?'));
    }
}
