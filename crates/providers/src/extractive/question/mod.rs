//! A question taken apart: its form, the documents that it names, and the parts that an answer must cover.

mod aspects;
mod form;
mod mention;
mod shared;
mod titles;
mod wish;

use divisi_llm::inputs::{DocumentBrief, TaskBrief};
use divisi_llm::outputs::QuestionForm;

use super::text::concept::concepts;
use super::wording::IN_SHORT;
pub(crate) use mention::mentions;
use shared::is_subject;
pub(crate) use shared::{is_own, shared_titles};
pub(crate) use titles::asks_titles;
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
        let named = mention::documents(&mentions);
        let mut aspects = aspects::aspects(&text, form, &mentions);
        if form == QuestionForm::Compare {
            aspects = found_in(task, &named, aspects);
        }
        Self { form, aspects, named }
    }
}

/// In place of an aspect that says nothing in particular, the titles that the compared documents share; where these are
/// few, what else they share is looked for when they are read.
fn found_in(task: &TaskBrief, named: &[usize], aspects: Vec<String>) -> Vec<String> {
    let documents: Vec<&DocumentBrief> = match named {
        [] | [_] => readable(task),
        _ => named.iter().filter_map(|at| task.documents.get(*at)).collect(),
    };
    let general = |aspect: &String| aspect == IN_SHORT || is_subject(aspect, &documents);
    if !aspects.iter().all(general) {
        return aspects;
    }
    let subject = |title: &String| !is_own(title, &documents);
    let headings: Vec<Vec<String>> = documents.iter().map(|one| one.headings.clone()).collect();
    let mut titles: Vec<String> = shared_titles(&headings).into_iter().filter(subject).collect();
    if titles.len() < TITLES_MIN {
        titles.push(IN_SHORT.to_owned());
    }
    titles
}

/// Shared titles that say enough.
const TITLES_MIN: usize = 3;

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

/// Whether it is asked where documents disagree.
pub(crate) fn asks_contradiction(task: &TaskBrief) -> bool {
    let lower = order(task).to_lowercase();
    ["contradict", "disagree", "inconsisten", "conflict", "widersprech"].iter().any(|cue| lower.contains(cue))
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
