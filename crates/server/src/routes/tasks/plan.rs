use axum::Json;
use axum::extract::State;
use divisi_api::PlanView;

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// The plan with the state of each subtask.
pub(crate) async fn plan(State(api): State<Api>, OfTask(task): OfTask) -> Result<Json<PlanView>, Failure> {
    let workspace = api.workspace();
    let terms = api.terms().clone();
    let usage = api.read(move |reads| Ok(reads.usage(workspace, task)?)).await?;
    let plan =
        api.task(task, move |loaded, contents| views::plan::view(loaded, contents, &usage, &terms)).await?;
    Ok(Json(plan))
}
