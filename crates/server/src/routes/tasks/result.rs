use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use divisi_api::{Code, TaskResult};
use divisi_domain::id::TaskId;
use divisi_domain::task::Task;
use divisi_engine::content::Contents;
use divisi_engine::core::Loaded;
use divisi_engine::driver::{read_pass, read_shown};
use divisi_engine::report::render_markdown;
use divisi_engine::view::{self, Outcome};
use serde::Deserialize;

use crate::api::Api;
use crate::extract::{Asked, OfTask, accepts};
use crate::problem::Failure;
use crate::views;

/// The result of a finished task, or the drafts of one that failed: JSON, or Markdown where that is asked for.
pub(crate) async fn result(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let key = api.key(task);
    let (outcome, state) = api
        .read(move |reads| {
            let loaded =
                which.pass.map_or_else(|| read_shown(reads, key), |pass| read_pass(reads, key, pass));
            let loaded = loaded.map_err(|error| Failure::internal(&error.to_string()))?;
            let Loaded { task: state, title, .. } = loaded.ok_or_else(|| absent(task, which))?;
            if !state.is_terminal() {
                return Err(unfinished(&state));
            }
            match view::outcome(&Contents::of(reads, key.stream()), &state, &title) {
                Ok(Some(outcome)) => Ok((outcome, state)),
                Ok(None) => Err(nothing(&state)),
                Err(error) if error.is_lost() => Err(Failure::new(Code::NoResult, error.to_string())),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
    if accepts(&headers, "text/markdown") {
        let text = render_markdown(&outcome.report, &outcome.presentation);
        return Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response());
    }
    Ok(Json(answer(&state, &outcome)).into_response())
}

/// Of which pass; of the last one where none is named.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Which {
    pass: Option<u16>,
}

fn absent(task: TaskId, which: Which) -> Failure {
    match which.pass {
        None => Failure::no_task(task),
        Some(pass) => Failure::new(Code::NotFound, format!("{task} has no pass {pass} here.")),
    }
}

fn answer(task: &Task, outcome: &Outcome) -> TaskResult {
    let ending = task.ending.as_ref();
    let reason = ending.and_then(|ending| ending.reason);
    TaskResult {
        task_id: task.id,
        status: views::task::status(task),
        completion: views::task::completion(task),
        draft: outcome.draft,
        reason: reason.map(|reason| reason.code().to_owned()),
        reason_detail: reason.map(|reason| views::task::why(task, reason)),
        pass: task.pass,
        title: outcome.presentation.title.clone(),
        result: views::result::view(outcome),
        completed_at: ending.map(|ending| ending.at),
    }
}

fn unfinished(task: &Task) -> Failure {
    let (status, id) = (task.status_name().replace('_', " "), task.id);
    let before = match task.pass {
        ..=1 => String::new(),
        pass => format!(" `divisi task result {id} --pass {}` shows what the pass before brought.", pass - 1),
    };
    Failure::new(
        Code::TaskNotFinished,
        format!("The task is still {status}. `divisi task watch {id}` waits for it.{before}"),
    )
}

fn nothing(task: &Task) -> Failure {
    let why = if task.erased {
        "The content of this task was erased: there is nothing left to show."
    } else {
        "The task ended without anything that could be shown."
    };
    Failure::new(Code::NoResult, why)
}
