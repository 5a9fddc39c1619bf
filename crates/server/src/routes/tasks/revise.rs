use axum::Json;
use axum::extract::State;
use divisi_api::{FieldErrors, Revise, Revised, Scope, TaskStatus};
use divisi_domain::task::{Input, RULES, RevisionScope};

use crate::api::Api;
use crate::extract::{Body, Key, OfTask};
use crate::problem::Failure;
use crate::validate;

/// Opens the next pass of a completed task.
pub(crate) async fn revise(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
    Body(revise): Body<Revise>,
) -> Result<Json<Revised>, Failure> {
    validate::words("revision_request", &revise.revision_request)?;
    let scope = scope(&revise)?;
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "revise", &revise);
    let side = handle.side(api.key(task), &words(&revise))?;
    let input = Input::Revise { rules: RULES, scope, request: side.blob };
    api.command(task, command, input, vec![side]).await?;
    let pass = api.task(task, |loaded, _| Ok(loaded.task.pass)).await?;
    Ok(Json(Revised {
        task_id: task,
        revision_id: format!("rev_{task}.{pass}"),
        status: TaskStatus::RevisionPending,
        estimated_completion: None,
    }))
}

/// The person's words, with the parts of the result they are about.
fn words(revise: &Revise) -> String {
    let request = revise.revision_request.trim();
    if revise.specific_areas.is_empty() {
        return request.to_owned();
    }
    format!("{request}\n\nThis is about: {}.", revise.specific_areas.join(", "))
}

fn scope(revise: &Revise) -> Result<RevisionScope, Failure> {
    match (revise.scope, revise.subtasks.is_empty()) {
        (Some(Scope::SpecificSubtasks), true) => {
            let sentence = "Name at least one subtask by its number.".to_owned();
            Err(Failure::fields(FieldErrors::from([("subtasks".to_owned(), sentence)])))
        }
        (Some(Scope::SpecificSubtasks) | None, false) => {
            Ok(RevisionScope::SpecificSubtasks(revise.subtasks.clone()))
        }
        (Some(Scope::FinalAnswer), _) => Ok(RevisionScope::FinalAnswer),
        (Some(Scope::FullTask) | None, _) => Ok(RevisionScope::FullTask),
    }
}
