use divisi_llm::inputs::{Dependency, SubtaskBrief, TaskBrief};
use divisi_llm::outputs::{Analysis, Citation};

use super::*;
use crate::extractive::assignment::Deliverable;

fn cell(text: &str, source: &str) -> Cell {
    let citation =
        Citation { source: source.to_owned(), quote: text.to_owned(), end: 9, ..Citation::default() };
    let citations = if text == SAYS_NOTHING { Vec::new() } else { vec![citation] };
    Cell { text: text.to_owned(), citations }
}

fn dependency(columns: &[&str], rows: &[(&str, &str, &[&str])], gaps: &[&str]) -> Dependency {
    let row = |(label, source, cells): &(&str, &str, &[&str])| Row {
        label: (*label).to_owned(),
        cells: cells.iter().map(|text| cell(text, source)).collect(),
    };
    let columns = std::iter::once("document").chain(columns.iter().copied()).map(str::to_owned).collect();
    let table = Table { columns, rows: rows.iter().map(row).collect() };
    let gaps = gaps.iter().map(|gap| (*gap).to_owned()).collect();
    let solution = Solution { table: Some(table), gaps, ..Solution::default() };
    Dependency { subtask: SubtaskBrief::default(), solution: Some(solution), gap: None }
}

fn compared(aspects: &[&str], dependencies: Vec<Dependency>) -> Solution {
    let input = WorkInput {
        task: TaskBrief::default(),
        analysis: Analysis::default(),
        subtask: SubtaskBrief::default(),
        dependencies,
        feedback: Vec::new(),
        turn: 1,
        turns_max: 12,
        lessons: Vec::new(),
    };
    let assignment = Assignment {
        deliverable: Deliverable::Comparison,
        aspects: aspects.iter().map(|aspect| (*aspect).to_owned()).collect(),
        sources: Vec::new(),
    };
    Comparison { input: &input, assignment }.solution(&Exchanges::default())
}

fn cells(solution: &Solution) -> Vec<(String, Vec<String>)> {
    let rows = &solution.table.as_ref().unwrap().rows;
    rows.iter()
        .map(|row| (row.label.clone(), row.cells.iter().map(|cell| cell.text.clone()).collect()))
        .collect()
}

#[test]
fn rows_of_all_readings_become_one_table_in_the_order_of_their_names() {
    let solution = compared(
        &["patents", "warranty"],
        vec![
            dependency(&["patents", "warranty"], &[("MPL", "D2", &["It grants.", SAYS_NOTHING])], &["gap"]),
            // Another reading names its columns in another order, and one that nobody asked for.
            dependency(
                &["warranty", "fees", "patents"],
                &[("GPL", "D1", &["None.", "Any.", "It is free."])],
                &[],
            ),
        ],
    );
    let expected = [("GPL", ["It is free.", "None."]), ("MPL", ["It grants.", SAYS_NOTHING])];
    let expected: Vec<(String, Vec<String>)> = expected
        .into_iter()
        .map(|(label, cells)| (label.to_owned(), cells.map(str::to_owned).to_vec()))
        .collect();
    assert_eq!(cells(&solution), expected);
    assert_eq!(solution.table.unwrap().columns, ["document", "patents", "warranty"]);
    assert_eq!(solution.gaps, ["gap"]);
    assert_eq!(solution.claims.len(), 3);
}

#[test]
fn a_column_that_nobody_read_says_nothing() {
    let solution =
        compared(&["fees"], vec![dependency(&["patents"], &[("GPL", "D1", &["It is free."])], &[])]);
    assert_eq!(cells(&solution), [("GPL".to_owned(), vec![SAYS_NOTHING.to_owned()])]);
    assert!(solution.claims.is_empty());
    assert!(solution.confidence < 0.5);
}

#[test]
fn aspects_that_the_readings_found_are_the_columns() {
    let read = vec![
        dependency(&["rent", "pets"], &[("A", "D1", &["It is 9.", "None."])], &[]),
        dependency(&["rent", "pets"], &[("B", "D2", &["It is 8.", "All."])], &[]),
    ];
    let solution = compared(&[IN_SHORT], read);
    assert_eq!(solution.table.unwrap().columns, ["document", "rent", "pets"]);
    assert_eq!(solution.claims.len(), 4);
}

#[test]
fn a_reading_that_failed_is_a_gap() {
    let failed = Dependency {
        subtask: SubtaskBrief::default(),
        solution: None,
        gap: Some("Subtask 1 brought nothing.".to_owned()),
    };
    let solution = compared(&["patents"], vec![failed]);
    assert!(cells(&solution).is_empty());
    assert_eq!(solution.gaps, ["Subtask 1 brought nothing."]);
}

#[test]
fn what_fills_two_cells_of_a_document_is_claimed_once_and_of_two_documents_twice() {
    let same = "It comes as it is, without warranty or patents.";
    let solution = compared(
        &["patents", "warranty"],
        vec![dependency(
            &["patents", "warranty"],
            &[("GPL", "D1", &[same, same]), ("MPL", "D2", &[same, SAYS_NOTHING])],
            &[],
        )],
    );
    let sources: Vec<&str> = solution.claims.iter().map(|claim| claim.citations[0].source.as_str()).collect();
    assert_eq!(sources, ["D1", "D2"]);
}
