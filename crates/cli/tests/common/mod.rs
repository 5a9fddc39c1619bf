//! A home with a data folder of its own, and the binary run in it.

pub(crate) mod seat;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use serde_json::Value;

pub(crate) const LICENCE: &str = "Terms of use.\n\nYou may sell copies of the program to anybody, for any price.\n\nThe notice must stay in every copy.\n\nThere is no warranty of any kind.\n";

/// Asks about [`LICENCE`].
pub(crate) const QUESTION: [&str; 4] = ["run", "May I sell copies of the program?", "--file", "licence.txt"];

/// Answers everything.
pub(crate) const SCRIPT: &str = r#"{ "model": "scripted" }"#;

pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("licence.txt"), LICENCE).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_divisi"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("DIVISI_DATA_DIR", self.path("data"))
            // Whatever listens on this machine has no part in a test.
            .env("DIVISI_DETECT_LOCAL_SERVERS", "false")
            // A call that never returns is not waited for any longer.
            .env("DIVISI_DRAIN_SECONDS_MAX", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// A scripted crew and its script: the review of the first subtask never comes back.
    pub(crate) fn stuck(&self) -> [String; 2] {
        let script = self.path("script.json");
        let rules = r#"{ "model": "scripted", "rules": [{ "purpose": "review", "answer": "never" }] }"#;
        std::fs::write(&script, rules).unwrap();
        [self.scripted_crew(), script.display().to_string()]
    }

    pub(crate) fn scripted_crew(&self) -> String {
        let crew = self.path("scripted.toml");
        let source = std::fs::read_to_string("../../crews/research.toml").unwrap();
        std::fs::write(&crew, source + "\n[routes]\ndefault = [\"scripted/scripted\"]\n").unwrap();
        crew.display().to_string()
    }

    /// Starts a task that cannot end, and waits until its subtasks run.
    pub(crate) fn start_stuck(&self) -> (Child, BufReader<ChildStderr>) {
        self.start_stuck_with(&[])
    }

    /// As [`Self::start_stuck`], with settings.
    pub(crate) fn start_stuck_with(&self, settings: &[(&str, &str)]) -> (Child, BufReader<ChildStderr>) {
        let [crew, script] = self.stuck();
        let mut running = self
            .command(&["run", "May I sell copies?", "--file", "licence.txt", "--crew", &crew])
            .env("DIVISI_SCRIPT", script)
            .envs(settings.iter().copied())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(running.stderr.take().unwrap());
        wait_for(&mut lines, "begins");
        (running, lines)
    }
}

/// Reads lines until one holds the text.
pub(crate) fn wait_for(lines: &mut impl BufRead, text: &str) {
    let mut all = String::new();
    loop {
        let before = all.len();
        let read = lines.read_line(&mut all).unwrap();
        assert!(read > 0, "'{text}' never came:\n{all}");
        if all[before..].contains(text) {
            return;
        }
    }
}

pub(crate) fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}
