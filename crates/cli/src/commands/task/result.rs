use divisi_api::TaskStatus;

use crate::args::task::ResultArgs;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::commands::run::{Brought, print_result};
use crate::compose::Need;
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::output;
use crate::render::Links;

/// Prints the report of a finished task.
pub(super) async fn result(world: &World, args: ResultArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Read).await?;
    let id = resolve(&session.client, args.task).await?;
    let task = session.client.show(id).await?;
    // Where there is nothing to print, the server's own sentence says why.
    let earlier = args.pass.is_some_and(|pass| pass != task.pass);
    let result = match session.client.result(id, args.pass).await {
        Ok(result) => result,
        Err(refused) => {
            let ended = task.status.is_terminal() && !earlier;
            output::complain(&refused.to_string());
            return Ok(if ended { of_task(&task) } else { Failure::from(refused).exit() });
        }
    };
    let links = Links::of(&world.base, &[]);
    let brought = Brought { task: id, pass: args.pass };
    print_result(world, &session, brought, args.output.as_deref(), args.json, false, &links).await?;
    if result.status == TaskStatus::Failed {
        let why = result.reason_detail.as_deref().unwrap_or_default();
        output::tell(&format!("This is a draft: the task failed. {why}"));
    }
    Ok(if earlier { Exit::Done } else { of_task(&task) })
}
