use axum::Json;
use axum::extract::State;
use divisi_api::TaskAgents;

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// Agents that worked on a task, with what they did.
pub(crate) async fn agents(
    State(api): State<Api>,
    OfTask(task): OfTask,
) -> Result<Json<TaskAgents>, Failure> {
    let workspace = api.workspace();
    let known = api.read(move |reads| Ok(reads.agents(workspace)?)).await?;
    let types = known.into_iter().map(|row| (row.agent, row.agent_type)).collect();
    let agents = api.task(task, move |loaded, _| Ok(views::agent::of_task(&loaded.task, &types))).await?;
    Ok(Json(TaskAgents { task_id: task, agents }))
}
