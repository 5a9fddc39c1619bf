use axum::Json;
use axum::extract::State;
use divisi_api::{Code, FieldErrors, ResolutionWord, Resolve, Resumed};
use divisi_domain::task::{Input, Resolution};
use divisi_engine::view;

use crate::api::Api;
use crate::extract::{Body, Key, OfTask};
use crate::problem::Failure;
use crate::{validate, views};

/// Says what became of a tool call that was interrupted and may or may not have happened.
pub(crate) async fn resolve(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
    Body(resolve): Body<Resolve>,
) -> Result<Json<Resumed>, Failure> {
    let said = said(&resolve)?;
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "resolve", &resolve);
    let effect = resolve.effect_id;
    let path = api
        .task(task, move |loaded, _| {
            view::call_path(&loaded.task, &effect).ok_or_else(|| {
                let shown: String = effect.chars().take(100).collect();
                Failure::new(
                    Code::NotFound,
                    format!("The task made no tool call '{shown}'. `divisi task show {task}` names those that wait."),
                )
            })
        })
        .await?;
    let (resolution, side) = match said {
        Said::Retry => (Resolution::Retry, None),
        Said::Enter(text) => {
            let side = handle.side(api.key(task), &text)?;
            (Resolution::Enter(side.blob), Some(side))
        }
        Said::Skip => (Resolution::Skip, None),
        Said::Fail => (Resolution::Fail, None),
    };
    let input = Input::Resolve { path, resolution };
    api.command(task, command, input, side.into_iter().collect()).await?;
    let status = api.task(task, |loaded, _| Ok(views::task::status(&loaded.task))).await?;
    Ok(Json(Resumed { task_id: task, status }))
}

/// What a person says, with the result where there is one.
enum Said {
    Retry,
    Enter(String),
    Skip,
    Fail,
}

fn said(resolve: &Resolve) -> Result<Said, Failure> {
    match (resolve.resolution, &resolve.result) {
        (ResolutionWord::Enter, Some(text)) => {
            validate::words("result", text)?;
            Ok(Said::Enter(text.clone()))
        }
        (ResolutionWord::Enter, None) => Err(wrong("Give the result of the call.")),
        (ResolutionWord::Retry, None) => Ok(Said::Retry),
        (ResolutionWord::Skip, None) => Ok(Said::Skip),
        (ResolutionWord::Fail, None) => Ok(Said::Fail),
        (ResolutionWord::Retry | ResolutionWord::Skip | ResolutionWord::Fail, Some(_)) => {
            Err(wrong("A result is only given with the resolution 'enter'."))
        }
    }
}

fn wrong(sentence: &str) -> Failure {
    Failure::fields(FieldErrors::from([("result".to_owned(), sentence.to_owned())]))
}
