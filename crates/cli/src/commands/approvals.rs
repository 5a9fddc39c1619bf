//! Decisions of a person: by command, or asked at the terminal while a task is followed.

use divisi_api::{ApprovalKind, ApprovalView, Decide, DecisionWord};
use divisi_client::Client;
use divisi_engine::driver::Clock as _;

use super::World;
use crate::args::{AnswerArgs, ApprovalsCommand};
use crate::compose::{Need, ProcessClock, SessionError};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::progress::{Progress, Snapshot};
use crate::render::{ago, columns, plan_text};

/// `divisi approvals …`.
pub(super) async fn run(world: &World, command: ApprovalsCommand) -> Result<Exit, Failure> {
    match command {
        ApprovalsCommand::List { json } => list(world, json).await,
        ApprovalsCommand::Approve(args) => answer(world, &args, DecisionWord::Approve).await,
        ApprovalsCommand::Reject(args) => answer(world, &args, DecisionWord::Reject).await,
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
        output::tell(
            "divisi approvals approve ID · divisi approvals reject ID -m TEXT · divisi task plan TASK",
        );
    }
    Ok(Exit::Done)
}

const fn about(kind: ApprovalKind) -> &'static str {
    match kind {
        ApprovalKind::Plan => "the plan",
        ApprovalKind::Tool => "a tool call",
        ApprovalKind::Publication => "the result",
    }
}

async fn answer(world: &World, args: &AnswerArgs, decision: DecisionWord) -> Result<Exit, Failure> {
    let session = world.session(Need::Commit).await?;
    let done = decide(&session.client, args, decision).await;
    let runs = !session.owns();
    session.close().await;
    let approval = done?;
    let word = if decision == DecisionWord::Approve { "approved" } else { "rejected" };
    output::tell(&format!("{}: {word}.", approval.approval_id));
    if !runs {
        output::tell(&format!(
            "Nothing runs here now: `divisi task resume {}` or `divisi up` goes on.",
            approval.task_id
        ));
    }
    Ok(Exit::Done)
}

async fn decide(client: &Client, args: &AnswerArgs, decision: DecisionWord) -> Result<ApprovalView, Failure> {
    let open = client.approvals().await?;
    let named =
        |one: &&ApprovalView| one.approval_id == args.approval || one.task_id.to_string() == args.approval;
    let found: Vec<&ApprovalView> = open.iter().filter(named).collect();
    let approval = match found.as_slice() {
        [only] => (*only).clone(),
        [] => {
            return Err(Failure::NotFound(format!(
                "Nothing called '{}' waits for a decision. `divisi approvals list` shows what does.",
                args.approval
            )));
        }
        _ => {
            return Err(Failure::Input(
                "The task asks several things: name one of them, as `divisi approvals list` shows it."
                    .to_owned(),
            ));
        }
    };
    send(client, &approval, decision, args.comment.clone()).await?;
    Ok(approval)
}

async fn send(
    client: &Client,
    approval: &ApprovalView,
    decision: DecisionWord,
    comment: Option<String>,
) -> Result<(), Failure> {
    let decide = Decide { decision, digest: approval.digest.clone(), edited: None, comment };
    client.decide(&approval.approval_id, &decide).await?;
    Ok(())
}

/// Asks a person about what a followed task waits for. `false`: there is nobody to ask, or they want to look first.
pub(super) async fn ask(
    world: &World,
    client: &Client,
    snapshot: &Snapshot,
    progress: &mut Progress,
) -> Result<bool, Failure> {
    let open = client.task_approvals(snapshot.task.task_id).await?;
    let Some(approval) = open.iter().find(|one| one.state == "open") else { return Ok(false) };
    if !world.terminal.interactive {
        return Ok(false);
    }
    progress.finish();
    match approval.kind {
        ApprovalKind::Plan => output::tell(&plan_text(&snapshot.plan, &world.terminal)),
        ApprovalKind::Tool => output::tell(
            "An agent asks to call a tool with side effects. `divisi task events` shows the call.",
        ),
        ApprovalKind::Publication => output::tell("The report is ready to be published."),
    }
    let asked =
        format!("Approve {}? [y]es, [n]o with a comment, anything else: decide later ", about(approval.kind));
    let typed = read_line(asked).await?;
    let (decision, comment) = match typed.trim() {
        "y" | "Y" | "yes" => (DecisionWord::Approve, None),
        "n" | "N" | "no" => {
            let why = read_line("What should be different? ".to_owned()).await?;
            (DecisionWord::Reject, Some(why.trim().to_owned()).filter(|why| !why.is_empty()))
        }
        _ => return Ok(false),
    };
    send(client, approval, decision, comment).await?;
    Ok(true)
}

/// A line of the terminal, read where it holds nobody up.
async fn read_line(question: String) -> Result<String, Failure> {
    let typed = tokio::task::spawn_blocking(move || output::ask(&question)).await;
    typed.map_err(|error| Failure::Other(error.to_string()))?
}
