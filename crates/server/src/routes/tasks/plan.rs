use axum::Json;
use axum::extract::State;
use divisi_api::PlanView;
use divisi_domain::id::TaskId;

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// The plan with the state of each subtask.
pub(crate) async fn plan(State(api): State<Api>, OfTask(task): OfTask) -> Result<Json<PlanView>, Failure> {
    read(&api, task).await.map(Json)
}

/// As it stands now.
pub(crate) async fn read(api: &Api, task: TaskId) -> Result<PlanView, Failure> {
    let workspace = api.workspace();
    let offers = api.offers();
    let usage = api.read(move |reads| Ok(reads.usage(workspace, task)?)).await?;
    api.task(task, move |loaded, contents| views::plan::view(loaded, contents, &usage, &offers.terms)).await
}
