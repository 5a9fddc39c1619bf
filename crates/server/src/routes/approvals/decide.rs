use axum::Json;
use axum::extract::{Path, State};
use divisi_api::{Code, Decide, Decided, DecisionWord, FieldErrors};
use divisi_domain::approval::{ApprovalSubject, Decision, Verdict};
use divisi_domain::blob::Digest;
use divisi_domain::id::TaskId;
use divisi_domain::task::Input;
use divisi_engine::core::Side;
use divisi_engine::view::{self, EditRefused};
use serde_json::Value;

use super::{not_there, parse};
use crate::api::Api;
use crate::extract::{Body, Key};
use crate::problem::Failure;
use crate::{validate, views};

/// Answers a question, bound to what the person saw.
pub(crate) async fn decide(
    State(api): State<Api>,
    Path(id): Path<String>,
    Key(key): Key,
    Body(decide): Body<Decide>,
) -> Result<Json<Decided>, Failure> {
    let (task, number) = parse(&id)?;
    let digest = digest(&decide.digest)?;
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "decide", &decide);
    let task_key = api.key(task);
    let mut sides: Vec<Side> = Vec::new();
    let comment = match &decide.comment {
        Some(comment) => {
            validate::words("comment", comment)?;
            let side = handle.side(task_key, comment)?;
            let blob = side.blob;
            sides.push(side);
            Some(blob)
        }
        None => None,
    };
    let verdict = match (decide.decision, decide.edited) {
        (DecisionWord::Approve, _) => Verdict::Approve,
        (DecisionWord::Reject, _) => Verdict::Reject,
        (DecisionWord::Edit, Some(edited)) => {
            let text = checked(&api, task, number, edited).await?;
            let side = handle.side(task_key, &text)?;
            let content = side.blob;
            sides.push(side);
            // As the digest of any draft: the reference of its content. An edit that changes nothing is an approval.
            Verdict::Edit { digest: Digest(content.0), content }
        }
        (DecisionWord::Edit, None) => {
            return Err(field("edited", "Give what is to happen instead.".to_owned()));
        }
    };
    let input = Input::Decide { number, decision: Decision { digest, verdict, comment } };
    api.command(task, command, input, sides).await?;
    let state = api
        .task(task, move |loaded, _| {
            let approval = loaded.task.approvals.iter().find(|approval| approval.number == number);
            Ok(views::approval::status(&approval.ok_or_else(|| not_there(&id))?.state))
        })
        .await?;
    Ok(Json(Decided { approval_id: views::approval::id(task, number), state }))
}

/// What a person wrote instead, in the form in which it is kept: only what can be shown for ever is taken.
async fn checked(api: &Api, task: TaskId, number: u32, edited: Value) -> Result<String, Failure> {
    api.task(task, move |loaded, contents| {
        let approval = loaded.task.approvals.iter().find(|approval| approval.number == number);
        let approval = approval.ok_or_else(|| not_there(&views::approval::id(task, number)))?;
        match approval.subject {
            ApprovalSubject::Publication => {}
            ApprovalSubject::Plan => {
                return Err(Failure::new(
                    Code::Conflict,
                    "A plan is edited on its own: PUT it to the task's plan, then approve what is asked anew.",
                ));
            }
            ApprovalSubject::Tool(_) => {
                return Err(Failure::new(
                    Code::Conflict,
                    "A tool call can be approved or rejected, not edited.",
                ));
            }
        }
        view::edited_report(contents, &loaded.task, &edited).map_err(|refused| match refused {
            EditRefused::Faults(faults) => field("edited", faults.join(" ")),
            EditRefused::Content(error) => error.into(),
        })
    })
    .await
}

fn field(name: &str, sentence: String) -> Failure {
    Failure::fields(FieldErrors::from([(name.to_owned(), sentence)]))
}

fn digest(text: &str) -> Result<Digest, Failure> {
    let byte = |at: usize| text.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    let digest = bytes.filter(|_| text.len() == 64).and_then(|bytes| bytes.try_into().ok()).map(Digest);
    digest
        .ok_or_else(|| field("digest", "It is 64 hexadecimal digits, as the approval shows them.".to_owned()))
}
