use divisi_api::Cancelled;
use divisi_client::Client;

use crate::args::TaskRef;
use crate::commands::World;
use crate::commands::leave::leave;
use crate::commands::resolve::resolve;
use crate::commands::tell::{Told, tell};
use crate::compose::{Need, fresh_task};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

/// Cancels a task for ever.
pub(super) async fn cancel(world: &World, task: TaskRef) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let key = fresh_task().to_string();
    let cancel = async |client: &Client| ask(&client.keyed(&key), task).await;
    let Told::Answered(session, done) = tell(world, &mut signals, Need::Commit, cancel).await? else {
        return Ok(Exit::Interrupted);
    };
    leave(world, session, &mut signals).await;
    output::tell(&format!("{}: {}", done.task_id, done.message));
    Ok(Exit::Done)
}

async fn ask(client: &Client, task: TaskRef) -> Result<Cancelled, Failure> {
    let id = resolve(client, task).await?;
    Ok(client.cancel(id).await?)
}
