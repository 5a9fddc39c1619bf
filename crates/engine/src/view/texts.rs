//! The texts of a task: what was submitted, and what the plan says.

use std::collections::BTreeMap;

use divisi_domain::task::Task;
use divisi_llm::outputs::{Decomposition, SubtaskDraft};

use crate::content::{ContentError, Contents};
use crate::spec::TaskSpec;

/// The plan's words on a subtask.
pub type SubtaskText = SubtaskDraft;

/// What was submitted; `None` where it was erased.
pub fn spec(contents: &Contents<'_>, task: &Task) -> Result<Option<TaskSpec>, ContentError> {
    if task.erased {
        return Ok(None);
    }
    contents.json(task.submission.spec).map(Some)
}

/// The plan's words by subtask number; empty where there is no plan or where it was erased.
pub fn subtask_texts(
    contents: &Contents<'_>,
    task: &Task,
) -> Result<BTreeMap<u16, SubtaskText>, ContentError> {
    let Some(pinned) = task.plan.as_ref().filter(|_| !task.erased) else { return Ok(BTreeMap::new()) };
    let plan: Decomposition = contents.json(pinned.content)?;
    let numbers = pinned.plan.nodes.iter().map(|node| node.number);
    Ok(numbers.zip(plan.subtasks).collect())
}
