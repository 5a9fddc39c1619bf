use axum::Json;
use axum::extract::{Path, State};
use divisi_api::{ApprovalView, Code};

use super::{not_there, parse};
use crate::api::Api;
use crate::problem::Failure;
use crate::views;

/// One question, with exactly what is asked about.
pub(crate) async fn show(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<ApprovalView>, Failure> {
    let (task, number) = parse(&id)?;
    let (workspace, offers) = (api.workspace(), api.offers());
    let usage = api.read(move |reads| Ok(reads.usage(workspace, task)?)).await?;
    let shown = api.task(task, move |loaded, contents| {
        let approval = loaded.task.approvals.iter().find(|approval| approval.number == number);
        let approval = approval.ok_or_else(|| not_there(&id))?;
        let asked = views::approval::asked(loaded, contents, approval, &usage, &offers.terms)?;
        Ok(views::approval::view(&loaded.task, &loaded.title, approval, Some(asked)))
    });
    let no_task = |failure: Failure| match failure.problem().code {
        Code::NotFound => not_there(&format!("{task}.{number}")),
        _ => failure,
    };
    shown.await.map(Json).map_err(no_task)
}
