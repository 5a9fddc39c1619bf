//! An owner that stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_engine::driver::Handle;
use tokio::sync::mpsc;

use super::World;
use super::leave::leave;
use crate::compose::{Left, Need, Session, SessionError, left};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::counted;
use crate::signals::Signals;

/// How long a background owner waits for its first task, and between looks.
const IDLE_REST: std::time::Duration = std::time::Duration::from_secs(3);

/// Runs every task of the data folder until a signal, or until nothing is left that could run.
pub(crate) async fn run(world: &World, until_idle: bool) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let Ok(opened) = signals.until(world.session(Need::Perform)).await else { return Ok(Exit::Interrupted) };
    let mut session = opened?;
    let Some(owner) = &mut session.owner else { return refused(&session).await };
    output::tell(&format!(
        "Running the tasks of {} ({} unfinished). Ctrl-C stops; what is unfinished goes on next time.",
        world.places.data.display(),
        owner.unfinished
    ));
    let (handle, found) = (owner.handle.clone(), owner.found.take());
    let ended = signals
        .until(async {
            tokio::select! {
                ended = idle(handle, until_idle) => ended,
                ended = tell_of(found) => ended,
                broken = owner.broken() => Err(broken.into()),
            }
        })
        .await;
    match ended {
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(exit)) => Ok(leave(world, session, &mut signals).await.unwrap_or(exit)),
        Err(_) => {
            output::tell("Stopping: running calls end first.");
            Ok(stop(world, session, &mut signals).await)
        }
    }
}

/// Another process runs the folder.
async fn refused(session: &Session) -> Result<Exit, Failure> {
    let health = session.client.health().await?;
    output::tell(&format!(
        "Process {} runs this data folder already ({} unfinished).",
        health.pid,
        counted(health.open_tasks, "task")
    ));
    Ok(Exit::Conflict)
}

/// Whoever stops an owner that stays means all of it: nothing goes on in the background.
async fn stop(world: &World, session: Session, signals: &mut Signals) -> Exit {
    let Some(owner) = session.owner else { return Exit::Done };
    match signals.until(owner.hand_over(world.settings.drain())).await {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Interrupted,
    }
}

/// Tells of model servers that were found, as long as it is waited for.
async fn tell_of(found: Option<mpsc::Receiver<Vec<Name>>>) -> Result<Exit, Failure> {
    if let Some(mut found) = found {
        while let Some(names) = found.recv().await {
            let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            output::tell(&format!("Found {}: new tasks may have its models.", names.join(", ")));
        }
    }
    std::future::pending().await
}

/// Until nothing runs and nothing could without a person. A client has the time to submit first. Tasks that cannot be
/// read are named and not waited for.
async fn idle(handle: Handle, until_idle: bool) -> Result<Exit, Failure> {
    if !until_idle {
        return std::future::pending().await;
    }
    let mut told = BTreeSet::new();
    loop {
        rest().await;
        handle.idle().await;
        let store = Arc::clone(handle.store());
        let looked = tokio::task::spawn_blocking(move || left(store.as_ref())).await;
        let Left { runnable, unreadable } =
            looked.map_err(|error| Failure::Other(error.to_string()))?.map_err(SessionError::from)?;
        for (task, why) in unreadable {
            if told.insert(task) {
                output::tell(&format!(
                    "{task} cannot be read and stays as it is: {why}. `divisi doctor` tells more."
                ));
            }
        }
        if !runnable {
            return Ok(if told.is_empty() { Exit::Done } else { Exit::DataFolder });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a background owner leaves a client the time to submit")]
async fn rest() {
    tokio::time::sleep(IDLE_REST).await;
}
