use axum::Json;
use axum::extract::State;
use divisi_api::ApprovalView;

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// Everything that waits for a person, oldest first.
pub(crate) async fn list(State(api): State<Api>) -> Result<Json<Vec<ApprovalView>>, Failure> {
    let workspace = api.workspace();
    let open = api
        .read(move |reads| {
            let rows = reads.open_approvals(workspace, divisi_store::limits::LIST_ROWS_MAX)?;
            rows.iter().map(|row| views::approval::row(reads, row)).collect()
        })
        .await?;
    Ok(Json(open))
}

/// Everything that a task ever asked.
pub(crate) async fn of_task(
    State(api): State<Api>,
    OfTask(task): OfTask,
) -> Result<Json<Vec<ApprovalView>>, Failure> {
    let workspace = api.workspace();
    let all = api
        .read(move |reads| {
            let rows = reads.approvals(workspace, task)?;
            rows.iter().map(|row| views::approval::row(reads, row)).collect()
        })
        .await?;
    Ok(Json(all))
}
