//! A process in the background that goes on with the tasks of a data folder.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use divisi_api::{CreateTask, Created};
use divisi_client::Client;
use divisi_store::Reads;
use divisi_store_sqlite::DataFolder;

use super::World;
use super::tell::TELLS_MAX;
use crate::compose::{Session, SessionError, detached, fresh_task, handover_rest, handover_tries};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Bytes at the end of the background's log that are looked at for its last sentence.
const LOG_TAIL_BYTES_MAX: u64 = 4_096;

/// A client of an owner that runs tasks; starts one in the background where there is none.
pub(crate) async fn start(world: &World) -> Result<Client, Failure> {
    let mut started: Option<Child> = None;
    for _ in 0..handover_tries(&world.settings) {
        if let Some(client) = Session::reach(&world.places, &world.settings).await? {
            return Ok(client);
        }
        started = match started {
            None => Some(spawn(world)?),
            Some(child) => still_starting(world, child)?,
        };
        handover_rest().await;
    }
    Err(SessionError::Busy(String::new()).into())
}

/// Submits a task to a process that outlives this one. Its mark comes first: whoever runs the folder then hands it on.
pub(crate) async fn submit(world: &World, task: &CreateTask) -> Result<Created, Failure> {
    let id = fresh_task();
    let mut told = 0;
    loop {
        let client = start(world).await?;
        detached::mark(&world.places, id)
            .map_err(|error| Failure::setup(format!("The data folder cannot be written to: {error}.")))?;
        told += 1;
        match client.create(task, Some(&id.to_string())).await.map_err(Failure::from) {
            Ok(created) => return Ok(created),
            Err(failure) if failure.is_passing() && told < TELLS_MAX => handover_rest().await,
            Err(failure) => return Err(failure),
        }
    }
}

/// `None`: another process was faster, and is just leaving or starting.
fn still_starting(world: &World, mut child: Child) -> Result<Option<Child>, Failure> {
    let conflict = i32::from(Exit::Conflict.code());
    match child.try_wait() {
        Ok(Some(ended)) if ended.code() != Some(conflict) => {
            let why = last_sentence(&world.places.background_log())
                .unwrap_or_else(|| format!("it ended with {ended}."));
            Err(Failure::setup(format!("The process in the background could not start: {why}")))
        }
        Ok(Some(_)) => Ok(None),
        Ok(None) | Err(_) => Ok(Some(child)),
    }
}

/// Starts a process in the background if tasks that were left to it could go on. It waits until the folder is free.
pub(crate) fn go_on(world: &World, reads: &dyn Reads) {
    match detached::runnable(&world.places, reads) {
        Ok(0) => {}
        Ok(tasks) => match spawn(world) {
            Ok(_) => output::tell(&format!("Going on in the background with what was detached ({tasks}).")),
            Err(failure) => output::complain(&failure.to_string()),
        },
        Err(error) => output::complain(&Failure::from(error).to_string()),
    }
}

/// The same program with the same settings, apart from this terminal. What it says goes to a file of the data folder.
fn spawn(world: &World) -> Result<Child, Failure> {
    let failed = |error: std::io::Error| {
        Failure::setup(format!("No process could be started in the background: {error}."))
    };
    DataFolder::open(&world.places.data).map_err(SessionError::from)?;
    let log = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(world.places.background_log())
        .map_err(failed)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.arg("--data-dir").arg(&world.places.data).args(["--log", &world.settings.log]);
    if let Some(config) = &world.named_config {
        command.arg("--config").arg(config);
    }
    command
        .args(["up", "--until-idle"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .map_err(failed)
}

/// The last line of a log, without the word that says what it is.
fn last_sentence(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let bytes = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(bytes.saturating_sub(LOG_TAIL_BYTES_MAX))).ok()?;
    let mut tail = Vec::new();
    file.take(LOG_TAIL_BYTES_MAX).read_to_end(&mut tail).ok()?;
    let tail = String::from_utf8_lossy(&tail);
    let line = tail.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(line.strip_prefix("error: ").unwrap_or(line).to_owned())
}
