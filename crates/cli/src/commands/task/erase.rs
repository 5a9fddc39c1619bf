use divisi_api::{Erased, TaskView};
use divisi_client::Client;

use crate::args::TaskRef;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Erases what a finished task says. Works beside a running owner, which does it then.
pub(super) async fn erase(world: &World, task: TaskRef, yes: bool) -> Result<Exit, Failure> {
    let session = world.session(Need::Commit).await?;
    let erased = ask(world, &session.client, task, yes).await;
    session.close().await;
    let Some(erased) = erased? else { return Ok(Exit::Conflict) };
    output::tell(&format!("{}: {}", erased.task_id, erased.message));
    Ok(Exit::Done)
}

async fn ask(world: &World, client: &Client, task: TaskRef, yes: bool) -> Result<Option<Erased>, Failure> {
    let task = client.show(resolve(client, task).await?).await?;
    if !task.status.is_terminal() {
        return Err(unfinished(&task));
    }
    if !yes && !output::confirm(world, &question(&task))? {
        return Ok(None);
    }
    Ok(Some(client.erase(task.task_id).await?))
}

fn question(task: &TaskView) -> String {
    format!("Erase the question, documents and report of “{}” for good?", task.title)
}

fn unfinished(task: &TaskView) -> Failure {
    Failure::State(format!("The task has not ended. `divisi task cancel {}` ends it.", task.task_id))
}
