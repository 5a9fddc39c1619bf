//! A question taken apart: its form, the documents that it names, and the parts that an answer must cover.

mod aspects;
mod form;
mod mention;
mod wish;

use divisi_llm::inputs::{DocumentBrief, TaskBrief};
use divisi_llm::outputs::QuestionForm;

use super::text::concept::concepts;
pub(crate) use mention::mentions;
pub(crate) use wish::{Wish, wishes};

/// A question taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// Its form.
    pub(crate) form: QuestionForm,
    /// What an answer must cover one by one; never empty.
    pub(crate) aspects: Vec<String>,
    /// Positions of the documents it names, in the order of the documents.
    pub(crate) named: Vec<usize>,
}

impl Question {
    /// Takes the order of a task apart.
    pub(crate) fn of(task: &TaskBrief) -> Self {
        let text = order(task);
        let mentions = mentions(&text, &task.documents);
        let form = form::form(&text, &task.documents, distinct(&mentions));
        let aspects = aspects::aspects(&text, form, &mentions);
        Self { form, aspects, named: mention::documents(&mentions) }
    }
}

/// Places of the question that name documents no other place names.
fn distinct(mentions: &[mention::Mention]) -> usize {
    let named: std::collections::BTreeSet<&Vec<usize>> =
        mentions.iter().map(|mention| &mention.documents).collect();
    named.len()
}

/// What the person wants, with the request of a revision behind it.
pub(crate) fn order(task: &TaskBrief) -> String {
    let own = if task.description.trim().is_empty() { &task.title } else { &task.description };
    own.trim().to_owned()
}

/// What a revision wants to be spoken of too.
pub(crate) fn additions(task: &TaskBrief) -> Vec<String> {
    let asked = task.revision.iter().flat_map(|revision| wishes(&revision.request));
    asked
        .filter_map(|wish| match wish {
            Wish::More(text) => Some(text),
            Wish::Shorter | Wish::Without(_) => None,
        })
        .collect()
}

/// Documents that can be read.
pub(crate) fn readable(task: &TaskBrief) -> Vec<&DocumentBrief> {
    task.documents.iter().filter(|document| document.unreadable.is_none()).collect()
}

/// `text` without the names of documents, where the search is confined to documents anyway.
pub(crate) fn without_mentions(text: &str, task: &TaskBrief, sources: &[String]) -> String {
    let mut rest = text.to_owned();
    for mention in mentions(text, &task.documents).into_iter().rev() {
        let confined =
            |at: &usize| task.documents.get(*at).is_some_and(|document| sources.contains(&document.source));
        if mention.documents.iter().all(confined) {
            rest.replace_range(mention.place, " ");
        }
    }
    if concepts(&rest).is_empty() { text.to_owned() } else { rest }
}
