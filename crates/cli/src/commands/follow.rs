//! Following a task until it ends or waits for a person, whoever runs it.

use std::time::Duration;

use divisi_api::{Live, TaskView, WaitKind};
use divisi_client::{Client, LiveStream};
use divisi_domain::id::TaskId;
use futures::FutureExt;

use super::World;
use super::approvals::ask;
use crate::compose::{Need, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::progress::{Progress, Show, Snapshot};
use crate::signals::{Signals, Stop};

/// How often the picture is drawn anew while nothing happens.
const REDRAW: Duration = Duration::from_millis(250);

/// What is followed, and how it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follow {
    /// The task.
    pub(crate) task: TaskId,
    /// Events up to this one are not shown.
    pub(crate) after: u64,
    /// How much is shown.
    pub(crate) show: Show,
    /// A plan that waits is the end of it.
    pub(crate) plan_only: bool,
}

/// How following ended.
pub(crate) struct Ended {
    /// The way to the data; gone after a second Ctrl-C.
    pub(crate) session: Option<Session>,
    /// The task as it stands.
    pub(crate) task: TaskView,
    /// Set where a signal ended it.
    pub(crate) interrupted: Option<Exit>,
}

/// Follows a task. Where its owner goes away, this process takes over.
pub(crate) async fn follow(world: &World, session: Session, what: Follow) -> Result<Ended, Failure> {
    let mut signals = Signals::listen()?;
    let mut progress = Progress::new(what.show, &world.terminal);
    let mut session = session;
    let mut seen = what.after;
    loop {
        match watch(world, &mut session, what, &mut seen, &mut progress, &mut signals).await {
            Ok(Step::Over(task)) => {
                progress.finish();
                return Ok(Ended { session: Some(session), task: *task, interrupted: None });
            }
            Ok(Step::Signal(stop)) => {
                progress.finish();
                return stopped(session, what, stop, &mut signals).await;
            }
            Err(failure) if failure.is_connection() && !session.owns() => {
                progress.finish();
                output::tell("The process that ran this task has stopped; going on with it here.");
                session = world.session(Need::Perform).await?;
            }
            Err(failure) => {
                progress.finish();
                session.close().await;
                return Err(failure);
            }
        }
    }
}

enum Step {
    Over(Box<TaskView>),
    Signal(Stop),
}

async fn watch(
    world: &World,
    session: &mut Session,
    what: Follow,
    seen: &mut u64,
    progress: &mut Progress,
    signals: &mut Signals,
) -> Result<Step, Failure> {
    let client = session.client.clone();
    let mut live = client.live(what.task, *seen).await?;
    loop {
        let snapshot = look(&client, what.task).await?;
        progress.draw(&snapshot);
        if over(&snapshot.task, *seen) {
            return Ok(Step::Over(Box::new(snapshot.task)));
        }
        if waits_for_person(&snapshot.task, *seen) {
            if what.plan_only || !ask(world, &client, &snapshot, progress).await? {
                return Ok(Step::Over(Box::new(snapshot.task)));
            }
            continue;
        }
        tokio::select! {
            moved = advance(&mut live, seen, &snapshot, progress) => moved?,
            stop = signals.next() => return Ok(Step::Signal(stop)),
            () = rest() => {}
            broken = broken(session) => return Err(Failure::Other(format!("Divisi stops here: {broken}."))),
        }
    }
}

async fn broken(session: &mut Session) -> String {
    match &mut session.owner {
        Some(owner) => owner.broken().await,
        None => std::future::pending().await,
    }
}

async fn look(client: &Client, task: TaskId) -> Result<Snapshot, Failure> {
    Ok(Snapshot { task: client.show(task).await?, plan: client.plan(task).await? })
}

/// Takes in what has come; waits for the first message only.
async fn advance(
    live: &mut LiveStream,
    seen: &mut u64,
    snapshot: &Snapshot,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let mut next = Some(live.next().await?);
    while let Some(message) = next {
        match message {
            Some(Live::Event(event)) => {
                *seen = event.seq;
                progress.event(&event, snapshot)?;
            }
            Some(Live::Token { .. } | Live::TokenReset { .. }) => {}
            None => {
                return Err(divisi_client::ClientError::Connection("it closed the stream".to_owned()).into());
            }
        }
        next = live.next().now_or_never().transpose()?;
    }
    Ok(())
}

/// Ended, and all of it was shown.
fn over(task: &TaskView, seen: u64) -> bool {
    let parked = task.waiting_for.as_ref().is_some_and(|wait| wait.kind == WaitKind::Parked);
    (task.status.is_terminal() || parked) && seen >= task.last_seq
}

/// Only a person can make it go on.
fn waits_for_person(task: &TaskView, seen: u64) -> bool {
    let person = [WaitKind::Approval, WaitKind::Budget, WaitKind::OutcomeUnknown];
    seen >= task.last_seq && task.waiting_for.as_ref().is_some_and(|wait| person.contains(&wait.kind))
}

/// Ctrl-C parks the task; a second one leaves at once. SIGTERM leaves it runnable.
async fn stopped(
    session: Session,
    what: Follow,
    stop: Stop,
    signals: &mut Signals,
) -> Result<Ended, Failure> {
    let task = session.client.show(what.task).await?;
    if stop == Stop::Terminate {
        output::tell(
            "Stopping. The task goes on when `divisi run`, `divisi up` or `divisi task resume` starts again.",
        );
        return leave(session, task, Exit::Interrupted, signals).await;
    }
    output::tell(&format!(
        "Parking the task (Ctrl-C again leaves at once). `divisi task resume {}` goes on.",
        what.task
    ));
    let parked = tokio::select! {
        parked = session.client.park(what.task) => parked.is_ok(),
        _ = signals.next() => return Ok(Ended { session: None, task, interrupted: Some(Exit::Interrupted) }),
    };
    let task = session.client.show(what.task).await?;
    let exit = if parked { Exit::Parked } else { crate::exit::of_task(&task) };
    leave(session, task, exit, signals).await
}

async fn leave(
    session: Session,
    task: TaskView,
    exit: Exit,
    signals: &mut Signals,
) -> Result<Ended, Failure> {
    tokio::select! {
        () = session.close() => Ok(Ended { session: None, task, interrupted: Some(exit) }),
        _ = signals.next() => Ok(Ended { session: None, task, interrupted: Some(Exit::Interrupted) }),
    }
}

#[expect(clippy::disallowed_methods, reason = "a clock on the screen moves on by itself")]
async fn rest() {
    tokio::time::sleep(REDRAW).await;
}
