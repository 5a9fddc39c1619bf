use std::collections::BTreeSet;

use divisi_domain::name::Name;
use divisi_llm::inputs::{
    AgentTypeBrief, AnalyseInput, DecomposeInput, DocumentBrief, RevisionBrief, TaskBrief,
};
use divisi_llm::outputs::{Decomposition, Priority, Selection, Specialist};

use super::decompose;
use crate::extractive::analyse::analyse;
use crate::extractive::assignment::Assignment;
use crate::extractive::wording::quotes;

const FILES: [&str; 4] = ["GPL-2", "GPL-3", "MPL-2.0", "sales.csv"];
const QUESTIONS: [&str; 8] = [
    "Who may revise the licence?",
    "Compare GPL-2, GPL-3 and MPL-2.0 on patents and warranty",
    "How many rows has sales.csv?",
    "How do I apply the licence?",
    "Summarise GPL-3",
    "List all conditions of copying",
    "What is said about patents, warranty and source code?",
    "Compare everything",
];

fn task(description: &str) -> TaskBrief {
    let brief = |(at, file): (usize, &&str)| DocumentBrief {
        source: format!("D{}", at + 1),
        file: (*file).to_owned(),
        columns: if *file == "sales.csv" { vec!["units".to_owned()] } else { Vec::new() },
        ..DocumentBrief::default()
    };
    TaskBrief {
        description: description.to_owned(),
        documents: FILES.iter().enumerate().map(brief).collect(),
        ..TaskBrief::default()
    }
}

fn input(task: TaskBrief, subtasks_max: u16, depth_max: u16) -> DecomposeInput {
    let names = ["comparer", "researcher"];
    let agent = |name: &&'static str| AgentTypeBrief {
        name: Name::from_static(name),
        description: String::new(),
        capabilities: Vec::new(),
        tools: Vec::new(),
    };
    let specialist = |name: &&str| Specialist {
        agent_type: (*name).to_owned(),
        rationale: String::new(),
        priority: Priority::Medium,
        focus_areas: Vec::new(),
        relevance: 1.0,
    };
    DecomposeInput {
        analysis: analyse(&AnalyseInput {
            task: task.clone(),
            capabilities: Vec::new(),
            lessons: Vec::new(),
        }),
        task,
        selection: Selection { specialists: names.iter().map(specialist).collect() },
        agent_types: names.iter().map(agent).collect(),
        subtasks_max,
        depth_max,
        previous: None,
        errors: Vec::new(),
        comment: None,
    }
}

fn assert_valid(plan: &Decomposition, input: &DecomposeInput, question: &str) {
    let labels: BTreeSet<&String> = plan.subtasks.iter().map(|subtask| &subtask.id).collect();
    assert_eq!(labels.len(), plan.subtasks.len(), "{question}: labels are unique");
    assert!(
        !plan.subtasks.is_empty() && plan.subtasks.len() <= usize::from(input.subtasks_max),
        "{question}"
    );
    for subtask in &plan.subtasks {
        assert!(subtask.dependencies.iter().all(|on| labels.contains(on) && *on != subtask.id), "{question}");
        let known =
            input.selection.specialists.iter().any(|one| one.agent_type == subtask.assigned_specialist);
        assert!(known, "{question}: {subtask:?}");
    }
    for specialist in &input.selection.specialists {
        let used = plan.subtasks.iter().any(|subtask| subtask.assigned_specialist == specialist.agent_type);
        let dropped = plan.dropped_specialists.iter().any(|one| one.agent_type == specialist.agent_type);
        assert!(used != dropped, "{question}: {specialist:?}");
    }
}

#[test]
fn every_plan_is_valid_within_any_limits() {
    for question in QUESTIONS {
        for (subtasks_max, depth_max) in [(50, 10), (2, 10), (1, 1), (50, 1)] {
            let input = input(task(question), subtasks_max, depth_max);
            assert_valid(&decompose(&input), &input, question);
        }
    }
}

#[test]
fn unlike_questions_give_unlike_plans() {
    let shape = |question: &&str| {
        let plan = decompose(&input(task(question), 50, 10));
        let parts =
            plan.subtasks.iter().map(|part| format!("{} {}", part.deliverable, part.dependencies.len()));
        parts.collect::<Vec<_>>().join("; ")
    };
    let shapes: BTreeSet<String> = QUESTIONS[..6].iter().map(shape).collect();
    assert_eq!(shapes.len(), 6, "{shapes:#?}");
}

#[test]
fn a_comparison_waits_for_its_rows_and_each_document_is_looked_at_once() {
    let question = task(QUESTIONS[1]);
    let plan = decompose(&input(question.clone(), 50, 10));
    let last = plan.subtasks.last().unwrap();
    assert_eq!(last.dependencies, ["s1", "s2", "s3"]);
    let sources = plan.subtasks.iter().flat_map(|part| {
        let brief = divisi_llm::inputs::SubtaskBrief {
            description: part.description.clone(),
            deliverable: part.deliverable.clone(),
            ..divisi_llm::inputs::SubtaskBrief::default()
        };
        Assignment::of(&brief, &question).sources
    });
    assert_eq!(sources.collect::<Vec<_>>(), ["D1", "D2", "D3"]);
}

#[test]
fn a_comment_and_a_revision_become_parts() {
    let mut commented = input(task(QUESTIONS[0]), 50, 10);
    commented.comment = Some("Also look at the fees.".to_owned());
    let asked = |plan: &Decomposition| {
        plan.subtasks.iter().flat_map(|part| quotes(&part.description)).collect::<Vec<_>>()
    };
    assert!(asked(&decompose(&commented)).iter().any(|aspect| aspect.contains("fees")));
    let mut revised = task(QUESTIONS[0]);
    revised.revision = Some(RevisionBrief { request: "Add the fees".to_owned(), areas: Vec::new() });
    assert!(asked(&decompose(&input(revised, 50, 10))).iter().any(|aspect| aspect.contains("fees")));
}

/// A crew of one's own may spread what a task needs over more specialists than the form of its question has subtasks.
#[test]
fn whatever_the_task_needs_has_a_specialist() {
    let mut input = input(task("Summarise GPL-3"), 6, 3);
    input.analysis.required_capabilities = vec!["reading".to_owned(), "judging".to_owned()];
    for (agent, capability) in input.agent_types.iter_mut().zip(["reading", "judging"]) {
        agent.capabilities = vec![Name::from_static(capability)];
    }
    let plan = decompose(&input);
    let mut used: Vec<&str> =
        plan.subtasks.iter().map(|subtask| subtask.assigned_specialist.as_str()).collect();
    used.sort_unstable();
    assert_eq!(used, ["comparer", "researcher"], "{plan:#?}");
    assert_valid(&plan, &input, "Summarise GPL-3");
    input.subtasks_max = 1;
    assert_eq!(decompose(&input).subtasks.len(), 1);
}
