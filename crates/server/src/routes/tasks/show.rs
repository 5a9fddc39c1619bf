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
    let (model_calls, cached_calls) = api
        .read(move |reads| {
            let rows = reads.usage(workspace, task)?;
            Ok((rows.len() as u64, rows.iter().filter(|row| row.from_cache).count() as u64))
        })
        .await?;
    let view = api.task(task, move |loaded, contents| views::task::view(loaded, contents, now)).await?;
    // What the state cannot say: room that other tasks have, or a store that takes nothing.
    let held = api.handle().ok().and_then(|handle| handle.held(api.key(task)));
    let waiting_for = held.map(views::task::waiting).or(view.waiting_for);
    Ok(Json(TaskView { model_calls, cached_calls, waiting_for, ..view }))
}
