use crate::args::task::ResultArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::commands::run::print_result;
use crate::compose::Need;
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::render::Links;

/// Prints the report of a finished task.
pub(super) async fn result(world: &World, args: ResultArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let id = resolve(&session.client, args.task).await?;
    let task = session.client.show(id).await?;
    if !task.status.is_terminal() {
        // The server's own sentence says how to wait.
        session.client.result_markdown(id).await?;
    }
    let links = Links::of(&world.base, &[]);
    print_result(world, &session, id, args.output.as_deref(), args.json, false, &links).await?;
    Ok(of_task(&task))
}
