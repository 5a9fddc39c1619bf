use std::time::Duration;

use divisi_api::Removed;
use divisi_client::Client;
use divisi_domain::id::TaskId;
use divisi_domain::time::Millis;
use divisi_engine::core::TaskKey;
use divisi_engine::driver::{Archive, ArchiveError, Clock as _, unreadable};

use crate::args::TaskRef;
use crate::commands::World;
use crate::commands::resolve::resolve;
use crate::compose::{Need, ProcessClock, SessionError, Tended};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::counted;

/// Deletes a finished task with all it holds, or one that can never end since it is damaged. Works beside a running owner,
/// which does it then; a damaged one needs the folder alone.
pub(super) async fn delete(world: &World, task: TaskRef, yes: bool) -> Result<Exit, Failure> {
    match Tended::open(&world.places) {
        Ok(tended) => alone(world, &tended, task, yes),
        Err(SessionError::Running(_)) => beside(world, task, yes).await,
        Err(error) => Err(error.into()),
    }
}

async fn beside(world: &World, task: TaskRef, yes: bool) -> Result<Exit, Failure> {
    let session = world.session(Need::Commit).await?;
    let removed = ask(world, &session.client, task, yes).await;
    session.close().await;
    let Some(removed) = removed? else { return Ok(Exit::Conflict) };
    output::tell(&format!("{}: {}", removed.task_id, removed.message));
    Ok(Exit::Done)
}

async fn ask(world: &World, client: &Client, task: TaskRef, yes: bool) -> Result<Option<Removed>, Failure> {
    let task = client.show(resolve(client, task).await?).await?;
    if !task.status.is_terminal() {
        return Err(unfinished(task.task_id));
    }
    if !yes && !output::confirm(world, &question(&task.title))? {
        return Ok(None);
    }
    Ok(Some(client.remove(task.task_id).await?))
}

fn question(title: &str) -> String {
    format!("Delete “{title}” with its report, documents and log?")
}

fn unfinished(task: TaskId) -> Failure {
    Failure::State(format!("The task has not ended. `divisi task cancel {task}` ends it, then delete it."))
}

fn alone(world: &World, tended: &Tended, task: TaskRef, yes: bool) -> Result<Exit, Failure> {
    let none = || Failure::NotFound("There is no task yet.".to_owned());
    let id = match task {
        TaskRef::Id(id) => id,
        TaskRef::Last => tended.newest()?.ok_or_else(none)?,
    };
    let row = tended.store.task(tended.workspace, id).map_err(SessionError::from)?;
    let row = row.ok_or_else(|| Failure::NotFound(format!("There is no task {id} here.")))?;
    let key = TaskKey::new(tended.workspace, id);
    let damage = if row.open { Some(damage(tended, key)?) } else { None };
    let question = match &damage {
        Some(why) => format!("“{}” cannot be read ({why}). Delete what is left of it?", row.title),
        None => question(&row.title),
    };
    if !yes && !output::confirm(world, &question)? {
        return Ok(Exit::Conflict);
    }
    let archive = archive(tended)?;
    match damage {
        Some(_) => archive.discard(key).map(|_| ()),
        None => archive.delete(key).map(|_| ()),
    }
    .map_err(failed)?;
    collect(archive)?;
    output::tell(&format!("{id} is deleted."));
    Ok(Exit::Done)
}

/// What keeps an unfinished task from ever ending; a sound one has to be cancelled first.
fn damage(tended: &Tended, key: TaskKey) -> Result<String, Failure> {
    let why = unreadable(tended.store.as_ref(), key).map_err(SessionError::from)?;
    why.ok_or_else(|| unfinished(key.task))
}

/// Deletes finished tasks that ended longer ago than `older_than`.
pub(super) fn prune(world: &World, older_than: Duration, yes: bool) -> Result<Exit, Failure> {
    let tended = Tended::open(&world.places)?;
    let days = older_than.as_secs() / 86_400;
    if !yes
        && !output::confirm(
            world,
            &format!("Delete every finished task that ended more than {days} days ago?"),
        )?
    {
        return Ok(Exit::Conflict);
    }
    let now = ProcessClock::start(None).now();
    let span = Millis(u64::try_from(older_than.as_millis()).unwrap_or(u64::MAX));
    let archive = archive(&tended)?;
    let pruned = archive.prune(tended.workspace, now - span).map_err(failed)?;
    collect(archive)?;
    output::tell(&format!("Deleted: {}.", counted(pruned.tasks, "task")));
    Ok(Exit::Done)
}

fn archive(tended: &Tended) -> Result<&Archive, Failure> {
    tended.archive.as_ref().map_err(|error| SessionError::Index(error.clone()).into())
}

fn failed(error: ArchiveError) -> Failure {
    match error {
        ArchiveError::Store(error) => SessionError::from(error).into(),
        other => Failure::Other(format!("{other}.")),
    }
}

fn collect(archive: &Archive) -> Result<(), Failure> {
    archive.collect(ProcessClock::start(None).now()).map_err(failed)
}
