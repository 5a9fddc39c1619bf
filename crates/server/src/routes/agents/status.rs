use axum::Json;
use axum::extract::State;
use divisi_api::AgentView;

use crate::api::Api;
use crate::problem::Failure;
use crate::views;

/// Every agent of the workspace.
pub(crate) async fn status(State(api): State<Api>) -> Result<Json<Vec<AgentView>>, Failure> {
    let workspace = api.workspace();
    let agents = api
        .read(move |reads| {
            let rows = reads.agents(workspace)?;
            rows.iter()
                .map(|row| Ok(views::agent::row(row, reads.leases(workspace, row.agent)?.len())))
                .collect()
        })
        .await?;
    Ok(Json(agents))
}
