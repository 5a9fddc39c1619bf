//! Following a task until it ends or waits for a person, whoever runs it.

use std::pin::pin;
use std::time::Duration;

use divisi_api::{EventView, Live, TaskView, WaitKind};
use divisi_client::{Client, LiveStream};
use divisi_domain::id::TaskId;

use super::World;
use super::leave::leave;
use super::question::{Answered, Question};
use crate::compose::{Broken, Need, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::output;
use crate::progress::{Progress, Show, Snapshot, Speech};
use crate::signals::{Signals, Stop};

/// How often the picture is drawn anew while nothing happens.
const REDRAW: Duration = Duration::from_millis(250);

/// Events that come within this time are shown together.
const MOMENT: Duration = Duration::from_millis(100);
/// Events that are shown together at most.
const HEARD_MAX: usize = 1_000;

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
pub(crate) enum Ended {
    /// The task ended, or waits for a person; the way to the data is still open.
    Over(Session, Box<TaskView>),
    /// A signal ended it; the way is closed.
    Stopped(Exit),
}

/// Follows a task. Where its owner goes away, this process takes over.
pub(crate) async fn follow(
    world: &World,
    signals: &mut Signals,
    session: Session,
    what: Follow,
) -> Result<Ended, Failure> {
    let mut view =
        View { progress: Progress::new(what.show, &world.terminal), keyboard: None, seen: what.after };
    let mut session = session;
    loop {
        let watched = signals.until(watch(world, &mut session, what, &mut view)).await;
        view.progress.finish();
        match watched {
            Ok(Ok(task)) => return Ok(Ended::Over(session, Box::new(task))),
            Err(stop) => return stopped(world, session, what, stop, signals).await,
            Ok(Err(failure)) if failure.is_passing() && !session.owns() => {
                output::tell("The process that ran this task has stopped; going on with it here.");
                match signals.until(world.session(Need::Continue)).await {
                    Ok(opened) => session = opened?,
                    Err(_) => return Ok(Ended::Stopped(Exit::Interrupted)),
                }
            }
            // What is broken has nothing to hand over.
            Ok(Err(failure @ Failure::Broken(_))) => return Err(failure),
            Ok(Err(failure)) => {
                leave(world, session, signals).await;
                return Err(failure);
            }
        }
    }
}

/// What stands on the screen, and who sits before it.
struct View {
    progress: Progress,
    keyboard: Option<Keyboard>,
    seen: u64,
}

/// Shows the task until it ends, or only a person elsewhere can make it go on.
async fn watch(
    world: &World,
    session: &mut Session,
    what: Follow,
    view: &mut View,
) -> Result<TaskView, Failure> {
    let client = session.client.clone();
    let mut live = client.live(what.task, view.seen).await?;
    let mut question = None;
    let mut told = Vec::new();
    loop {
        let snapshot = look(&client, what.task).await?;
        view.progress.events(&std::mem::take(&mut told), &snapshot)?;
        question = match question {
            Some(asked) => Question::still_open(asked, &client, &snapshot).await?,
            None => None,
        };
        if question.is_none() {
            view.progress.draw(&snapshot, view.seen);
            if over(&snapshot.task, view.seen) {
                return Ok(snapshot.task);
            }
            if waits_for_person(&snapshot.task, view.seen) {
                question = pose(world, &client, what, &snapshot, view).await?;
                if question.is_none() {
                    return Ok(snapshot.task);
                }
            }
        }
        tokio::select! {
            heard = listen(&mut live, &mut view.seen, &mut told, view.progress.speech()) => heard?,
            typed = typed(&mut view.keyboard, question.is_some()) => if let Some(asked) = question.take() {
                match asked.answer(&client, typed).await? {
                    Answered::Settled => {}
                    Answered::More(next) => question = Some(*next),
                    Answered::Later => return Ok(snapshot.task),
                }
            },
            () = rest() => {}
            broken = broken(session) => return Err(broken.into()),
        }
    }
}

async fn pose(
    world: &World,
    client: &Client,
    what: Follow,
    snapshot: &Snapshot,
    view: &mut View,
) -> Result<Option<Question>, Failure> {
    if what.plan_only || !world.terminal.interactive {
        return Ok(None);
    }
    if view.keyboard.is_none() {
        view.keyboard = Some(Keyboard::open()?);
    }
    match &mut view.keyboard {
        Some(keyboard) => Question::pose(world, client, snapshot, &mut view.progress, keyboard).await,
        None => Ok(None),
    }
}

/// The next line, while something is asked.
async fn typed(keyboard: &mut Option<Keyboard>, asked: bool) -> Option<String> {
    match keyboard {
        Some(keyboard) if asked => keyboard.line().await,
        _ => std::future::pending().await,
    }
}

async fn broken(session: &mut Session) -> Broken {
    match &mut session.owner {
        Some(owner) => owner.broken().await,
        None => std::future::pending().await,
    }
}

/// The task and its plan now.
pub(crate) async fn look(client: &Client, task: TaskId) -> Result<Snapshot, Failure> {
    Ok(Snapshot { task: client.show(task).await?, plan: client.plan(task).await? })
}

/// Waits for the first message, then takes in what comes in the next moment: a picture is drawn of all of them together.
/// Dropped in between, it has lost nothing. Text of answers goes to `speech`; where nobody sees it, it is passed over.
pub(crate) async fn listen(
    live: &mut LiveStream,
    seen: &mut u64,
    told: &mut Vec<EventView>,
    mut speech: Option<&mut Speech>,
) -> Result<(), Failure> {
    if heard(message(live, &mut speech).await?, seen, told) {
        return Ok(());
    }
    let mut moment = pin!(in_a_moment());
    while told.len() < HEARD_MAX {
        tokio::select! {
            message = message(live, &mut speech) => if heard(message?, seen, told) {
                return Ok(());
            },
            () = &mut moment => return Ok(()),
        }
    }
    Ok(())
}

/// Whether nothing more may come of it.
fn heard(event: Option<EventView>, seen: &mut u64, told: &mut Vec<EventView>) -> bool {
    let Some(event) = event else { return false };
    *seen = event.seq;
    told.push(event);
    told.last().is_some_and(is_an_end)
}

/// The next event, or `None` for text that was taken in.
async fn message(
    live: &mut LiveStream,
    speech: &mut Option<&mut Speech>,
) -> Result<Option<EventView>, Failure> {
    loop {
        match (live.next().await?, speech.as_deref_mut()) {
            (Some(Live::Event(event)), _) => return Ok(Some(event)),
            (Some(Live::Token { effect_id, attempt, offset, text }), Some(speech)) => {
                speech.token(&effect_id, attempt, offset, &text);
                return Ok(None);
            }
            (Some(Live::TokenReset { effect_id, attempt, .. }), Some(speech)) => {
                speech.withdrawn(&effect_id, attempt);
                return Ok(None);
            }
            (Some(Live::Token { .. } | Live::TokenReset { .. }), None) => {}
            (None, _) => {
                return Err(divisi_client::ClientError::Connection("it closed the stream".to_owned()).into());
            }
        }
    }
}

/// What is shown at once: nothing more comes of the task by itself.
fn is_an_end(event: &EventView) -> bool {
    matches!(
        event.kind.as_str(),
        "completed" | "failed" | "cancelled" | "approval_requested" | "wait_started"
    )
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

/// Ctrl-C parks the task, unless it has ended meanwhile; a second one leaves at once. SIGTERM leaves it runnable.
async fn stopped(
    world: &World,
    session: Session,
    what: Follow,
    stop: Stop,
    signals: &mut Signals,
) -> Result<Ended, Failure> {
    if stop == Stop::Terminate {
        output::tell(
            "Stopping. The task goes on when `divisi run`, `divisi up` or `divisi task resume` starts again.",
        );
        leave(world, session, signals).await;
        return Ok(Ended::Stopped(Exit::Interrupted));
    }
    let exit = match signals.until(park(&session.client, what.task)).await {
        Ok(Ok(Some(ended))) => return Ok(Ended::Over(session, Box::new(ended))),
        Ok(Ok(None)) => {
            output::tell(&format!("Parked. `divisi task resume {}` goes on.", what.task));
            Ok(Exit::Parked)
        }
        Ok(Err(failure)) => Err(failure),
        Err(_) => return Ok(Ended::Stopped(Exit::Interrupted)),
    };
    let left = leave(world, session, signals).await;
    exit.map(|exit| Ended::Stopped(left.unwrap_or(exit)))
}

/// Parks the task. One that has ended meanwhile stays as it is: that one.
pub(super) async fn park(client: &Client, task: TaskId) -> Result<Option<TaskView>, Failure> {
    let Err(refused) = client.park(task).await else { return Ok(None) };
    let task = client.show(task).await?;
    match &task.waiting_for {
        _ if task.status.is_terminal() => Ok(Some(task)),
        Some(wait) if wait.kind == WaitKind::Parked => Ok(None),
        _ => Err(refused.into()),
    }
}

#[expect(clippy::disallowed_methods, reason = "what comes together is shown together")]
async fn in_a_moment() {
    tokio::time::sleep(MOMENT).await;
}

#[expect(clippy::disallowed_methods, reason = "a clock on the screen moves on by itself")]
async fn rest() {
    tokio::time::sleep(REDRAW).await;
}
