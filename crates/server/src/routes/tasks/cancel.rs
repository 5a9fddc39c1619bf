use axum::Json;
use axum::extract::State;
use divisi_api::{Cancelled, TaskStatus};
use divisi_domain::task::Input;

use crate::api::Api;
use crate::extract::{Key, OfTask};
use crate::problem::Failure;

/// Cancels a task for ever. What runs of it is stopped.
pub(crate) async fn cancel(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
) -> Result<Json<Cancelled>, Failure> {
    let handle = api.handle()?;
    let id = api.input_id(handle, key.as_deref());
    handle.command(api.key(task), id, Input::Cancel, Vec::new()).await?;
    let message = "The task was cancelled. What it had found stays readable.".to_owned();
    Ok(Json(Cancelled { task_id: task, status: TaskStatus::Cancelled, message }))
}
