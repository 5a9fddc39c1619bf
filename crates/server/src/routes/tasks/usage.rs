use axum::Json;
use axum::extract::State;
use divisi_api::UsageView;

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// Calls, tokens and money of a task.
pub(crate) async fn usage(State(api): State<Api>, OfTask(task): OfTask) -> Result<Json<UsageView>, Failure> {
    let workspace = api.workspace();
    let excess = api.task(task, |loaded, _| Ok(loaded.task.ledger.excess())).await?;
    let rows = api.read(move |reads| Ok(reads.usage(workspace, task)?)).await?;
    Ok(Json(views::usage::view(task, &rows, excess)))
}
