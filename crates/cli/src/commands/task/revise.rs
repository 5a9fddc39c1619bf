use divisi_api::Revise;
use divisi_client::Client;
use divisi_domain::id::TaskId;

use super::resume::follow_to_end;
use crate::args::task::ReviseArgs;
use crate::commands::World;
use crate::commands::leave::leave;
use crate::commands::resolve::resolve;
use crate::commands::tell::{Told, tell};
use crate::compose::{Need, fresh_task};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

/// Asks for a change of a completed task and follows the work on it.
pub(super) async fn revise(world: &World, args: ReviseArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let need = if args.no_wait { Need::Commit } else { Need::Continue };
    let key = fresh_task().to_string();
    let revise = async |client: &Client| ask(&client.keyed(&key), &args).await;
    match tell(world, &mut signals, need, revise).await? {
        Told::Answered(session, (id, _)) if args.no_wait => {
            leave(world, session, &mut signals).await;
            output::tell(&format!(
                "The request is recorded. `divisi task watch {id}` follows the work once a process runs it."
            ));
            Ok(Exit::Done)
        }
        Told::Answered(session, (id, before)) => {
            follow_to_end(world, &mut signals, session, id, before, false).await
        }
        Told::Stopped => Ok(Exit::Interrupted),
    }
}

/// The task, and its last event before the request.
async fn ask(client: &Client, args: &ReviseArgs) -> Result<(TaskId, u64), Failure> {
    let id = resolve(client, args.task).await?;
    let before = client.show(id).await?.last_seq;
    let revise = Revise {
        revision_request: args.request.clone(),
        specific_areas: args.areas.clone(),
        priority: None,
        scope: args.scope.map(Into::into),
        subtasks: args.subtasks.clone(),
    };
    client.revise(id, &revise).await?;
    Ok((id, before))
}
