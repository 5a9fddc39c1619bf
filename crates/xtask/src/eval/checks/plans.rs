//! Unlike questions give unlike plans.

use std::collections::BTreeSet;

use divisi_llm::outputs::Decomposition;

use super::{Check, named};
use crate::eval::documents::Library;
use crate::eval::pipeline;
use crate::eval::questions::Question;

/// A look-up, a comparison and a question over a table.
pub(super) fn check(questions: &[Question], library: &mut Library) -> anyhow::Result<Check> {
    let mut shapes = BTreeSet::new();
    let ids = ["artistic-fee", "gpl-three-patents", "ubuntu-count-lts", "pg-deadlock"];
    for id in ids {
        let question = named(questions, id)?;
        let corpus = library.corpus(&question.documents)?;
        shapes.insert(shape(&pipeline::run(&corpus, &question.ask)?.plan));
    }
    let detail = format!("{} shapes for {} questions", shapes.len(), ids.len());
    Ok(Check::new("unlike questions give unlike plans", shapes.len() == ids.len(), detail))
}

/// What is handed in, and who waits for how many.
fn shape(plan: &Decomposition) -> Vec<(String, usize)> {
    plan.subtasks.iter().map(|subtask| (subtask.deliverable.clone(), subtask.dependencies.len())).collect()
}
