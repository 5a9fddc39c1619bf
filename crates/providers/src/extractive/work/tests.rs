//! The specialist's loop over a small library, with tools that answer in the shapes of the real ones.

use divisi_domain::name::Name;
use divisi_llm::inputs::{DocumentBrief, Feedback, Inputs, SubtaskBrief, TaskBrief, WorkInput};
use divisi_llm::outputs::{Analysis, Citation, Review, Solution};
use divisi_llm::purpose::Sampling;
use divisi_llm::{Message, Purpose, Request, ToolOffer};
use serde_json::{Value, json};

use super::{Step, work};
use crate::extractive::assignment::Deliverable;
use crate::extractive::text::word::stems;
use crate::extractive::wording::{Mend, SAYS_NOTHING, quoted};

const TURNS_MAX: u8 = 12;
const LEASE: &str = "Lease\n\nThe rent for the flat is 900 euros a month.\n\nThe tenant must do these things before moving \
    out:\n\n- paint the walls of every room;\n\n- return all keys to the landlord.\n\nPets are not allowed in the \
    building without written consent.\n";
const CONTRACT: &str =
    "Contract\n\nThe rent for the garage is 80 euros a month.\n\nThe garage may be locked at night.\n";
const TABLE: &str = "fruit,region,units\nApple,North,10\nPear,South,5\nPlum,North,\n";

struct Library(Vec<(&'static str, &'static str, &'static str)>);

impl Library {
    fn briefs(&self) -> Vec<DocumentBrief> {
        let brief = |(source, file, text): &(&str, &str, &str)| {
            let table = *file == "fruit.csv";
            DocumentBrief {
                source: (*source).to_owned(),
                file: (*file).to_owned(),
                kind: if table { "csv" } else { "txt" }.to_owned(),
                bytes: text.len() as u64,
                columns: if table {
                    ["fruit", "region", "units"].map(str::to_owned).to_vec()
                } else {
                    Vec::new()
                },
                ..DocumentBrief::default()
            }
        };
        self.0.iter().map(brief).collect()
    }

    fn text(&self, source: &str) -> (&'static str, &'static str) {
        self.0.iter().find(|(known, ..)| *known == source).map(|(_, file, text)| (*file, *text)).unwrap()
    }

    fn call(&self, tool: &str, arguments: &Value) -> Value {
        match tool {
            "search_documents" => self.search(arguments),
            "read_span" => self.read(arguments),
            "query_table" => self.query(arguments),
            other => panic!("no such tool: {other}"),
        }
    }

    /// Every paragraph that has a word of the query.
    fn search(&self, arguments: &Value) -> Value {
        let asked = stems(arguments["query"].as_str().unwrap());
        let only = arguments["sources"].as_array();
        let chosen = |source: &str| only.is_none_or(|only| only.iter().any(|one| one == source));
        let mut hits = Vec::new();
        let mut chunks = 0;
        for (source, file, text) in self.0.iter().filter(|(source, ..)| chosen(source)) {
            for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
                chunks += 1;
                let start = text.find(paragraph).unwrap();
                if stems(paragraph).iter().any(|stem| asked.contains(stem)) {
                    hits.push(json!({
                        "source": source, "file": file, "start": start, "end": start + paragraph.len(),
                        "line": 1, "score_milli": 1_000, "text": paragraph
                    }));
                }
            }
        }
        let count = |stem: &String| {
            hits.iter().filter(|hit| stems(hit["text"].as_str().unwrap()).contains(stem)).count()
        };
        let terms: Vec<Value> = asked.iter().map(|stem| json!({"as": stem, "chunks": count(stem)})).collect();
        json!({"hits": hits, "searched": {"chunks": chunks}, "terms": terms})
    }

    fn read(&self, arguments: &Value) -> Value {
        let (file, text) = self.text(arguments["source"].as_str().unwrap());
        let at = |field: &str| usize::try_from(arguments[field].as_u64().unwrap()).unwrap();
        let end = if arguments.get("after_lines").is_some() { text.len() } else { at("end") };
        json!({
            "source": arguments["source"], "file": file, "start": at("start"), "end": end, "line": 1,
            "text": &text[at("start")..end]
        })
    }

    /// Conditions `eq` and `empty`, and the sum of the last column.
    fn query(&self, arguments: &Value) -> Value {
        let (_, text) = self.text(arguments["source"].as_str().unwrap());
        let columns: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let meets = |cells: &[&str]| {
            arguments["where"].as_array().into_iter().flatten().all(|condition| {
                let at = columns.iter().position(|column| condition["column"] == *column).unwrap();
                if condition["op"] == "empty" {
                    cells[at].is_empty()
                } else {
                    condition["value"] == cells[at]
                }
            })
        };
        let mut rows = Vec::new();
        let mut sum = 0;
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            if meets(&cells) {
                sum += cells[2].parse::<i32>().unwrap_or(0);
                let start = text.find(line).unwrap();
                rows.push(json!({"cells": cells, "start": start, "end": start + line.len(), "line": 1}));
            }
        }
        json!({"columns": columns, "matched": rows.len(), "rows": rows, "aggregates": [{"value": sum.to_string()}]})
    }
}

