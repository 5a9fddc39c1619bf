//! The subtasks of each form of question.

use divisi_llm::inputs::{DecomposeInput, DocumentBrief};
use divisi_llm::outputs::{Complexity, Estimate, Priority, SubtaskDraft};

use crate::extractive::assignment::Deliverable;
use crate::extractive::question::{Question, additions, order, readable};
use crate::extractive::text::flat;
use crate::extractive::wording::{listed, quoted};

/// Subtasks into which documents are divided at most.
const GROUPS_MAX: usize = 6;
/// Documents of a subtask that are named in its text; beyond that it looks at all.
const NAMED_DOCUMENTS_MAX: usize = 30;

/// One subtask a group of documents, then one that lays them side by side.
pub(super) fn compare(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let documents = concerned(input);
    let aspects = aspects(input);
    let wanted: Vec<String> = aspects.iter().map(|aspect| quoted(aspect)).collect();
    let wanted = wanted.join(", ");
    let mut subtasks: Vec<SubtaskDraft> = groups(&documents)
        .into_iter()
        .enumerate()
        .map(|(at, group)| {
            let description = format!("Look in {} for what each says on {wanted}.", listed(group));
            draft(at + 1, &format!("What {} says", files(group)), description, Deliverable::Rows)
        })
        .collect();
    let labels: Vec<String> = subtasks.iter().map(|subtask| subtask.id.clone()).collect();
    let at = subtasks.len() + 1;
    let description = format!("Lay the findings of the other subtasks on {wanted} side by side.");
    let mut last = draft(at, "Side by side", description, Deliverable::Comparison);
    last.dependencies = labels;
    last.priority = Priority::Medium;
    subtasks.push(last);
    subtasks
}

/// One subtask a table, and one for what texts say beside them.
pub(super) fn data(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let documents = concerned(input);
    let question = whole(input);
    let tables: Vec<&DocumentBrief> =
        documents.iter().copied().filter(|one| !one.columns.is_empty()).collect();
    let texts: Vec<&DocumentBrief> = documents.iter().copied().filter(|one| one.columns.is_empty()).collect();
    let mut subtasks: Vec<SubtaskDraft> = Vec::new();
    for table in tables.iter().take(GROUPS_MAX) {
        let description = format!("Query the table {} for {}.", listed(&[table]), quoted(&question));
        let title = format!("Figures from {}", table.file);
        subtasks.push(draft(subtasks.len() + 1, &title, description, Deliverable::Figure));
    }
    if !texts.is_empty() || tables.is_empty() {
        let place = if texts.is_empty() { String::new() } else { place(&texts) };
        let description = format!("Look{place} for what bears on {}.", quoted(&question));
        subtasks.push(draft(
            subtasks.len() + 1,
            "What the texts say beside it",
            description,
            Deliverable::Statements,
        ));
    }
    subtasks
}

/// One subtask a group of documents; a long document alone is divided by its headings.
pub(super) fn summarise(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let documents = concerned(input);
    let question = whole(input);
    let groups = groups(&documents);
    groups
        .into_iter()
        .enumerate()
        .map(|(at, group)| {
            let description =
                format!("Read {} and pick the main statements for {}.", listed(group), quoted(&question));
            draft(at + 1, &format!("Main statements of {}", files(group)), description, Deliverable::Overview)
        })
        .collect()
}

/// One subtask that lists the titles of the documents.
pub(super) fn outline(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let documents = concerned(input);
    let description = format!("List the titles{} for {}.", place(&documents), quoted(&whole(input)));
    vec![draft(1, "Titles", description, Deliverable::Outline)]
}

/// One subtask that collects the items of each group of documents.
pub(super) fn list(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let documents = concerned(input);
    let place = place(&documents);
    let mut subtasks = Vec::new();
    for aspect in aspects(input) {
        let description = format!("Collect every item{place} for {}.", quoted(&aspect));
        subtasks.push(draft(subtasks.len() + 1, &title("Items", &aspect), description, Deliverable::Items));
    }
    subtasks.push(background(input, subtasks.len() + 1));
    subtasks
}

/// One subtask beside the others that looks at what belongs to the question.
pub(super) fn background(input: &DecomposeInput, number: usize) -> SubtaskDraft {
    let place = place(&concerned(input));
    let description = format!("Look{place} for definitions and exceptions around {}.", quoted(&whole(input)));
    draft(number, "Definitions and exceptions", description, Deliverable::Background)
}

