//! The real binary in a folder of its own, behind the relay.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use divisi_api::{EventView, TaskView};
use tokio::process::Command;

use super::judge::{Seen, Verdict, judge};
use super::killed::done_again;
use super::relay::Relay;
use super::target::Target;
use super::{log, steps};

/// What is asked about [`DOCUMENT`].
const QUESTION: &str = "When was the lighthouse built, and what does a visit cost?";
const DOCUMENT: &str = include_str!("lighthouse.md");
const CREW: &str = include_str!("crew.toml");
/// US dollars: more than the worst of all calls that the crew allows.
const BUDGET: &str = "5";
/// How often a task that failed is resumed.
const RESUMED_MAX: usize = 1;
/// How `divisi` ends where its task failed.
const FAILED: i32 = 4;
/// Bytes of what was printed that are shown of a command that failed.
const SHOWN_BYTES_MAX: usize = 2_000;

/// Where a task is run.
#[derive(Debug)]
pub(super) struct Room {
    program: PathBuf,
    root: PathBuf,
    slots: Option<usize>,
    pub(super) relay: Relay,
}

/// A command that has ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Room {
    /// A fresh folder before this server.
    pub(super) async fn make(program: &Path, root: &Path, target: &Target) -> anyhow::Result<Self> {
        let relay = Relay::before(target.address).await?;
        std::fs::write(root.join("lighthouse.md"), DOCUMENT)?;
        std::fs::write(root.join("crew.toml"), crew(target))?;
        std::fs::write(root.join("config.toml"), settings(target, relay.port))?;
        // A build that goes on meanwhile does not change what is tested.
        let copy = root.join("divisi");
        std::fs::copy(program, &copy).with_context(|| {
            format!("copying {}: `cargo build --workspace --bins` makes it", program.display())
        })?;
        Ok(Self { program: copy, root: root.to_owned(), slots: target.slots, relay })
    }

    /// `divisi` with these arguments, without anything of the environment.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--data-dir")
            .arg(self.root.join("data"))
            .arg("--config")
            .arg(self.root.join("config.toml"))
            .args(arguments)
            .env_clear()
            .env("HOME", &self.root)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The command that runs the task.
    pub(super) fn task(&self) -> Command {
        self.command(&[
            "run",
            QUESTION,
            "--file",
            "lighthouse.md",
            "--crew",
            "./crew.toml",
            "--provider",
            "small",
            "--budget",
            BUDGET,
            "--mode",
            "full-autonomous",
            "--json",
        ])
    }

    /// Runs a command to its end.
    pub(super) async fn run(&self, command: &mut Command) -> anyhow::Result<Ran> {
        let output = command.output().await.context("running divisi")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Ok(Ran { code, out: text(&output.stdout), err: text(&output.stderr) })
    }

    /// A command that must succeed, and what it printed.
    async fn told(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let ran = self.run(&mut self.command(arguments)).await?;
        ensure!(ran.code == 0, "divisi {} ended with {}:\n{}", arguments.join(" "), ran.code, ran.shown());
        Ok(ran.out)
    }

    /// Resumes a task that failed a few times more, as a person would, and judges it.
    pub(super) async fn go_on(&self, mut ran: Ran) -> anyhow::Result<Verdict> {
        let mut wrong = Vec::new();
        for _ in 0..RESUMED_MAX {
            if ran.code != FAILED {
                break;
            }
            let before = self.events().await?;
            ran = self.run(&mut self.command(&["task", "resume", "last", "--json"])).await?;
            wrong.extend(done_again(&before, &self.events().await?));
        }
        let mut verdict = judge(&self.seen(&ran).await?);
        verdict.wrong.extend(wrong);
        Ok(verdict)
    }

    /// The log of the task.
    pub(super) async fn events(&self) -> anyhow::Result<Vec<EventView>> {
        log::parsed(&self.told(&["task", "events", "last", "--json"]).await?)
    }

    /// All that is known of the task after this last command.
    pub(super) async fn seen(&self, ran: &Ran) -> anyhow::Result<Seen> {
        let events =
            self.events().await.with_context(|| format!("it ended with {}:\n{}", ran.code, ran.shown()))?;
        let task: TaskView = serde_json::from_str(&self.told(&["task", "show", "last", "--json"]).await?)?;
        self.told(&["task", "export-test", "last", "--output", "exported"]).await?;
        let said = self.told(&["task", "show", "last"]).await?;
        let lines: Vec<String> = events.iter().map(|event| event.data.to_string()).collect();
        Ok(Seen {
            exit: ran.code,
            printed: [&ran.out, &ran.err, &said, &lines.join("\n")].map(String::as_str).join("\n"),
            task,
            attempts: log::attempts(&events),
            exchanges: self.relay.exchanges(),
            at_once: self.relay.busiest(),
            slots: self.slots,
            steps: steps::judge(&self.root.join("exported"))?,
        })
    }
}

impl Ran {
    /// The end of what it printed.
    pub(super) fn shown(&self) -> String {
        let all = format!("{}{}", self.out, self.err);
        let from = all.ceil_char_boundary(all.len().saturating_sub(SHOWN_BYTES_MAX));
        all[from..].to_owned()
    }
}

/// Runs a task to its end and judges it.
pub(super) async fn play(room: &Room) -> anyhow::Result<Verdict> {
    let ran = room.run(&mut room.task()).await?;
    room.go_on(ran).await
}

/// Where calls wait for each other anyway, one subtask is enough.
fn crew(target: &Target) -> String {
    CREW.replace("plan_subtasks_max = 2", &format!("plan_subtasks_max = {}", target.subtasks))
}

/// A provider that costs something, so that there is something to add up.
fn settings(target: &Target, port: u16) -> String {
    let context = target.context_tokens.map(|tokens| format!("context_tokens = {tokens}\n"));
    let key = target.key_file.as_ref().map(|file| format!("key_file = {:?}\n", file.display().to_string()));
    format!(
        "detect_local_servers = false\n\
         [providers.small]\n\
         wire = \"{}\"\n\
         base_url = \"http://127.0.0.1:{port}{}\"\n\
         models = [{:?}]\n\
         {}{}\
         free = false\n\
         [[prices]]\n\
         provider = \"small\"\n\
         input_per_million = 1000000\n\
         output_per_million = 2000000\n\
         cached_per_million = 1000000\n",
        target.wire.word(),
        target.base,
        target.model,
        context.unwrap_or_default(),
        key.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::case::CASES;
    use super::*;

    fn targets() -> impl Iterator<Item = Target> {
        CASES.into_iter().map(|case| Target::of_case(&case, 4711))
    }

    #[test]
    fn the_crews_differ_in_their_plans_alone() {
        for target in targets() {
            let parsed = divisi_engine::crew::parse(&crew(&target)).unwrap();
            assert_eq!(usize::from(parsed.limits.plan_subtasks_max), target.subtasks, "{target:?}");
        }
    }

    #[test]
    fn settings_name_a_model_that_the_server_has() {
        let keyed = targets().map(|target| Target { key_file: Some("/srv/a key".into()), ..target });
        for target in targets().chain(keyed) {
            let text = settings(&target, 4712);
            let parsed: toml::Table = toml::from_str(&text).unwrap();
            let small = &parsed["providers"]["small"];
            assert_eq!(small["models"][0].as_str(), Some(target.model.as_str()), "{text}");
            let key = small.get("key_file").and_then(toml::Value::as_str);
            assert_eq!(key, target.key_file.as_deref().and_then(std::path::Path::to_str));
        }
    }
}
