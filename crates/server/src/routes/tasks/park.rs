use axum::Json;
use axum::extract::State;
use divisi_api::Resumed;
use divisi_domain::task::Input;

use crate::api::Api;
use crate::extract::{Key, OfTask};
use crate::problem::Failure;
use crate::views;

/// Stops a task until it is resumed.
pub(crate) async fn park(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
) -> Result<Json<Resumed>, Failure> {
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "park", &());
    api.command(task, command, Input::Park, Vec::new()).await?;
    let status = api.task(task, |loaded, _| Ok(views::task::status(&loaded.task))).await?;
    Ok(Json(Resumed { task_id: task, status }))
}
