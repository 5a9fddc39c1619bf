//! The rows of a task tell what its state has: no draft is lost, no subtask is shown that is no more.

use divisi_domain::task::Task;
use divisi_engine::core::TaskKey;
use divisi_engine::project::{SUBTASK_REPLACED, subtask_code};
use divisi_store::Reads;
use divisi_store::rows::SolutionKind;

use super::broken;
use crate::machine::{Broken, rule};

pub(super) fn check(reads: &dyn Reads, key: TaskKey, task: &Task) -> Result<(), Broken> {
    let solutions = reads.solutions(key.workspace, key.task).map_err(broken)?;
    let of_pass = |pass| {
        let rows =
            solutions.iter().filter(move |row| row.kind == SolutionKind::Synthesis && row.pass == pass);
        rows.map(|row| row.blob).collect::<Vec<_>>()
    };
    for pass in 1..=task.pass {
        let drafts = task.drafts.iter().filter(|draft| draft.pass == pass).map(|draft| draft.content);
        let (drafts, rows) = (drafts.collect::<Vec<_>>(), of_pass(pass));
        rule(drafts == rows, || format!("pass {pass} has the drafts {drafts:?}, and rows of {rows:?}"))?;
    }
    for row in reads.subtasks(key.workspace, key.task).map_err(broken)? {
        let expected =
            task.subtasks.get(&row.number).map_or(SUBTASK_REPLACED, |one| subtask_code(&one.phase));
        rule(row.status == expected, || format!("subtask {} is shown as {}", row.number, row.status))?;
    }
    Ok(())
}
