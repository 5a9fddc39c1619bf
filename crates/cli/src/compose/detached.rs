//! Tasks that were left to the background: a file each, named by the task, in the folder `detached` of the data folder.
//! The mark outlives whoever runs the task, so that each owner knows what must not stop with it.

use std::path::PathBuf;

use divisi_domain::id::TaskId;
use divisi_store::Reads;

use super::folder::Places;
use super::runnable::goes_on;
use super::session::SessionError;

/// Marks that are looked at; more are left for later.
const MARKS_MAX: usize = 10_000;

/// Marks a task, before it is submitted.
pub(crate) fn mark(places: &Places, task: TaskId) -> std::io::Result<()> {
    std::fs::create_dir_all(places.detached())?;
    std::fs::write(path(places, task), [])
}

/// How many marked tasks could go on by themselves. Marks of tasks that have ended, or never were, go.
pub(crate) fn runnable(places: &Places, reads: &dyn Reads) -> Result<usize, SessionError> {
    let Ok(marks) = std::fs::read_dir(places.detached()) else { return Ok(0) };
    let names = marks.take(MARKS_MAX).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let tasks: Vec<TaskId> = names.filter_map(|name| name.parse().ok()).collect();
    let Some(workspace) = reads.workspaces()?.first().copied() else { return Ok(0) };
    let mut runnable = 0;
    for task in tasks {
        match reads.task(workspace, task)? {
            Some(row) if row.open => runnable += usize::from(goes_on(&row)),
            Some(_) | None => {
                // A mark that stays only costs another look.
                let _ = std::fs::remove_file(path(places, task));
            }
        }
    }
    Ok(runnable)
}

fn path(places: &Places, task: TaskId) -> PathBuf {
    places.detached().join(task.to_string())
}
