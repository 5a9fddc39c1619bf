use axum::Json;
use axum::extract::State;
use divisi_api::{Code, PlanEdit, PlanView};
use divisi_domain::task::Input;
use divisi_engine::view;

use super::plan;
use crate::api::Api;
use crate::extract::{Body, Key, OfTask};
use crate::problem::Failure;

/// Replaces a plan that waits for approval. It is checked like the manager's own, every error at once, and asked about
/// anew under its own digest.
pub(crate) async fn edit(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
    Body(PlanEdit(written)): Body<PlanEdit>,
) -> Result<Json<PlanView>, Failure> {
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "edit_plan", &written);
    let of = api.key(task);
    let text = written.to_string();
    let edited = api
        .task(task, move |loaded, contents| {
            let edited = view::edited_plan(contents, &loaded.task, &loaded.crew, &text);
            edited.map_err(|errors| Failure::new(Code::PlanInvalid, errors.join(" ")))
        })
        .await?;
    let side = handle.side(of, &edited.text)?;
    let input = Input::EditPlan { content: side.blob, draft: edited.draft, rules: edited.rules };
    api.command(task, command, input, vec![side]).await?;
    plan::read(&api, task).await.map(Json)
}
