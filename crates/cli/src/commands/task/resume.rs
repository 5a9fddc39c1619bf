use divisi_api::{Budget, Code, Completion, TaskView, WaitKind};
use divisi_client::Client;
use divisi_domain::id::TaskId;

use crate::args::task::ResumeArgs;
use crate::commands::World;
use crate::commands::follow::{Ended, Follow, follow};
use crate::commands::leave::leave;
use crate::commands::resolve::resolve;
use crate::commands::run::{Brought, print_result};
use crate::commands::tell::{Told, tell};
use crate::compose::{Need, Session};
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::output;
use crate::progress::{Show, closing};
use crate::render::Links;
use crate::signals::Signals;

/// Goes on with a task: parked, failed, or left behind by a crash.
pub(super) async fn resume(world: &World, args: ResumeArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let resume = async |client: &Client| ask(client, &args).await;
    match tell(world, &mut signals, Need::Continue, resume).await? {
        Told::Answered(session, (id, before)) => {
            follow_to_end(world, &mut signals, session, id, before, args.json).await
        }
        Told::Stopped => Ok(Exit::Interrupted),
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
        Err(refused) if refused.code() == Some(Code::NothingToResume) => {
            return Err(completed(&task).unwrap_or_else(|| refused.into()));
        }
        Err(refused) => return Err(refused.into()),
    }
    Ok((id, task.last_seq))
}

/// What helps with a task that has completed.
fn completed(task: &TaskView) -> Option<Failure> {
    let id = task.task_id;
    let sentence = match task.completion? {
        Completion::Partial => format!(
            "The task has completed, if only in part: there is nothing to resume. Ask for what is missing with: divisi task revise {id} \"TEXT\""
        ),
        Completion::Full => format!(
            "The task has completed: there is nothing to resume. Ask for a change with: divisi task revise {id} \"TEXT\""
        ),
    };
    Some(Failure::State(sentence))
}

fn runs(task: &TaskView) -> bool {
    let person = [WaitKind::Parked, WaitKind::Budget];
    !task.status.is_terminal() && !task.waiting_for.as_ref().is_some_and(|wait| person.contains(&wait.kind))
}

/// Follows a task from `after` on and prints its result.
pub(crate) async fn follow_to_end(
    world: &World,
    signals: &mut Signals,
    session: Session,
    task: TaskId,
    after: u64,
    json: bool,
) -> Result<Exit, Failure> {
    let what = Follow { task, after, show: Show::Progress, plan_only: false };
    let (session, ended) = match follow(world, signals, session, what).await? {
        Ended::Over(session, task) => (session, task),
        Ended::Stopped(exit) => return Ok(exit),
    };
    let printed = signals.until(print(world, &session, &ended, json)).await;
    match (printed, leave(world, session, signals).await) {
        (Ok(Err(failure)), _) => Err(failure),
        (Err(_), _) | (_, Some(_)) => Ok(Exit::Interrupted),
        _ => {
            output::tell_all(&closing(&ended));
            Ok(of_task(&ended))
        }
    }
}

/// The result of a task that has ended.
async fn print(world: &World, session: &Session, task: &TaskView, json: bool) -> Result<(), Failure> {
    if !task.status.is_terminal() {
        return Ok(());
    }
    let links = Links::of(&world.base, &[]);
    print_result(world, session, Brought::last(task.task_id), None, json, false, &links).await
}
