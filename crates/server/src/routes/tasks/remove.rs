use axum::Json;
use divisi_api::{Code, Removed};
use divisi_domain::id::TaskId;

use crate::api::Api;
use crate::problem::Failure;

/// Deletes a finished task with all it holds. Nothing of it is in memory, and whatever is told to it at the same time finds it
/// as it was, or not at all: the store refuses to delete a task that has begun anew.
pub(super) async fn remove(api: &Api, task: TaskId) -> Result<Json<Removed>, Failure> {
    let workspace = api.workspace();
    let known = api.read(move |reads| Ok(reads.task(workspace, task)?)).await?;
    known.ok_or_else(|| Failure::no_task(task))?;
    let (archive, key, now) = (api.archive()?, api.key(task), api.wall());
    let removed = tokio::task::spawn_blocking(move || {
        let removed = archive.delete(key)?;
        archive.collect(now).map(|()| removed)
    });
    let removed = removed.await.map_err(|_| Failure::internal("deleting the task panicked"))?;
    if !removed.map_err(|error| Failure::internal(&error.to_string()))? {
        let sentence =
            format!("The task has not ended. `divisi task cancel {task}` ends it, then delete it.");
        return Err(Failure::new(Code::TaskNotFinished, sentence));
    }
    Ok(Json(Removed { task_id: task, message: "The task is deleted with all it held.".to_owned() }))
}
