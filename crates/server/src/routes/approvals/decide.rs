use axum::Json;
use axum::extract::{Path, State};
use divisi_api::{Code, Decide, Decided, DecisionWord, FieldErrors};
use divisi_domain::approval::{Decision, Verdict};
use divisi_domain::blob::Digest;
use divisi_domain::id::TaskId;
use divisi_domain::task::Input;

use crate::api::Api;
use crate::extract::{Body, Key};
use crate::problem::Failure;
use crate::validate;

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
    let task_key = api.key(task);
    let mut sides = Vec::new();
    let mut keep = |text: &str| -> Result<_, Failure> {
        let side = handle.side(task_key, text)?;
        let blob = side.blob;
        sides.push(side);
        Ok(blob)
    };
    let comment = match &decide.comment {
        Some(comment) => {
            validate::words("comment", comment)?;
            Some(keep(comment)?)
        }
        None => None,
    };
    let verdict = match (decide.decision, &decide.edited) {
        (DecisionWord::Approve, _) => Verdict::Approve,
        (DecisionWord::Reject, _) => Verdict::Reject,
        (DecisionWord::Edit, Some(edited)) => {
            let text = edited.to_string();
            Verdict::Edit { digest: Digest(*blake3::hash(text.as_bytes()).as_bytes()), content: keep(&text)? }
        }
        (DecisionWord::Edit, None) => {
            let sentence = "Give what is to happen instead.".to_owned();
            return Err(Failure::fields(FieldErrors::from([("edited".to_owned(), sentence)])));
        }
    };
    let input = Input::Decide { number, decision: Decision { digest, verdict, comment } };
    let input_id = api.input_id(handle, key.as_deref());
    handle.command(task_key, input_id, input, sides).await?;
    let state = api
        .task(task, move |loaded, _| {
            let approval = loaded.task.approvals.iter().find(|approval| approval.number == number);
            Ok(approval.map_or("unknown", |approval| approval.state.as_str()).to_owned())
        })
        .await?;
    Ok(Json(Decided { approval_id: id, state }))
}

/// `task_….N`.
fn parse(id: &str) -> Result<(TaskId, u32), Failure> {
    let parts =
        id.rsplit_once('.').and_then(|(task, number)| Some((task.parse().ok()?, number.parse().ok()?)));
    let shown: String = id.chars().take(100).collect();
    parts.ok_or_else(|| {
        Failure::new(
            Code::NotFound,
            format!("There is no approval '{shown}'. Ids are a task's id, a point and a number."),
        )
    })
}

fn digest(text: &str) -> Result<Digest, Failure> {
    let byte = |at: usize| text.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    let digest = bytes.filter(|_| text.len() == 64).and_then(|bytes| bytes.try_into().ok()).map(Digest);
    let sentence = || "It is 64 hexadecimal digits, as the approval shows them.".to_owned();
    digest.ok_or_else(|| Failure::fields(FieldErrors::from([("digest".to_owned(), sentence())])))
}
