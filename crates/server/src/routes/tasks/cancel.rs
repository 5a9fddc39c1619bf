use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use divisi_api::{Cancelled, Erased, TaskStatus};
use divisi_domain::id::TaskId;
use divisi_domain::task::Input;
use serde::Deserialize;

use crate::api::Api;
use crate::extract::{Asked, Key, OfTask};
use crate::problem::Failure;
use crate::views;

/// How much of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct How {
    erase: bool,
    remove: bool,
}

/// Cancels a task for ever; what runs of it is stopped. With `erase=true` erases the content of a finished one instead, with
/// `remove=true` deletes it whole.
pub(crate) async fn cancel(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Asked(how): Asked<How>,
    Key(key): Key,
) -> Result<Response, Failure> {
    if how.remove {
        return super::remove::remove(&api, task).await.map(IntoResponse::into_response);
    }
    if how.erase {
        return erase(&api, task, key.as_deref()).await.map(IntoResponse::into_response);
    }
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "cancel", &());
    api.command(task, command, Input::Cancel, Vec::new()).await?;
    let message = "The task was cancelled. What it had found stays readable.".to_owned();
    Ok(Json(Cancelled { task_id: task, status: TaskStatus::Cancelled, message }).into_response())
}

/// The log says first that the content is to go; if this process dies before it is gone, the next one completes it.
async fn erase(api: &Api, task: TaskId, key: Option<&str>) -> Result<Json<Erased>, Failure> {
    let (handle, archive) = (api.handle()?, api.archive()?);
    let command = api.named(handle, key, "erase", &());
    let of = api.key(task);
    api.command(task, command, Input::Erase, Vec::new()).await?;
    let erased = tokio::task::spawn_blocking(move || archive.erase(of)).await;
    let erased = erased.map_err(|_| Failure::internal("erasing the content panicked"))?;
    erased.map_err(|error| Failure::internal(&error.to_string()))?;
    let status = api.task(task, |loaded, _| Ok(views::task::status(&loaded.task))).await?;
    let message =
        "What the task was asked, was given and had found is erased; its events and numbers stay.".to_owned();
    Ok(Json(Erased { task_id: task, status, message }))
}
