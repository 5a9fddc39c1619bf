use axum::Json;
use axum::extract::State;
use divisi_api::TaskView;

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// One task.
pub(crate) async fn show(State(api): State<Api>, OfTask(task): OfTask) -> Result<Json<TaskView>, Failure> {
    let (now, workspace) = (api.now(), api.workspace());
    let calls = api.read(move |reads| Ok(reads.usage(workspace, task)?.len() as u64)).await?;
    let view = api.task(task, move |loaded, contents| views::task::view(loaded, contents, now)).await?;
    Ok(Json(TaskView { model_calls: calls, ..view }))
}
