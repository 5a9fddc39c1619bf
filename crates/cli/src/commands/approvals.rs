//! Decisions of a person, by command.

use divisi_api::{ApprovalKind, ApprovalStatus, ApprovalView, Decide, DecisionWord};
use divisi_client::Client;
use divisi_engine::driver::Clock as _;
use divisi_store::limits::LIST_ROWS_MAX;

use super::World;
use super::leave::leave;
use super::tell::{Told, tell};
use crate::args::{AnswerArgs, ApprovalsCommand};
use crate::compose::{Need, ProcessClock, SessionError, fresh_task};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{Links, ago, approval_text, columns};
use crate::signals::Signals;

/// `divisi approvals …`.
pub(super) async fn run(world: &World, command: ApprovalsCommand) -> Result<Exit, Failure> {
    match command {
        ApprovalsCommand::List { json } => list(world, json).await,
        ApprovalsCommand::Show { approval, json } => show(world, &approval, json).await,
        ApprovalsCommand::Approve(args) => answer(world, &args, DecisionWord::Approve, None).await,
        ApprovalsCommand::Reject(args) => answer(world, &args, DecisionWord::Reject, None).await,
        ApprovalsCommand::Edit { answer: args, report } => {
            let text = crate::input::json_of(&world.base, &report, "report")?;
            answer(world, &args, DecisionWord::Edit, Some(text)).await
        }
    }
}

async fn list(world: &World, json: bool) -> Result<Exit, Failure> {
    let open = match world.session(Need::Read).await {
        Ok(session) => session.client.approvals().await?,
        Err(SessionError::Empty) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if json {
        output::print_json(&open)?;
    } else if open.is_empty() {
        output::tell("Nothing waits for a decision.");
    } else {
        let now = ProcessClock::start(None).now();
        let mut rows = vec![["approval", "about", "task", "asked"].map(str::to_owned).to_vec()];
        rows.extend(open.iter().map(|one| {
            vec![
                one.approval_id.clone(),
                about(one.kind).to_owned(),
                one.title.clone(),
                ago(one.asked_at, now),
            ]
        }));
        output::print(&columns(&rows, 2, world.terminal.list_width))?;
        if open.len() >= LIST_ROWS_MAX {
            output::tell(&format!(
                "These are the {LIST_ROWS_MAX} that have waited longest; there may be more."
            ));
        }
        output::tell(
            "divisi approvals show ID · divisi approvals approve ID · divisi approvals reject ID -m TEXT",
        );
    }
    Ok(Exit::Done)
}

pub(super) const fn about(kind: ApprovalKind) -> &'static str {
    match kind {
        ApprovalKind::Plan => "the plan",
        ApprovalKind::Tool => "a tool call",
        ApprovalKind::Publication => "the result",
    }
}

/// Prints exactly what is asked.
async fn show(world: &World, named: &str, json: bool) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    // A settled question is found by its own id only.
    let id = if is_id(named) { named.to_owned() } else { find(&session.client, named).await?.approval_id };
    let approval = session.client.approval(&id).await?;
    if json {
        output::print_json(&approval)?;
    } else {
        output::print(&approval_text(&approval, &world.terminal, &Links::of(&world.base, &[])))?;
    }
    Ok(Exit::Done)
}

async fn answer(
    world: &World,
    args: &AnswerArgs,
    decision: DecisionWord,
    edited: Option<serde_json::Value>,
) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let key = fresh_task().to_string();
    let say = async |client: &Client| decide(&client.keyed(&key), args, decision, edited.clone()).await;
    let Told::Answered(session, approval) = tell(world, &mut signals, Need::Commit, say).await? else {
        return Ok(Exit::Interrupted);
    };
    let runs = !session.owns();
    leave(world, session, &mut signals).await;
    let word = match decision {
        DecisionWord::Approve => "approved",
        DecisionWord::Reject => "rejected",
        DecisionWord::Edit => "published as edited",
    };
    output::tell(&format!("{}: {word}.", approval.approval_id));
    if !runs {
        output::tell(&format!(
            "Nothing runs here now: `divisi task resume {}` or `divisi up` goes on.",
            approval.task_id
        ));
    }
    Ok(Exit::Done)
}

async fn decide(
    client: &Client,
    args: &AnswerArgs,
    decision: DecisionWord,
    edited: Option<serde_json::Value>,
) -> Result<ApprovalView, Failure> {
    let approval = find(client, &args.approval).await?;
    let (digest, comment) = (approval.digest.clone(), args.comment.clone());
    client.decide(&approval.approval_id, &Decide { decision, digest, edited, comment }).await?;
    Ok(approval)
}

/// Whether this names one question, not the task that asks it.
fn is_id(name: &str) -> bool {
    name.contains('.')
}

/// The open question of this name: its own, or that of a task which asks only one thing.
async fn find(client: &Client, name: &str) -> Result<ApprovalView, Failure> {
    let nothing = || {
        Failure::NotFound(format!(
            "Nothing called '{name}' waits for a decision. `divisi approvals list` shows what does."
        ))
    };
    if is_id(name) {
        let one = client.approval(name).await?;
        return if one.state == ApprovalStatus::Open { Ok(one) } else { Err(nothing()) };
    }
    let Ok(task) = name.parse() else { return Err(nothing()) };
    let asked = client.task_approvals(task).await?;
    let mut found = asked.into_iter().filter(|one| one.state == ApprovalStatus::Open);
    let Some(approval) = found.next() else { return Err(nothing()) };
    if found.next().is_some() {
        return Err(Failure::Input(
            "The task asks several things: name one of them, as `divisi approvals list` shows it.".to_owned(),
        ));
    }
    Ok(approval)
}

pub(super) async fn send(
    client: &Client,
    approval: &ApprovalView,
    decision: DecisionWord,
    comment: Option<String>,
) -> Result<(), Failure> {
    let decide = Decide { decision, digest: approval.digest.clone(), edited: None, comment };
    client.decide(&approval.approval_id, &decide).await?;
    Ok(())
}
