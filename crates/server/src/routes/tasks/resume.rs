use axum::Json;
use axum::extract::State;
use divisi_api::Resumed;
use divisi_domain::task::{Input, RULES};

use crate::api::Api;
use crate::extract::{Key, OfTask};
use crate::problem::Failure;
use crate::views;

/// Goes on with a parked task, or opens the next pass of a failed one: what was accepted is not done again.
pub(crate) async fn resume(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
) -> Result<Json<Resumed>, Failure> {
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "resume", &());
    api.command(task, command, Input::Resume { rules: RULES }, Vec::new()).await?;
    let status = api.task(task, |loaded, _| Ok(views::task::status(&loaded.task))).await?;
    Ok(Json(Resumed { task_id: task, status }))
}
