//! Where a task's calls go: to the server of a case, or to one that somebody runs already.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};

use super::case::{Case, Wire};

/// Tokens of a slot, as in `serve.py`: what servers that are not asked cannot tell.
const CONTEXT_TOKENS: u32 = 4_096;
/// Subtasks of a plan for a server that nothing is known of.
const SUBTASKS: usize = 2;
/// The port of an address that names none.
const HTTP_PORT: u16 = 80;

/// A server that runs already.
#[derive(Debug, Clone, Args)]
pub(crate) struct Running {
    /// Try this server, which runs already, such as `http://127.0.0.1:11434/v1`; nothing is installed or started.
    #[arg(long, value_name = "URL", requires = "model", conflicts_with_all = ["only", "list"])]
    pub(super) base_url: Option<String>,
    /// The model to ask for, by the server's own name.
    #[arg(long, value_name = "NAME", requires = "base_url")]
    pub(super) model: Option<String>,
    /// What is spoken with it.
    #[arg(long, value_enum, default_value = "chat", requires = "base_url")]
    pub(super) wire: Wire,
    /// Tokens of its context, where it does not say itself.
    #[arg(long, value_name = "TOKENS", requires = "base_url")]
    pub(super) context_tokens: Option<u32>,
    /// A file that holds its key and nothing else.
    #[arg(long, value_name = "FILE", requires = "base_url")]
    pub(super) key_file: Option<PathBuf>,
    /// Kill the process in the middle of a call, and resume the task.
    #[arg(long, requires = "base_url")]
    pub(super) killed: bool,
}

/// Where a task's calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) wire: Wire,
    /// What stands behind host and port in the address.
    pub(super) base: String,
    pub(super) model: String,
    pub(super) context_tokens: Option<u32>,
    /// The file that holds its key.
    pub(super) key_file: Option<PathBuf>,
    /// Calls that it answers at once, where that is known.
    pub(super) slots: Option<usize>,
    /// Subtasks of a plan.
    pub(super) subtasks: usize,
}

impl Target {
    /// The server of a case, at this port of this machine.
    pub(super) fn of_case(case: &Case, port: u16) -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            wire: case.wire,
            base: case.wire.base().to_owned(),
            model: case.model().to_owned(),
            context_tokens: Some(CONTEXT_TOKENS),
            key_file: None,
            slots: case.slots(),
            subtasks: case.engine.subtasks(),
        }
    }

    /// A server that runs already.
    pub(super) fn of_running(running: &Running) -> anyhow::Result<Self> {
        let (Some(url), Some(model)) = (&running.base_url, &running.model) else {
            bail!("--base-url and --model belong together");
        };
        let (address, path) = place(url)?;
        let absolute = |file: &PathBuf| std::path::absolute(file);
        let key_file =
            running.key_file.as_ref().map(absolute).transpose().context("finding the file of the key")?;
        let path = if path.is_empty() { running.wire.base() } else { path };
        Ok(Self {
            address,
            wire: running.wire,
            base: path.to_owned(),
            model: model.clone(),
            context_tokens: running.context_tokens,
            key_file,
            slots: None,
            subtasks: SUBTASKS,
        })
    }
}

impl ValueEnum for Wire {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Chat, Self::Responses, Self::Messages, Self::Gemini]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.word()))
    }
}

/// Host and port of an address, and the path behind them.
fn place(url: &str) -> anyhow::Result<(SocketAddr, &str)> {
    let bare = url.trim().trim_end_matches('/');
    ensure!(
        !bare.starts_with("https://"),
        "what goes over the wire is read on the way, so the address must begin with http://"
    );
    let bare = bare.strip_prefix("http://").unwrap_or(bare);
    let (host, path) = bare.split_at(bare.find('/').unwrap_or(bare.len()));
    let full = if has_port(host) { host.to_owned() } else { format!("{host}:{HTTP_PORT}") };
    let mut found = full.to_socket_addrs().with_context(|| format!("'{url}' is no address of a server"))?;
    Ok((found.next().with_context(|| format!("'{host}' has no address"))?, path))
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        let rows = [
            ("http://127.0.0.1:11434/v1/", "127.0.0.1:11434", "/v1"),
            ("127.0.0.1:8000", "127.0.0.1:8000", ""),
            ("http://127.0.0.1/a/b", "127.0.0.1:80", "/a/b"),
            ("http://[::1]:4000", "[::1]:4000", ""),
        ];
        for (url, address, path) in rows {
            let found = place(url).unwrap();
            assert_eq!((found.0.to_string().as_str(), found.1), (address, path), "{url}");
        }
        for url in ["https://127.0.0.1/v1", "http://:x/"] {
            assert!(place(url).is_err(), "{url}");
        }
    }

    #[test]
    fn without_a_path_it_is_that_of_the_wire() {
        let running = |wire| Running {
            base_url: Some("http://127.0.0.1:8000".to_owned()),
            model: Some("m".to_owned()),
            wire,
            context_tokens: None,
            key_file: None,
            killed: false,
        };
        let base = |wire| Target::of_running(&running(wire)).unwrap().base;
        assert_eq!((base(Wire::Chat).as_str(), base(Wire::Messages).as_str()), ("/v1", ""));
        assert!(Target::of_running(&Running { model: None, ..running(Wire::Chat) }).is_err());
    }
}
