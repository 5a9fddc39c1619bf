//! The specialist's loop over a small library.

use divisi_llm::inputs::Feedback;
use divisi_llm::outputs::{Review, Solution};

use super::library::{Library, assert_exact, library, run};
use crate::extractive::assignment::Deliverable;
use crate::extractive::wording::{IN_SHORT, Mend, SAYS_NOTHING, quoted};

fn first(solution: &Solution) -> &str {
    solution.claims.first().map_or("", |claim| &claim.text)
}

#[test]
fn questions_are_answered_with_exact_citations_or_not_at_all() {
    let rows = [
        ("What is the rent for the flat?", "The rent for the flat is 900 euros a month."),
        ("May pets live in the building?", "Pets are not allowed in the building without written consent."),
        ("Who pays for electricity and heating?", ""),
        ("What is the rent for the office in Oslo?", ""),
    ];
    for (question, expected) in rows {
        let solution =
            run(&library(), &format!("Look for {}.", quoted(question)), Deliverable::Statements, &[]);
        assert_eq!(first(&solution), expected, "{question}");
        assert_eq!(solution.gaps.is_empty(), !expected.is_empty(), "{question}");
        solution.claims.iter().for_each(|claim| assert_exact(&library(), &claim.citations));
    }
}

#[test]
fn items_are_found_behind_the_passage_that_opens_their_list() {
    let question = "What must the tenant do before moving out?";
    let solution = run(&library(), &format!("Look for {}.", quoted(question)), Deliverable::Statements, &[]);
    let texts: Vec<&str> = solution.claims.iter().map(|claim| claim.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("paint the walls")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("return all keys")), "{texts:?}");
}

#[test]
fn a_comparison_has_a_cell_for_each_document_and_aspect() {
    let description = format!("Look in D1 (x), D3 (y) for {}, {}.", quoted("rent"), quoted("pets"));
    let solution = run(&library(), &description, Deliverable::Rows, &[]);
    let table = solution.table.unwrap();
    assert_eq!(table.columns, ["document", "rent", "pets"]);
    let cells: Vec<Vec<bool>> = table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|cell| cell.text == SAYS_NOTHING).collect())
        .collect();
    assert_eq!(cells, [[false, true], [false, false]]);
    table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| assert_exact(&library(), &cell.citations));
    assert_eq!(solution.gaps.len(), 1);
}

#[test]
fn what_is_compared_without_being_said_is_what_the_documents_share() {
    let text =
        |rent: u16, pets: &str| format!("Flat\n\n1. Rent\nIt is {rent} euros a month.\n\n2. Pets\n{pets}\n");
    let rows = [
        ("D1", "a.txt", text(900, "Pets are not allowed.")),
        ("D2", "b.txt", text(800, "Small pets are allowed.")),
    ];
    let library = Library(rows.map(|(source, file, text)| (source.into(), file.into(), text)).to_vec());
    let description = format!("Look in D1 (x), D2 (y) for {}.", quoted(IN_SHORT));
    let table = run(&library, &description, Deliverable::Rows, &[]).table.unwrap();
    assert_eq!(table.columns, ["document", "rent", "pets"]);
    let cells: Vec<&str> = table.rows.iter().map(|row| row.cells[1].text.as_str()).collect();
    assert_eq!(cells, ["Pets are not allowed.", "Small pets are allowed."]);
    table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| assert_exact(&library, &cell.citations));
}

#[test]
fn a_figure_is_computed_and_cites_its_rows() {
    let rows = [
        (
            "How many units are in the North?",
            "The sum of units is 10 over 2 rows of fruit.csv (region is \"North\").",
        ),
        ("Which fruit has no units?", "fruit: Plum (units is empty)."),
        ("What is the price of a Pear?", ""),
    ];
    for (question, expected) in rows {
        let description = format!("Query the table D2 (fruit.csv) for {}.", quoted(question));
        let solution = run(&library(), &description, Deliverable::Figure, &[]);
        assert_eq!(first(&solution), expected, "{question}");
        solution.claims.iter().for_each(|claim| assert_exact(&library(), &claim.citations));
        assert!(solution.claims.iter().all(|claim| !claim.citations.is_empty()));
    }
}

#[test]
fn an_overview_speaks_of_each_document_in_its_order() {
    let description = format!("Read D1 (x), D3 (y) for {}.", quoted("Summarise the documents"));
    let solution = run(&library(), &description, Deliverable::Overview, &[]);
    let places: Vec<(&str, u64)> = solution
        .claims
        .iter()
        .map(|claim| (claim.citations[0].source.as_str(), claim.citations[0].start))
        .collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    assert_eq!(places, sorted);
    assert!(
        places.iter().any(|(source, _)| *source == "D1") && places.iter().any(|(source, _)| *source == "D3")
    );
}

#[test]
fn feedback_drops_what_was_off_topic_and_adds_what_was_asked_for() {
    let description = format!("Look for {}.", quoted("What is the rent for the flat?"));
    let flat = "The rent for the flat is 900 euros a month.";
    let requests = vec![
        format!("{}: {}.", Mend::OffTopic.sentence(), quoted(flat)),
        "Also say whether the garage may be locked at night.".to_owned(),
    ];
    let review = Review { revision_requests: requests, ..Review::default() };
    let feedback = [Feedback { solution: None, review: Some(review), failure: None }];
    let solution = run(&library(), &description, Deliverable::Statements, &feedback);
    assert!(solution.claims.iter().all(|claim| claim.text != flat), "{solution:?}");
    assert!(solution.claims.iter().any(|claim| claim.text.contains("may be locked")), "{solution:?}");
}

#[test]
fn what_two_aspects_are_looked_for_with_is_asked_once() {
    let description =
        format!("Look in D1 (x) for {}, {}, {}.", quoted("rent"), quoted("Rent"), quoted("the rent"));
    assert_eq!(run(&library(), &description, Deliverable::Rows, &[]).table.unwrap().rows.len(), 1);
}
