use axum::Json;
use axum::extract::State;
use divisi_api::limits::BUDGET_USD_MAX;
use divisi_api::{Budget, FieldErrors, Resumed};
use divisi_domain::task::Input;

use super::create::micro_usd;
use crate::api::Api;
use crate::extract::{Body, Key, OfTask};
use crate::problem::Failure;
use crate::views;

/// Changes the spending cap of a task.
pub(crate) async fn budget(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
    Body(budget): Body<Budget>,
) -> Result<Json<Resumed>, Failure> {
    if !(budget.max_usd > 0.0 && budget.max_usd <= BUDGET_USD_MAX) {
        let sentence = format!("A cap is more than 0 and at most {BUDGET_USD_MAX} US dollars.");
        return Err(Failure::fields(FieldErrors::from([("max_usd".to_owned(), sentence)])));
    }
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "budget", &budget);
    let cap = Some(micro_usd(budget.max_usd));
    api.command(task, command, Input::ChangeCap { cap }, Vec::new()).await?;
    let status = api.task(task, |loaded, _| Ok(views::task::status(&loaded.task))).await?;
    Ok(Json(Resumed { task_id: task, status }))
}
