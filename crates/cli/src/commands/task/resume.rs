use divisi_api::{Budget, Code, TaskView, WaitKind};
use divisi_client::Client;
use divisi_domain::id::TaskId;

use crate::args::task::ResumeArgs;
use crate::commands::World;
use crate::commands::follow::{Follow, follow};
use crate::commands::resolve::resolve;
use crate::commands::run::print_result;
use crate::compose::{Need, Session};
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::output;
use crate::progress::{Show, closing};
use crate::render::Links;

/// Goes on with a task: parked, failed, or left behind by a crash.
pub(super) async fn resume(world: &World, args: ResumeArgs) -> Result<Exit, Failure> {
    let session = world.session(Need::Perform).await?;
    match ask(&session.client, &args).await {
        Ok((id, before)) => follow_to_end(world, session, id, before, args.json).await,
        Err(refused) => {
            session.close().await;
            Err(refused)
        }
    }
}

/// The task, and its last event before it went on. A task that a crash left behind goes on without being told.
async fn ask(client: &Client, args: &ResumeArgs) -> Result<(TaskId, u64), Failure> {
    let id = resolve(client, args.task).await?;
    let task = client.show(id).await?;
    if let Some(max_usd) = args.budget {
        client.budget(id, Budget { max_usd }).await?;
    }
    match client.resume(id).await {
        Ok(_) => {}
        Err(refused) if refused.code() == Some(Code::NothingToResume) && runs(&task) => {}
        Err(refused) => return Err(refused.into()),
    }
    Ok((id, task.last_seq))
}

fn runs(task: &TaskView) -> bool {
    let person = [WaitKind::Parked, WaitKind::Budget];
    !task.status.is_terminal() && !task.waiting_for.as_ref().is_some_and(|wait| person.contains(&wait.kind))
}

/// Follows a task from `after` on and prints its result.
pub(crate) async fn follow_to_end(
    world: &World,
    session: Session,
    task: TaskId,
    after: u64,
    json: bool,
) -> Result<Exit, Failure> {
    let what = Follow { task, after, show: Show::Progress, plan_only: false };
    let ended = follow(world, session, what).await?;
    let Some(session) = ended.session else { return Ok(ended.interrupted.unwrap_or(Exit::Interrupted)) };
    let links = Links::of(&world.base, &[]);
    let printed = if ended.task.status.is_terminal() {
        print_result(world, &session, task, None, json, false, &links).await
    } else {
        Ok(())
    };
    session.close().await;
    printed?;
    output::tell_all(&closing(&ended.task));
    Ok(ended.interrupted.unwrap_or_else(|| of_task(&ended.task)))
}
