//! A small library with tools that answer in the shapes of the real ones, and the specialist's loop over it.

use divisi_domain::name::Name;
use divisi_llm::inputs::{DocumentBrief, Feedback, Inputs, SubtaskBrief, TaskBrief, WorkInput};
use divisi_llm::outputs::{Analysis, Citation, Solution};
use divisi_llm::purpose::Sampling;
use divisi_llm::{Message, Purpose, Request, ToolOffer};
use serde_json::{Value, json};

use super::{Step, work};
use crate::extractive::assignment::Deliverable;
use crate::extractive::text::word::stems;

const TURNS_MAX: u8 = 12;

/// Documents by source, file name and text; a file that ends in `.csv` is a table.
pub(super) struct Library(pub(super) Vec<(String, String, String)>);

const LEASE: &str = "Lease\n\nThe rent for the flat is 900 euros a month.\n\nThe tenant must do these things before moving \
    out:\n\n- paint the walls of every room;\n\n- return all keys to the landlord.\n\nPets are not allowed in the \
    building without written consent.\n";
const CONTRACT: &str =
    "Contract\n\nThe rent for the garage is 80 euros a month.\n\nThe garage may be locked at night.\n";
const TABLE: &str = "fruit,region,units\nApple,North,10\nPear,South,5\nPlum,North,\n";

impl Library {
    pub(super) fn briefs(&self) -> Vec<DocumentBrief> {
        let brief = |(source, file, text): &(String, String, String)| {
            let table = file.to_ascii_lowercase().ends_with(".csv");
            DocumentBrief {
                source: source.clone(),
                file: file.clone(),
                kind: if table { "csv" } else { "txt" }.to_owned(),
                bytes: text.len() as u64,
                columns: if table {
                    text.lines().next().unwrap_or_default().split(',').map(str::to_owned).collect()
                } else {
                    Vec::new()
                },
                ..DocumentBrief::default()
            }
        };
        self.0.iter().map(brief).collect()
    }

    pub(super) fn text(&self, source: &str) -> (&str, &str) {
        self.0
            .iter()
            .find(|(known, ..)| known == source)
            .map(|(_, file, text)| (file.as_str(), text.as_str()))
            .unwrap()
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
            let mut after = 0;
            for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
                chunks += 1;
                let start = after + text[after..].find(paragraph).unwrap();
                after = start + paragraph.len();
                if stems(paragraph).iter().any(|stem| asked.contains(stem)) {
                    hits.push(json!({
                        "source": source, "file": file, "start": start, "end": start + paragraph.len(),
                        "line": line(text, start), "score_milli": 1_000, "text": paragraph
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
        let end = if arguments.get("after_lines").is_some() {
            text.len()
        } else {
            text.floor_char_boundary(at("end"))
        };
        json!({
            "source": arguments["source"], "file": file, "start": text.floor_char_boundary(at("start")), "end": end, "line": line(text, at("start")),
            "text": &text[text.floor_char_boundary(at("start"))..end]
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

fn line(text: &str, at: usize) -> usize {
    1 + text[..text.floor_char_boundary(at)].matches('\n').count()
}

/// Two contracts and a table.
pub(super) fn library() -> Library {
    let texts = [("D1", "contract.txt", CONTRACT), ("D2", "fruit.csv", TABLE), ("D3", "lease.txt", LEASE)];
    Library(texts.map(|(source, file, text)| (source.into(), file.into(), text.into())).to_vec())
}

/// What a specialist hands in for a subtask over these documents.
pub(super) fn run(
    library: &Library,
    description: &str,
    deliverable: Deliverable,
    feedback: &[Feedback],
) -> Solution {
    let task = TaskBrief { documents: library.briefs(), ..TaskBrief::default() };
    let subtask = SubtaskBrief {
        description: description.to_owned(),
        deliverable: deliverable.sentence().to_owned(),
        ..SubtaskBrief::default()
    };
    let tool = |name| ToolOffer {
        name: Name::from_static(name),
        description: String::new(),
        schema: Value::Null.into(),
    };
    let mut messages = Vec::new();
    let mut made: Vec<(String, Value)> = Vec::new();
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
            system: "".into(),
            messages: messages.clone(),
            tools: ["search_documents", "read_span", "query_table"].map(tool).to_vec(),
            schema: Value::Null.into(),
            sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 1 },
            inputs: Inputs::Work(Box::new(input.clone())).into(),
        };
        match work(&input, &request) {
            Step::HandIn(solution) => return *solution,
            Step::Ask(tool_calls) => {
                for call in &tool_calls {
                    let asked = (call.tool.clone(), call.arguments.clone());
                    assert!(!made.contains(&asked), "asked twice, which the engine stops: {asked:?}");
                    made.push(asked);
                }
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

/// Every citation is byte-equal to its span and names its lines.
pub(super) fn assert_exact(library: &Library, citations: &[Citation]) {
    for citation in citations {
        let (file, text) = library.text(&citation.source);
        let span = usize::try_from(citation.start).unwrap()..usize::try_from(citation.end).unwrap();
        assert_eq!(text.get(span.clone()), Some(citation.quote.as_str()), "{citation:?}");
        assert_eq!(file, citation.file);
        let lines = (line(text, span.start) as u64, line(text, span.end) as u64);
        assert_eq!((citation.line, citation.line_end), lines, "{citation:?}");
    }
}
