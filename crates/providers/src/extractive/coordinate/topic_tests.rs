//! Findings by topic: rows of what the specialists handed in and what becomes of it.

use divisi_llm::inputs::{AcceptedSolution, CoordinateInput, SubtaskBrief};
use divisi_llm::outputs::{Cell, Citation, Claim, Relationship, Row, Solution, Table};

use super::{AROUND, coordinate};
use crate::extractive::assignment::Deliverable;
use crate::extractive::wording::quoted;

fn claim(source: &str, start: u64, text: &str) -> Claim {
    let citation = Citation {
        source: source.to_owned(),
        file: format!("{source}.txt"),
        start,
        end: start + text.len() as u64,
        quote: text.to_owned(),
        ..Citation::default()
    };
    Claim { text: text.to_owned(), citations: vec![citation], subtasks: Vec::new() }
}

fn accepted(number: u16, deliverable: Deliverable, aspect: &str, claims: Vec<Claim>) -> AcceptedSolution {
    let subtask = SubtaskBrief {
        number,
        title: format!("Part {number}"),
        agent_type: "reader".to_owned(),
        description: format!("Look for {}.", quoted(aspect)),
        deliverable: deliverable.sentence().to_owned(),
        ..SubtaskBrief::default()
    };
    let solution = Solution { claims, confidence: f64::from(number) / 10.0, ..Solution::default() };
    AcceptedSolution { subtask, solution, score_hundredths: 900 }
}

fn input(solutions: Vec<AcceptedSolution>) -> CoordinateInput {
    CoordinateInput {
        task: divisi_llm::inputs::TaskBrief::default(),
        analysis: divisi_llm::outputs::Analysis::default(),
        solutions,
        gaps: Vec::new(),
    }
}

const FEE: &str = "The fee for each copy of the work is 10 dollars.";
const DATE: &str = "It ends on the last day of the month of March.";

#[test]
fn topics_are_the_aspects_and_what_surrounds_them_comes_last() {
    let found = coordinate(&input(vec![
        accepted(
            1,
            Deliverable::Background,
            "the fee",
            vec![claim("D1", 500, "Unless somebody else agreed to pay it.")],
        ),
        accepted(2, Deliverable::Statements, "the fee", vec![claim("D1", 0, FEE)]),
        accepted(3, Deliverable::Items, "the end", vec![claim("D2", 0, DATE)]),
        accepted(
            4,
            Deliverable::Overview,
            "all",
            vec![claim("D3", 0, "Everything else stands in the annex to this.")],
        ),
    ]));
    let topics: Vec<(&str, usize)> = found
        .structured_findings
        .iter()
        .map(|topic| (topic.topic.as_str(), topic.key_points.len()))
        .collect();
    assert_eq!(topics, [("the fee", 1), ("the end", 1), ("Part 4", 1), (AROUND, 1)]);
    assert_eq!(found.metadata.confidence_range, [0.1, 0.4]);
}

#[test]
fn the_same_finding_is_one_with_all_its_places_and_specialists() {
    let again = "the fee for each copy of the work is 10  dollars";
    let found = coordinate(&input(vec![
        accepted(1, Deliverable::Statements, "the fee", vec![claim("D1", 0, FEE), claim("D1", 0, FEE)]),
        accepted(2, Deliverable::Background, "the fee", vec![claim("D2", 7, again)]),
    ]));
    assert_eq!(found.structured_findings.len(), 1);
    let point = &found.structured_findings[0].key_points[0];
    let places: Vec<(&str, u64)> =
        point.citations.iter().map(|one| (one.source.as_str(), one.start)).collect();
    assert_eq!((places, point.subtasks.clone()), (vec![("D1", 0), ("D2", 7)], vec![1, 2]));
    assert_eq!(found.cross_references.len(), 1);
    assert_eq!(found.cross_references[0].relationship, Relationship::Supports);
}

#[test]
fn only_other_figures_on_the_same_subject_of_other_documents_contradict() {
    let rows = [
        (FEE, "The fee for each copy of the work is 12 dollars.", "D2", true),
        (FEE, "The fee for each copy of the work is 12 dollars.", "D1", false),
        (FEE, "The fee for each copy of the work is 10 dollars or more.", "D2", false),
        (FEE, "On 12 March the parties met in the town hall of Bern.", "D2", false),
        ("9. There is no warranty for the work.", "11. There is no warranty for the work.", "D2", false),
        (
            "The terms of section 4 hold for each copy.",
            "The terms of section 5 hold for each copy.",
            "D2",
            false,
        ),
    ];
    for (one, other, source, expected) in rows {
        let found = coordinate(&input(vec![
            accepted(1, Deliverable::Statements, "the fee", vec![claim("D1", 0, one)]),
            accepted(2, Deliverable::Statements, "the rest", vec![claim(source, 900, other)]),
        ]));
        assert_eq!(!found.inconsistencies.is_empty(), expected, "{one} / {other}: {found:?}");
    }
}

#[test]
fn a_comparison_takes_the_place_of_the_tables_it_was_made_from() {
    let table = |label: &str| Table {
        columns: vec!["document".to_owned(), "fee".to_owned()],
        rows: vec![Row {
            label: label.to_owned(),
            cells: vec![Cell { text: "x".to_owned(), citations: Vec::new() }],
        }],
    };
    let with = |mut one: AcceptedSolution, label: &str| {
        one.solution.table = Some(table(label));
        one
    };
    let rows = with(accepted(1, Deliverable::Rows, "fee", Vec::new()), "part");
    let whole = with(accepted(2, Deliverable::Comparison, "fee", Vec::new()), "whole");
    let labels = |solutions: Vec<AcceptedSolution>| {
        let found = coordinate(&input(solutions));
        let tables = found.structured_findings.iter().flat_map(|topic| &topic.supporting_data);
        tables.map(|table| table.rows[0].label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels(vec![rows.clone(), whole]), ["whole"]);
    assert_eq!(labels(vec![rows]), ["part"]);
}

#[test]
fn a_gap_is_told_once_and_nothing_found_has_no_confidence() {
    let mut one = accepted(1, Deliverable::Statements, "the fee", Vec::new());
    one.solution.gaps = vec!["The documents do not say: the fee".to_owned(); 2];
    let found = coordinate(&input(vec![one]));
    assert_eq!(found.identified_gaps, ["The documents do not say: the fee"]);
    assert!(found.structured_findings.is_empty());
    let nothing = coordinate(&input(Vec::new()));
    assert!(nothing.metadata.confidence_range.is_empty());
    assert_eq!(nothing.metadata.total_specialists, 0);
}
