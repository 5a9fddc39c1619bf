//! Each question with the whole plan that it gives: what is to be handed in, by how many it waits, and what is asked.

use divisi_llm::inputs::{DecomposeInput, DocumentBrief, SelectInput, TaskBrief};
use divisi_llm::outputs::Selection;

use super::*;
use crate::extractive::analyse::analyse;
use crate::extractive::assignment::Assignment;
use divisi_llm::inputs::{AnalyseInput, SubtaskBrief};

fn documents(files: &[&str]) -> Vec<DocumentBrief> {
    let brief = |(at, file): (usize, &&str)| DocumentBrief {
        source: format!("D{}", at + 1),
        file: (*file).to_owned(),
        bytes: 1_000,
        columns: if file.to_ascii_lowercase().ends_with(".csv") {
            vec!["units".to_owned(), "region".to_owned()]
        } else {
            Vec::new()
        },
        headings: if file.to_ascii_lowercase().ends_with(".md") {
            vec!["Scope".to_owned(), "Fees".to_owned()]
        } else {
            Vec::new()
        },
        ..DocumentBrief::default()
    };
    files.iter().enumerate().map(brief).collect()
}

fn planned(question: &str, files: &[&str]) -> Vec<String> {
    let task =
        TaskBrief { description: question.to_owned(), documents: documents(files), ..TaskBrief::default() };
    let analysis =
        analyse(&AnalyseInput { task: task.clone(), capabilities: Vec::new(), lessons: Vec::new() });
    let select = SelectInput {
        task: task.clone(),
        analysis: analysis.clone(),
        agent_types: Vec::new(),
        specialists_max: 3,
    };
    let selection: Selection = crate::extractive::select::select(&select);
    let plan = decompose(&DecomposeInput {
        task: task.clone(),
        analysis,
        selection,
        agent_types: Vec::new(),
        subtasks_max: 50,
        depth_max: 10,
        previous: None,
        errors: Vec::new(),
        comment: None,
    });
    let said = |draft: &SubtaskDraft| {
        let brief = SubtaskBrief {
            title: draft.title.clone(),
            description: draft.description.clone(),
            deliverable: draft.deliverable.clone(),
            ..SubtaskBrief::default()
        };
        let read = Assignment::of(&brief, &task);
        format!(
            "{:?} of {} on {} after {}",
            read.deliverable,
            if read.sources.is_empty() { "all".to_owned() } else { read.sources.join("+") },
            read.aspects.join(" | "),
            draft.dependencies.len()
        )
    };
    plan.subtasks.iter().map(said).collect()
}

fn check(question: &str, files: &[&str], expected: &[&str]) {
    assert_eq!(planned(question, files), expected, "{question}");
}

#[test]
fn each_form_of_question_gives_its_plan() {
    let two = ["GPL-2", "GPL-3"];
    check(
        "Who may revise the licence?",
        &two,
        &[
            "Statements of D1+D2 on Who may revise the licence? after 0",
            "Background of D1+D2 on Who may revise the licence? after 0",
        ],
    );
    check(
        "What is said about patents, warranty and fees?",
        &two,
        &[
            "Statements of D1+D2 on patents after 0",
            "Statements of D1+D2 on warranty after 0",
            "Statements of D1+D2 on fees after 0",
        ],
    );
    check(
        "Compare GPL-2 and GPL-3 on patents and warranty",
        &two,
        &[
            "Rows of D1 on patents | warranty after 0",
            "Rows of D2 on patents | warranty after 0",
            "Comparison of all on patents | warranty after 2",
        ],
    );
    check(
        "How do I apply the licence?",
        &two,
        &[
            "Steps of D1+D2 on How do I apply the licence? after 0",
            "Background of D1+D2 on How do I apply the licence? after 1",
        ],
    );
    check(
        "List all conditions of copying",
        &two,
        &[
            "Items of D1+D2 on List all conditions of copying after 0",
            "Background of D1+D2 on List all conditions of copying after 0",
        ],
    );
    let law = ["law.md"];
    check("List the sections of the law", &law, &["Outline of D1 on List the sections of the law after 0"]);
    check(
        "List the sections that deal with dogs",
        &law,
        &[
            "Items of D1 on List the sections that deal with dogs after 0",
            "Background of D1 on List the sections that deal with dogs after 0",
        ],
    );
    check("Summarise GPL-3", &two, &["Overview of D2 on Summarise GPL-3 after 0"]);
}

#[test]
fn tables_and_texts_are_asked_apart() {
    check(
        "How many units are in the North?",
        &["sales.csv"],
        &["Figure of D1 on How many units are in the North? after 0"],
    );
    check(
        "How many units are in the North?",
        &["sales.csv", "terms.txt"],
        &[
            "Figure of D1 on How many units are in the North? after 0",
            "Statements of D2 on How many units are in the North? after 0",
        ],
    );
}

#[test]
fn many_documents_are_looked_at_in_groups() {
    let files: Vec<String> = (1..=14).map(|at| format!("doc{at:02}.txt")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let plan = planned("Compare the documents on patents", &files);
    assert_eq!(plan.len(), 6, "{plan:#?}");
    assert_eq!(plan[0], "Rows of D1+D2+D3 on patents after 0");
    assert_eq!(plan[4], "Rows of D13+D14 on patents after 0");
    assert_eq!(plan[5], "Comparison of all on patents after 5");
    // A place in the text for each of a hundred documents would say nothing: all are looked at.
    let many: Vec<String> = (1..=100).map(|at| format!("doc{at:03}.txt")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(planned("Who may revise it?", &many)[0], "Statements of all on Who may revise it? after 0");
}
