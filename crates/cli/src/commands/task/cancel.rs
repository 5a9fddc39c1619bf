use divisi_api::Cancelled;
use divisi_client::Client;

use crate::args::TaskRef;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Cancels a task for ever.
pub(super) async fn cancel(world: &World, task: TaskRef) -> Result<Exit, Failure> {
    let session = world.session(Need::Commit).await?;
    let done = ask(&session.client, task).await;
    session.close().await;
    let done = done?;
    output::tell(&format!("{}: {}", done.task_id, done.message));
    Ok(Exit::Done)
}

async fn ask(client: &Client, task: TaskRef) -> Result<Cancelled, Failure> {
    let id = resolve(client, task).await?;
    Ok(client.cancel(id).await?)
}
