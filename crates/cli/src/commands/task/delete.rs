use std::time::Duration;

use divisi_domain::time::Millis;
use divisi_engine::core::TaskKey;
use divisi_engine::driver::{Archive, ArchiveError, Clock as _, unreadable};

use crate::args::TaskRef;
use crate::commands::World;
use crate::compose::{ProcessClock, SessionError, Tended};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::counted;

/// Content that was referred to a moment ago may belong to a commit that is on its way.
const GRACE: Millis = Millis::from_mins(10);

/// Deletes a finished task with all it holds, or one that can never end since it is damaged.
pub(super) fn delete(world: &World, task: TaskRef, yes: bool) -> Result<Exit, Failure> {
    let tended = Tended::open(&world.places)?;
    let none = || Failure::NotFound("There is no task yet.".to_owned());
    let id = match task {
        TaskRef::Id(id) => id,
        TaskRef::Last => tended.newest()?.ok_or_else(none)?,
    };
    let row = tended.store.task(tended.workspace, id).map_err(SessionError::from)?;
    let row = row.ok_or_else(|| Failure::NotFound(format!("There is no task {id} here.")))?;
    let key = TaskKey::new(tended.workspace, id);
    let damage = if row.open { Some(damage(&tended, key)?) } else { None };
    let question = match &damage {
        Some(why) => format!("“{}” cannot be read ({why}). Delete what is left of it?", row.title),
        None => format!("Delete “{}” with its report, documents and log?", row.title),
    };
    if !yes && !output::confirm(world, &question)? {
        return Ok(Exit::Conflict);
    }
    let archive = archive(&tended)?;
    match damage {
        Some(_) => archive.discard(key).map(|_| ()),
        None => archive.delete(key).map(|_| ()),
    }
    .map_err(failed)?;
    collect(&tended)?;
    output::tell(&format!("{id} is deleted."));
    Ok(Exit::Done)
}

/// What keeps an unfinished task from ever ending; a sound one has to be cancelled first.
fn damage(tended: &Tended, key: TaskKey) -> Result<String, Failure> {
    let why = unreadable(tended.store.as_ref(), key).map_err(SessionError::from)?;
    let task = key.task;
    why.ok_or_else(|| {
        Failure::State(format!(
            "The task has not ended. `divisi task cancel {task}` ends it, then delete it."
        ))
    })
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
    let pruned = archive(&tended)?.prune(tended.workspace, now - span).map_err(failed)?;
    collect(&tended)?;
    output::tell(&format!("Deleted: {}.", counted(pruned.tasks, "task")));
    Ok(Exit::Done)
}

fn archive(tended: &Tended) -> Result<&Archive, Failure> {
    tended.archive.as_ref().map_err(|error| SessionError::from(error.clone()).into())
}

fn failed(error: ArchiveError) -> Failure {
    match error {
        ArchiveError::Store(error) => SessionError::from(error).into(),
        other => Failure::Other(format!("{other}.")),
    }
}

fn collect(tended: &Tended) -> Result<(), Failure> {
    let now = ProcessClock::start(None).now();
    tended.store.collect_blobs(now, GRACE).map_err(SessionError::from)?;
    Ok(())
}