/// The steps, and what must be known before them.
pub(super) fn how_to(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let place = place(&concerned(input));
    let mut subtasks = Vec::new();
    for aspect in aspects(input) {
        let description = format!("Find{place} the steps that answer {}.", quoted(&aspect));
        subtasks.push(draft(subtasks.len() + 1, &title("Steps", &aspect), description, Deliverable::Steps));
    }
    let description = format!("Look{place} for warnings and preconditions around {}.", quoted(&whole(input)));
    let mut last =
        draft(subtasks.len() + 1, "Warnings and preconditions", description, Deliverable::Background);
    last.dependencies = subtasks.iter().map(|subtask| subtask.id.clone()).collect();
    subtasks.push(last);
    subtasks
}

/// One subtask an aspect; a single aspect gets a second look at its conditions.
pub(super) fn by_aspect(input: &DecomposeInput) -> Vec<SubtaskDraft> {
    let place = place(&concerned(input));
    let aspects = aspects(input);
    let mut subtasks = Vec::new();
    for aspect in &aspects {
        let description = format!("Look{place} for the passages that answer {}.", quoted(aspect));
        subtasks.push(draft(
            subtasks.len() + 1,
            &title("Answer", aspect),
            description,
            Deliverable::Statements,
        ));
    }
    if aspects.len() == 1 {
        let description =
            format!("Look{place} for conditions and exceptions around {}.", quoted(&aspects[0]));
        subtasks.push(draft(2, "Conditions and exceptions", description, Deliverable::Background));
    }
    subtasks
}

/// The documents that the question names, else all that can be read.
fn concerned(input: &DecomposeInput) -> Vec<&DocumentBrief> {
    let question = Question::of(&input.task);
    let named: Vec<&DocumentBrief> =
        question.named.iter().filter_map(|at| input.task.documents.get(*at)).collect();
    let named: Vec<&DocumentBrief> = named.into_iter().filter(|one| one.unreadable.is_none()).collect();
    if named.is_empty() { readable(&input.task) } else { named }
}

fn aspects(input: &DecomposeInput) -> Vec<String> {
    let mut aspects =
        if input.analysis.aspects.is_empty() { vec![whole(input)] } else { input.analysis.aspects.clone() };
    if let Some(comment) = input.comment.as_deref().map(flat).filter(|comment| !comment.is_empty()) {
        aspects.push(comment);
    }
    aspects
}

fn whole(input: &DecomposeInput) -> String {
    let mut whole = flat(&order(&input.task));
    for addition in additions(&input.task).iter().chain(&input.comment) {
        whole = format!("{whole} {}", flat(addition));
    }
    whole
}

/// ` in D1 (a), D2 (b)`, or nothing where all documents or very many are meant.
fn place(documents: &[&DocumentBrief]) -> String {
    if documents.is_empty() || documents.len() > NAMED_DOCUMENTS_MAX {
        return String::new();
    }
    format!(" in {}", listed(documents))
}

fn groups<'a, 'b>(documents: &'a [&'b DocumentBrief]) -> Vec<&'a [&'b DocumentBrief]> {
    documents.chunks(documents.len().div_ceil(GROUPS_MAX).max(1)).collect()
}

fn files(documents: &[&DocumentBrief]) -> String {
    documents.iter().map(|document| document.file.as_str()).collect::<Vec<_>>().join(", ")
}

fn title(lead: &str, aspect: &str) -> String {
    format!("{lead}: {}", crate::extractive::text::shortened(aspect.trim_end_matches(['?', '.']), 10))
}

fn draft(number: usize, title: &str, description: String, deliverable: Deliverable) -> SubtaskDraft {
    SubtaskDraft {
        id: format!("s{number}"),
        title: title.to_owned(),
        description,
        deliverable: format!("{}.", deliverable.sentence()),
        success_criteria: vec![
            "Every statement cites the exact passage".to_owned(),
            "What the documents do not say is named".to_owned(),
        ],
        priority: if number == 1 { Priority::High } else { Priority::Medium },
        complexity: if deliverable == Deliverable::Background {
            Complexity::Simple
        } else {
            Complexity::Moderate
        },
        estimate: Estimate { tokens: 0, seconds: 1, cost_micro_usd: 0 },
        ..SubtaskDraft::default()
    }
}
