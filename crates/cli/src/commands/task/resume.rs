use divisi_api::limits::PAGE_ROWS_MAX;
use divisi_api::{Budget, Code, TaskStatus, TaskSummary, TaskView, WaitKind};
use divisi_client::Client;
use divisi_domain::id::TaskId;

use crate::args::TaskRef;
use crate::args::task::ResumeArgs;
use crate::commands::World;
use crate::commands::follow::{Ended, Follow, follow};
use crate::commands::leave::leave;
use crate::commands::resolve::none;
use crate::commands::run::{Brought, print_result};
use crate::commands::tell::{Told, tell};
use crate::compose::{Need, Session};
use crate::exit::{Exit, of_task};
use crate::failure::Failure;
use crate::output;
use crate::progress::{Show, closing};
use crate::render::Links;
use crate::signals::Signals;

/// Where a task stands that was told to go on.
enum Going {
    /// It goes on; its last event before.
    On(TaskId, u64),
    /// It has completed already.
    Completed(Box<TaskView>),
}

/// Goes on with a task: parked, failed, or left behind by a crash. Of one that has completed the report is printed.
pub(super) async fn resume(world: &World, args: ResumeArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let resume = async |client: &Client| ask(client, &args).await;
    match tell(world, &mut signals, Need::Continue, resume).await? {
        Told::Answered(session, Going::On(id, before)) => {
            follow_to_end(world, &mut signals, session, id, before, args.json).await
        }
        Told::Answered(session, Going::Completed(task)) => {
            output::tell("The task has completed: there is nothing to resume. This is its report.");
            let exit = conclude(world, &mut signals, session, &task, args.json).await;
            output::tell(&format!("Ask for a change with: divisi task revise {} \"TEXT\"", task.task_id));
            exit
        }
        Told::Stopped => Ok(Exit::Interrupted),
    }
}

/// Tells it to go on. A task that a crash left behind goes on without being told, and one that waits for a higher cap with
/// the cap alone. A failed one has to go on before its cap can be changed: until then nothing of it runs.
async fn ask(client: &Client, args: &ResumeArgs) -> Result<Going, Failure> {
    let id = match args.task {
        TaskRef::Id(id) => id,
        TaskRef::Last => last(client).await?,
    };
    let task = client.show(id).await?;
    let failed = task.status == TaskStatus::Failed;
    if failed {
        client.resume(id).await?;
    }
    if let Some(max_usd) = args.budget.filter(|_| task.status != TaskStatus::Completed) {
        client.budget(id, Budget { max_usd }).await?;
    }
    match client.resume(id).await {
        Ok(_) => {}
        Err(_) if failed => {}
        Err(refused) if refused.code() == Some(Code::NothingToResume) => {
            let now = client.show(id).await?;
            if now.status == TaskStatus::Completed && now.last_seq == task.last_seq {
                return Ok(Going::Completed(Box::new(now)));
            }
            if !runs(&now) && now.status != TaskStatus::Completed {
                return Err(refused.into());
            }
        }
        Err(refused) => return Err(refused.into()),
    }
    Ok(Going::On(id, task.last_seq))
}

/// The newest task that lacks only this command: one that is parked, waits for a higher cap or was left behind. Else the
/// newest, also where it failed or has completed.
async fn last(client: &Client) -> Result<TaskId, Failure> {
    let recent = client.list(&format!("limit={PAGE_ROWS_MAX}")).await?.tasks;
    let found = recent.iter().find(|task| stands_still(task)).or_else(|| recent.first());
    found.map(|task| task.task_id).ok_or_else(none)
}

fn stands_still(task: &TaskSummary) -> bool {
    match task.waiting_for {
        Some(WaitKind::Approval | WaitKind::OutcomeUnknown) => false,
        Some(_) => true,
        None => !task.status.is_terminal(),
    }
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
    conclude(world, signals, session, &ended, json).await
}

/// Prints what a task that is over has brought, and gives the folder back.
async fn conclude(
    world: &World,
    signals: &mut Signals,
    session: Session,
    ended: &TaskView,
    json: bool,
) -> Result<Exit, Failure> {
    let printed = signals.until(print(world, &session, ended, json)).await;
    match (printed, leave(world, session, signals).await) {
        (Ok(Err(failure)), _) => Err(failure),
        (Err(_), _) | (_, Some(_)) => Ok(Exit::Interrupted),
        _ => {
            output::tell_all(&closing(ended));
            Ok(of_task(ended))
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