fn library() -> Library {
    Library(vec![("D1", "contract.txt", CONTRACT), ("D2", "fruit.csv", TABLE), ("D3", "lease.txt", LEASE)])
}

fn run(description: &str, deliverable: Deliverable, feedback: &[Feedback]) -> Solution {
    let library = library();
    let task = TaskBrief { documents: library.briefs(), ..TaskBrief::default() };
    let subtask = SubtaskBrief {
        description: description.to_owned(),
        deliverable: deliverable.sentence().to_owned(),
        ..SubtaskBrief::default()
    };
    let tool =
        |name| ToolOffer { name: Name::from_static(name), description: String::new(), schema: Value::Null };
    let mut messages = Vec::new();
    for turn in 1..=TURNS_MAX {
        let input = WorkInput {
            task: task.clone(),
            analysis: Analysis::default(),
            subtask: subtask.clone(),
            dependencies: Vec::new(),
            feedback: feedback.to_vec(),
            turn,
            turns_max: TURNS_MAX,
            lessons: Vec::new(),
        };
        let request = Request {
            purpose: Purpose::Work,
            model: Name::from_static("extractive-1"),
            system: String::new(),
            messages: messages.clone(),
            tools: ["search_documents", "read_span", "query_table"].map(tool).to_vec(),
            schema: Value::Null,
            sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 1 },
            inputs: Inputs::Work(Box::new(input.clone())),
        };
        match work(&input, &request) {
            Step::HandIn(solution) => return *solution,
            Step::Ask(tool_calls) => {
                let results: Vec<Message> = tool_calls
                    .iter()
                    .map(|call| Message::Tool {
                        call_id: call.id.clone(),
                        tool: call.tool.parse().unwrap(),
                        content: library.call(&call.tool, &call.arguments).to_string(),
                        ok: true,
                    })
                    .collect();
                messages.push(Message::Assistant { text: String::new(), tool_calls });
                messages.extend(results);
            }
        }
    }
    panic!("nothing was handed in");
}

fn assert_exact(citations: &[Citation]) {
    for citation in citations {
        let (_, text) = library().text(&citation.source);
        let span = usize::try_from(citation.start).unwrap()..usize::try_from(citation.end).unwrap();
        assert_eq!(text[span], citation.quote);
    }
}

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
        let solution = run(&format!("Look for {}.", quoted(question)), Deliverable::Statements, &[]);
        assert_eq!(first(&solution), expected, "{question}");
        assert_eq!(solution.gaps.is_empty(), !expected.is_empty(), "{question}");
        solution.claims.iter().for_each(|claim| assert_exact(&claim.citations));
    }
}

#[test]
fn items_are_found_behind_the_passage_that_opens_their_list() {
    let question = "What must the tenant do before moving out?";
    let solution = run(&format!("Look for {}.", quoted(question)), Deliverable::Statements, &[]);
    let texts: Vec<&str> = solution.claims.iter().map(|claim| claim.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("paint the walls")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("return all keys")), "{texts:?}");
}

#[test]
fn a_comparison_has_a_cell_for_each_document_and_aspect() {
    let description = format!("Look in D1 (x), D3 (y) for {}, {}.", quoted("rent"), quoted("pets"));
    let solution = run(&description, Deliverable::Rows, &[]);
    let table = solution.table.unwrap();
    assert_eq!(table.columns, ["document", "rent", "pets"]);
    let cells: Vec<Vec<bool>> = table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|cell| cell.text == SAYS_NOTHING).collect())
        .collect();
    assert_eq!(cells, [[false, true], [false, false]]);
    table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| assert_exact(&cell.citations));
    assert_eq!(solution.gaps.len(), 1);
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
        let solution = run(&description, Deliverable::Figure, &[]);
        assert_eq!(first(&solution), expected, "{question}");
        solution.claims.iter().for_each(|claim| assert_exact(&claim.citations));
        assert!(solution.claims.iter().all(|claim| !claim.citations.is_empty()));
    }
}

#[test]
fn an_overview_speaks_of_each_document_in_its_order() {
    let description = format!("Read D1 (x), D3 (y) for {}.", quoted("Summarise the documents"));
    let solution = run(&description, Deliverable::Overview, &[]);
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
    let solution = run(&description, Deliverable::Statements, &feedback);
    assert!(solution.claims.iter().all(|claim| claim.text != flat), "{solution:?}");
    assert!(solution.claims.iter().any(|claim| claim.text.contains("may be locked")), "{solution:?}");
}
