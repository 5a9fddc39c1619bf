use divisi_api::{Resolve, Resumed, TaskView};
use divisi_client::Client;

use crate::args::task::ResolveArgs;
use crate::commands::World;
use crate::commands::leave::leave;
use crate::commands::resolve::resolve;
use crate::commands::tell::{Told, tell};
use crate::compose::{Need, fresh_task};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

/// Says what became of a tool call that was interrupted.
pub(super) async fn settle(world: &World, args: &ResolveArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let key = fresh_task().to_string();
    let say = async |client: &Client| ask(&client.keyed(&key), args).await;
    let Told::Answered(session, done) = tell(world, &mut signals, Need::Commit, say).await? else {
        return Ok(Exit::Interrupted);
    };
    let runs = !session.owns();
    leave(world, session, &mut signals).await;
    output::tell(&format!("{}: settled.", done.task_id));
    if !runs {
        let sentence = "Nothing runs here now:";
        output::tell(&format!("{sentence} `divisi task resume {}` or `divisi up` goes on.", done.task_id));
    }
    Ok(Exit::Done)
}

async fn ask(client: &Client, args: &ResolveArgs) -> Result<Resumed, Failure> {
    let id = resolve(client, args.task).await?;
    let effect_id = match &args.effect {
        Some(effect) => effect.clone(),
        None => only(&client.show(id).await?)?,
    };
    let resolve = Resolve { effect_id, resolution: args.outcome.into(), result: args.result.clone() };
    Ok(client.settle(id, &resolve).await?)
}

/// The call that waits, where there is just one.
fn only(task: &TaskView) -> Result<String, Failure> {
    match task.unknown_calls.as_slice() {
        [only] => Ok(only.effect_id.clone()),
        [] => Err(Failure::NotFound(format!("No call of {} waits for a word on its outcome.", task.task_id))),
        _ => Err(Failure::Input(format!(
            "Several calls wait: name one with --effect, as `divisi task show {}` does.",
            task.task_id
        ))),
    }
}
