use crate::args::task::OneArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::Need;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::plan_text;

/// Prints the plan of a task.
pub(super) async fn plan(world: &World, args: &OneArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let id = resolve(&session.client, args.task).await?;
    let plan = session.client.plan(id).await?;
    if args.json {
        output::print_json(&plan)?;
    } else {
        output::print(&plan_text(&plan, &world.terminal))?;
    }
    Ok(Exit::Done)
}
