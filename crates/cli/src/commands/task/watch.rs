use divisi_api::{Code, TaskView, WaitKind};
use divisi_client::{Client, LiveStream};
use divisi_domain::id::TaskId;

use crate::args::TaskRef;
use crate::args::task::OneArgs;
use crate::commands::World;
use crate::commands::follow::{listen, look};
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::output;
use crate::progress::{Progress, Show, Snapshot, closing};
use crate::signals::Signals;

/// How often the log is looked at while nobody runs the task and tells of changes.
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// Follows a task without touching it: Ctrl-C only ends the watching.
pub(super) async fn watch(world: &World, args: &OneArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let show = if args.json { Show::Events } else { Show::Progress };
    let mut progress = Progress::new(show, &world.terminal);
    let ended = tokio::select! {
        ended = until_it_ends(world, args.task, &mut progress) => Some(ended),
        _ = signals.next() => None,
    };
    progress.finish();
    let Some(ended) = ended else { return Ok(Exit::Interrupted) };
    let task = ended?;
    output::tell_all(&closing(&task));
    Ok(of_task(&task))
}

/// The task once it has ended or waits for a person.
async fn until_it_ends(world: &World, task: TaskRef, progress: &mut Progress) -> Result<TaskView, Failure> {
    let mut seen = 0;
    let mut found = None;
    let mut alone = false;
    loop {
        // Opened anew each time: an owner may come or go meanwhile.
        let session = world.session(Need::Read).await?;
        let id = match found {
            Some(id) => id,
            None => resolve(&session.client, task).await?,
        };
        found = Some(id);
        let step = match session.client.live(id, seen).await {
            Ok(mut live) => listen_on(&session.client, &mut live, id, &mut seen, progress).await,
            Err(refused) if refused.code() == Some(Code::NoOwner) => {
                let read = read_on(&session.client, id, &mut seen, progress).await;
                if !alone && read.as_ref().is_ok_and(|snapshot| !over(&snapshot.task)) {
                    alone = true;
                    progress.finish();
                    output::tell(&format!(
                        "Nobody runs this data folder now: `divisi task resume {id}` or `divisi up` goes on."
                    ));
                }
                read
            }
            Err(refused) => Err(refused.into()),
        };
        match step {
            Ok(snapshot) if over(&snapshot.task) => return Ok(snapshot.task),
            Ok(_) => rest().await,
            // The owner went away: whoever comes next is asked, else the log is read.
            Err(failure) if failure.is_connection() => rest().await,
            Err(failure) => return Err(failure),
        }
    }
}

/// Shows what the owner tells, until the task is over.
async fn listen_on(
    client: &Client,
    live: &mut LiveStream,
    id: TaskId,
    seen: &mut u64,
    progress: &mut Progress,
) -> Result<Snapshot, Failure> {
    let mut told = Vec::new();
    loop {
        let snapshot = look(client, id).await?;
        progress.events(&std::mem::take(&mut told), &snapshot)?;
        progress.draw(&snapshot, *seen);
        if over(&snapshot.task) && *seen >= snapshot.task.last_seq {
            return Ok(snapshot);
        }
        tokio::select! {
            heard = listen(live, seen, &mut told, progress.speech()) => heard?,
            // The clock on the screen moves on.
            () = rest() => {}
        }
    }
}

/// Shows what is new in the log.
async fn read_on(
    client: &Client,
    id: TaskId,
    seen: &mut u64,
    progress: &mut Progress,
) -> Result<Snapshot, Failure> {
    let snapshot = look(client, id).await?;
    loop {
        let page = client.events(id, *seen).await?;
        progress.events(&page.events, &snapshot)?;
        *seen = page.last_seq;
        if !page.more {
            break;
        }
    }
    progress.draw(&snapshot, *seen);
    Ok(snapshot)
}

fn over(task: &TaskView) -> bool {
    let person = [WaitKind::Parked, WaitKind::Approval, WaitKind::Budget, WaitKind::OutcomeUnknown];
    let waits = task.waiting_for.as_ref().is_some_and(|wait| person.contains(&wait.kind));
    waits || task.status.is_terminal()
}

#[expect(clippy::disallowed_methods, reason = "a reader beside the log is told nothing: it looks again")]
async fn rest() {
    tokio::time::sleep(LOOK).await;
}
