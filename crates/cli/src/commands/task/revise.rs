use divisi_api::Revise;
use divisi_client::Client;
use divisi_domain::id::TaskId;

use super::resume::follow_to_end;
use crate::args::task::ReviseArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Asks for a change of a completed task and follows the work on it.
pub(super) async fn revise(world: &World, args: ReviseArgs) -> Result<Exit, Failure> {
    let session = world.session(if args.no_wait { Need::Commit } else { Need::Perform }).await?;
    let asked = ask(&session.client, &args).await;
    match asked {
        Ok((id, _)) if args.no_wait => {
            session.close().await;
            output::tell(&format!(
                "The request is recorded. `divisi task watch {id}` follows the work once a process runs it."
            ));
            Ok(Exit::Done)
        }
        Ok((id, before)) => follow_to_end(world, session, id, before, false).await,
        Err(refused) => {
            session.close().await;
            Err(refused)
        }
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
