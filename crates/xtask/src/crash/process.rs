//! The process under test: the real binary, started, watched and killed.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinSet;

/// How the line begins by which `divisi up` says that it has taken over and goes on with what is unfinished.
const READY: &str = "Running the tasks of";
/// Lines of its standard error that are kept.
const LINES_MAX: usize = 200;

/// How to start it.
#[derive(Debug, Clone)]
pub(super) struct Binary {
    pub(super) program: PathBuf,
    pub(super) data: PathBuf,
    pub(super) config: PathBuf,
}

/// One life.
pub(super) struct Life {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    _reading: JoinSet<()>,
}

impl Binary {
    /// Starts a life and waits until it says that it runs: its recovery is then under way.
    pub(super) async fn start(&self) -> anyhow::Result<Life> {
        let mut child = Command::new(&self.program)
            .arg("--data-dir")
            .arg(&self.data)
            .arg("--config")
            .arg(&self.config)
            .arg("up")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))?;
        let stderr = child.stderr.take().context("the process has no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut before = Vec::new();
        loop {
            match lines.next_line().await? {
                Some(line) if line.starts_with(READY) => break,
                Some(line) => before.push(line),
                None => {
                    bail!("the process ended before it ran: {}\n{}", child.wait().await?, before.join("\n"))
                }
            }
        }
        let said = Arc::new(Mutex::new(before));
        let mut reading = JoinSet::new();
        reading.spawn(keep(lines, Arc::clone(&said)));
        Ok(Life { child, said, _reading: reading })
    }
}

async fn keep(mut lines: Lines<BufReader<ChildStderr>>, said: Arc<Mutex<Vec<String>>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < LINES_MAX {
            said.push(line);
        }
    }
}

impl Life {
    /// Kills it with SIGKILL and waits until it is gone.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("killing the process")
    }

    /// Waits for its end, which nobody asked for.
    pub(super) async fn died(&mut self) -> anyhow::Error {
        let status =
            self.child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        anyhow::anyhow!("the process ended by itself ({status}):\n{said}")
    }
}
