use divisi_api::{TaskView, WaitKind};
use divisi_client::Client;
use divisi_domain::id::TaskId;

use crate::args::task::OneArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::output;
use crate::progress::{Progress, Show, Snapshot, closing};
use crate::signals::Signals;

/// How often the log is looked at while nobody tells of changes.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

/// Follows a task without touching it: Ctrl-C only ends the watching.
pub(super) async fn watch(world: &World, args: &OneArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let show = if args.json { Show::Events } else { Show::Progress };
    let mut progress = Progress::new(show, &world.terminal);
    let mut seen = 0;
    loop {
        // Opened anew each time: an owner may come or go meanwhile.
        let session = world.session(Need::Read).await?;
        let id = resolve(&session.client, args.task).await?;
        let task = look(&session.client, id, &mut seen, &mut progress).await?;
        if task.status.is_terminal() || waits_for_person(&task) {
            progress.finish();
            output::tell_all(&closing(&task));
            return Ok(of_task(&task));
        }
        tokio::select! {
            () = rest() => {}
            _ = signals.next() => {
                progress.finish();
                return Ok(Exit::Interrupted);
            }
        }
    }
}

/// Shows what is new.
async fn look(
    client: &Client,
    id: TaskId,
    seen: &mut u64,
    progress: &mut Progress,
) -> Result<TaskView, Failure> {
    let snapshot = Snapshot { task: client.show(id).await?, plan: client.plan(id).await? };
    loop {
        let page = client.events(id, *seen).await?;
        for event in &page.events {
            progress.event(event, &snapshot)?;
        }
        *seen = page.last_seq;
        if !page.more {
            break;
        }
    }
    progress.draw(&snapshot);
    Ok(snapshot.task)
}

fn waits_for_person(task: &TaskView) -> bool {
    let person = [WaitKind::Parked, WaitKind::Approval, WaitKind::Budget, WaitKind::OutcomeUnknown];
    task.waiting_for.as_ref().is_some_and(|wait| person.contains(&wait.kind))
}

#[expect(clippy::disallowed_methods, reason = "a reader beside the owner is told nothing: it looks again")]
async fn rest() {
    tokio::time::sleep(LOOK).await;
}
