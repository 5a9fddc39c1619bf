//! An owner that stays.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use divisi_client::Client;
use divisi_engine::project::wait_name;
use divisi_store::{Store, StoreError};

use super::World;
use crate::compose::{Need, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

/// Runs every task of the data folder until a signal, or until nothing is left that could run.
pub(crate) async fn run(world: &World, until_idle: bool) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let mut session = world.session(Need::Perform).await?;
    let Some(owner) = &mut session.owner else {
        let health = session.client.health().await?;
        output::tell(&format!(
            "Process {} runs this data folder already; {} tasks are unfinished.",
            health.pid, health.open_tasks
        ));
        return Ok(Exit::Conflict);
    };
    output::tell(&format!(
        "Running the tasks of {} ({} unfinished). Ctrl-C stops; what is unfinished goes on next time.",
        world.places.data.display(),
        owner.unfinished
    ));
    let handle = owner.handle.clone();
    let mut leaving = None;
    tokio::select! {
        _ = signals.next() => {}
        () = idle(handle, until_idle) => {}
        broken = owner.broken() => leaving = Some(broken),
    }
    if let Some(broken) = leaving {
        return Err(Failure::Other(format!("Divisi stops here: {broken}.")));
    }
    output::tell("Stopping: running calls end first.");
    tokio::select! {
        () = session.close() => Ok(Exit::Done),
        _ = signals.next() => Ok(Exit::Interrupted),
    }
}

/// Until nothing runs and nothing could without a person. A client has the time to submit first.
async fn idle(handle: divisi_engine::driver::Handle, until_idle: bool) {
    if !until_idle {
        return std::future::pending().await;
    }
    loop {
        rest().await;
        handle.idle().await;
        let store = Arc::clone(handle.store());
        let looked = tokio::task::spawn_blocking(move || runnable(store.as_ref())).await;
        // A store that cannot be read makes the engine stop by itself.
        if matches!(looked, Ok(Ok(false))) {
            return;
        }
    }
}

/// Whether an unfinished task could go on without a person: one that runs, or waits for time, room or a provider.
fn runnable(store: &dyn Store) -> Result<bool, StoreError> {
    for open in store.open_tasks(None, divisi_store::limits::LIST_ROWS_MAX)? {
        let row = store.task(open.workspace, open.task)?;
        let waiting = row.and_then(|row| row.waiting).map(|waiting| wait_name(waiting.kind));
        if !matches!(waiting, Some("parked" | "approval" | "budget" | "outcome_unknown")) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How long a background owner waits for its first task, and between looks.
const IDLE_REST: std::time::Duration = std::time::Duration::from_secs(3);

#[expect(clippy::disallowed_methods, reason = "a background owner leaves a client the time to submit")]
async fn rest() {
    tokio::time::sleep(IDLE_REST).await;
}

/// A client of an owner that outlives this process; starts one where there is none.
pub(crate) async fn start_background(world: &World) -> Result<Client, Failure> {
    if let Some(client) = Session::reach(&world.places).await {
        return Ok(client);
    }
    let program = std::env::current_exe().map_err(|error| {
        Failure::setup(format!("This program cannot be found to start it in the background: {error}."))
    })?;
    let started = Command::new(program)
        .arg("--data-dir")
        .arg(&world.places.data)
        .args(["up", "--until-idle"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    started.map_err(|error| {
        Failure::setup(format!("No process could be started in the background: {error}."))
    })?;
    Ok(Session::wait_for_owner(&world.places).await?)
}
