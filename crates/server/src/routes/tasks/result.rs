use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use divisi_api::{Code, ResultView, TaskResult};
use divisi_engine::report::{render_markdown, result_json};
use divisi_engine::view;

use crate::api::Api;
use crate::extract::{OfTask, accepts};
use crate::problem::Failure;
use crate::views;

/// The result of a finished task: JSON, or Markdown where that is asked for.
pub(crate) async fn result(
    State(api): State<Api>,
    OfTask(task): OfTask,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (outcome, answer) = api
        .task(task, move |loaded, contents| {
            let state = &loaded.task;
            if !state.is_terminal() {
                return Err(Failure::new(
                    Code::TaskNotFinished,
                    format!(
                        "The task is still {}. `divisi task watch {task}` waits for it.",
                        state.status_name()
                    ),
                ));
            }
            let none =
                || Failure::new(Code::NoResult, "The task ended without anything that could be shown.");
            let outcome = view::outcome(contents, state, &loaded.title)?.ok_or_else(none)?;
            let answer = (
                views::task::status(state),
                views::task::completion(state),
                state.ending.as_ref().map(|e| e.at),
            );
            Ok((outcome, answer))
        })
        .await?;
    if accepts(&headers, "text/markdown") {
        let text = render_markdown(&outcome.report, &outcome.presentation);
        return Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response());
    }
    let (status, completion, completed_at) = answer;
    let title = outcome.presentation.title.clone();
    let result = wire(&result_json(&outcome.report, &outcome.presentation))?;
    Ok(Json(TaskResult { task_id: task, status, completion, title, result, completed_at }).into_response())
}

/// The engine's result in the wire's type: the same shape, as a test shows.
pub(crate) fn wire(result: &divisi_engine::report::ResultJson) -> Result<ResultView, Failure> {
    let value = serde_json::to_value(result).map_err(|error| Failure::internal(&error.to_string()))?;
    serde_json::from_value(value).map_err(|error| Failure::internal(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use divisi_engine::report::{
        ClaimJson, EvidenceJson, Presentation, ResultJson, SectionJson, SourceJson, TableJson, result_json,
    };

    use super::*;

    #[test]
    fn the_engines_result_has_the_shape_of_the_wire() {
        let claim = || ClaimJson { text: "a".into(), sources: vec![1] };
        let table = TableJson { columns: vec!["c".into()], rows: vec![vec![claim()]] };
        let empty = result_json(&divisi_engine::view::Outcome::default().report, &Presentation::default());
        let full = ResultJson {
            answer: vec![claim()],
            sections: vec![SectionJson { title: "t".into(), claims: vec![claim()], table: Some(table) }],
            supporting_data: vec![EvidenceJson {
                claim: "c".into(),
                specialist: "s".into(),
                sources: vec![1],
            }],
            sources: vec![SourceJson {
                number: 1,
                document: "D1".into(),
                file: "f".into(),
                start: 0,
                end: 1,
                line: 1,
                line_end: 1,
                page: Some(1),
                quote: "q".into(),
            }],
            ..empty.clone()
        };
        for result in [empty, full] {
            let wired = wire(&result).unwrap();
            assert_eq!(serde_json::to_value(&wired).unwrap(), serde_json::to_value(&result).unwrap());
        }
    }
}
