//! What a subtask asks for, read from its text. The planner writes it, also a planner that is a model.

use divisi_llm::inputs::{DocumentBrief, SubtaskBrief, TaskBrief};

use super::wording::quotes;

/// What to hand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deliverable {
    /// Cited statements that answer the aspects.
    Statements,
    /// Every item of a kind, once.
    Items,
    /// Cited steps in the order of the document.
    Steps,
    /// Exceptions, conditions and definitions around the answer.
    Background,
    /// One row a document, one cell an aspect.
    Rows,
    /// The rows of the dependencies as one table, and what they have in common.
    Comparison,
    /// A figure computed from rows of a table.
    Figure,
    /// The most telling statements of a document.
    Overview,
    /// The titles of a document.
    Outline,
}

impl Deliverable {
    const ALL: [Self; 9] = [
        Self::Statements,
        Self::Items,
        Self::Steps,
        Self::Background,
        Self::Rows,
        Self::Comparison,
        Self::Figure,
        Self::Overview,
        Self::Outline,
    ];

    /// The sentence that stands in the plan.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Statements => "Cited statements that answer it, most telling first",
            Self::Items => "Every item once, each with its passage",
            Self::Steps => "The steps in order, each with its passage",
            Self::Background => "Conditions, exceptions and definitions, each with its passage",
            Self::Rows => "One table row for each document, one cited cell for each aspect",
            Self::Comparison => "One table of all documents and what they share or do not share",
            Self::Figure => "The figure and the rows it is computed from",
            Self::Overview => "The main statements of each document, each with its passage",
            Self::Outline => "The titles of each document in its order, each with its place",
        }
    }
}

/// A subtask as the offline specialist understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// What to hand in.
    pub(crate) deliverable: Deliverable,
    /// What to find out; never empty.
    pub(crate) aspects: Vec<String>,
    /// Documents to look at; empty means all.
    pub(crate) sources: Vec<String>,
}

impl Assignment {
    /// Reads a subtask.
    pub(crate) fn of(subtask: &SubtaskBrief, task: &TaskBrief) -> Self {
        let known = |deliverable: &Deliverable| subtask.deliverable.contains(deliverable.sentence());
        let deliverable = Deliverable::ALL.into_iter().find(known).unwrap_or(Deliverable::Statements);
        let aspects = quotes(&subtask.description);
        let aspects = if aspects.is_empty() { vec![unquoted(subtask, task)] } else { aspects };
        Self { deliverable, aspects, sources: named_sources(&subtask.description, &task.documents) }
    }
}

fn unquoted(subtask: &SubtaskBrief, task: &TaskBrief) -> String {
    let text = format!("{}. {}", subtask.title, subtask.description);
    let is_source = |word: &str| task.documents.iter().any(|document| document.source == bare(word));
    text.split_whitespace().filter(|word| !is_source(word)).collect::<Vec<_>>().join(" ")
}

fn named_sources(text: &str, documents: &[DocumentBrief]) -> Vec<String> {
    let named = |document: &&DocumentBrief| text.split_whitespace().any(|word| bare(word) == document.source);
    documents.iter().filter(named).map(|document| document.source.clone()).collect()
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_ours_and_a_plan_of_a_model_are_both_understood() {
        let documents: Vec<DocumentBrief> = ["D1", "D10", "D2"]
            .iter()
            .map(|source| DocumentBrief { source: (*source).to_owned(), ..DocumentBrief::default() })
            .collect();
        let task = TaskBrief { documents, ..TaskBrief::default() };
        let ours = SubtaskBrief {
            description: "Look in D10 (x) for “patents” and “warranty”.".to_owned(),
            deliverable: format!("{}.", Deliverable::Rows.sentence()),
            ..SubtaskBrief::default()
        };
        let read = Assignment::of(&ours, &task);
        assert_eq!((read.deliverable, read.sources), (Deliverable::Rows, vec!["D10".to_owned()]));
        assert_eq!(read.aspects, ["patents", "warranty"]);
        let other = SubtaskBrief { title: "Patents".to_owned(), description: "Check D2.".to_owned(), ..ours };
        assert_eq!(Assignment::of(&other, &task).aspects, ["Patents. Check"]);
    }
}
