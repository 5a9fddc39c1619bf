//! A copy of the tree with mutants in it, and the tests built from it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};
use serde::Deserialize;

use super::list::Mutant;
use super::weave::{CHOICE, Left, alone, weave};
use crate::place::work_tree;

/// Builds that are tried: each finds more mutants that do not compile.
const BUILDS_MAX: usize = 20;
const SOURCES: &str = "crates/domain/src/";
const CRATE_ROOT: &str = "crates/domain/src/lib.rs";

/// The copy and where it is built.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) tree: PathBuf,
    target: PathBuf,
    /// The files of `domain` as they were copied: people go on working meanwhile.
    sources: BTreeMap<String, String>,
}

/// The tests with every mutant in them that can be chosen at run time.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) tests: Tests,
    pub(super) unviable: BTreeSet<usize>,
    pub(super) apart: Vec<usize>,
}

/// The programmes of the tests of `domain`.
#[derive(Debug, Default)]
pub(super) struct Tests {
    pub(super) own: PathBuf,
    pub(super) machine: PathBuf,
    pub(super) codec: PathBuf,
}

/// What cargo says, as far as it is needed.
#[derive(Debug, Deserialize)]
struct Said {
    message: Option<Message>,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Message {
    level: String,
    #[serde(rename = "message")]
    text: String,
    #[serde(default)]
    spans: Vec<At>,
}

#[derive(Debug, Deserialize)]
struct At {
    file_name: String,
    line_start: usize,
    is_primary: bool,
}

impl Copy {
    /// Copies what Git knows or would add.
    pub(super) fn of_this_tree(folder: &Path) -> anyhow::Result<Self> {
        let root = work_tree()?;
        let mut list = Command::new("git");
        list.current_dir(&root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let listed = list.output().context("starting git")?;
        let (tree, target) = (folder.join("tree"), folder.join("build"));
        let mut copy = Self { tree, target, sources: BTreeMap::new() };
        for name in String::from_utf8_lossy(&listed.stdout).lines() {
            let Ok(text) = std::fs::read(root.join(name)) else { continue };
            copy.write(name, &text)?;
            if name.starts_with(SOURCES) {
                copy.sources.insert(name.to_owned(), String::from_utf8(text)?);
            }
        }
        Ok(copy)
    }

    /// Writes a file of the copy, where it changed: what did not is not built again.
    fn write(&self, name: &str, text: &[u8]) -> anyhow::Result<()> {
        let path = self.tree.join(name);
        if std::fs::read(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        std::fs::create_dir_all(path.parent().unwrap_or(&self.tree))
            .and_then(|()| std::fs::write(&path, text))
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Builds the tests with all of `mutants`, leaving out what does not compile.
    pub(super) fn build_all(&self, mutants: &[Mutant]) -> anyhow::Result<Built> {
        let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
        for (number, mutant) in (1..).zip(mutants) {
            files.entry(&mutant.file).or_default().push((number, mutant));
        }
        self.write(CRATE_ROOT, (self.source(CRATE_ROOT)?.to_owned() + CHOICE).as_bytes())?;
        let mut left = Left::default();
        for _ in 0..BUILDS_MAX {
            let mut lines = BTreeMap::new();
            let mut apart = Vec::new();
            for (name, own) in &files {
                let woven = weave(self.source(name)?, own, &left)?;
                self.write(name, woven.text.as_bytes())?;
                apart.extend(woven.apart);
                lines.insert((*name).to_owned(), woven.lines);
            }
            let output = self.cargo()?;
            if output.status.success() {
                return Ok(Built { tests: tests(&output)?, unviable: left.unviable, apart });
            }
            if !learned(&mut left, &lines, errors(&output)) {
                bail!("the woven tree does not build: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
        bail!("after {BUILDS_MAX} builds there still are mutants that do not compile")
    }

    /// Builds the tests with one mutant alone; `None` where it does not compile.
    pub(super) fn build_one(&self, mutant: &Mutant) -> anyhow::Result<Option<Tests>> {
        let woven = std::fs::read(self.tree.join(&mutant.file))?;
        self.write(&mutant.file, alone(self.source(&mutant.file)?, mutant)?.as_bytes())?;
        let output = self.cargo();
        self.write(&mutant.file, &woven)?;
        let output = output?;
        if output.status.success() { tests(&output).map(Some) } else { Ok(None) }
    }

    fn source(&self, name: &str) -> anyhow::Result<&str> {
        self.sources.get(name).map(String::as_str).with_context(|| format!("{name} was not copied"))
    }

    /// Without optimisation: building would take longer than it saves.
    fn cargo(&self) -> anyhow::Result<Output> {
        let mut command = Command::new("cargo");
        command.current_dir(&self.tree).args(["test", "--package", "divisi-domain", "--locked", "--no-run"]);
        command.args(["--lib", "--test=machine", "--test=codec", "--message-format=json"]);
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "1");
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_PROFILE_DEV_DEBUG", "false");
        command.output().context("starting cargo")
    }
}

/// Leaves out the mutants in whose lines there are errors. Whether anything was learned at all.
fn learned(
    left: &mut Left,
    lines: &BTreeMap<String, Vec<(RangeInclusive<usize>, usize)>>,
    errors: impl Iterator<Item = Message>,
) -> bool {
    let known = (left.unviable.len(), left.constants.len());
    for error in errors {
        let hit: Vec<usize> = error
            .spans
            .iter()
            .filter(|at| at.is_primary)
            .flat_map(|at| lines.get(&at.file_name).into_iter().flatten().map(|own| (at.line_start, own)))
            .filter(|(line, (own, _))| own.contains(line))
            .map(|(_, (_, number))| *number)
            .collect();
        if hit.is_empty() {
            left.constants.extend(called_by_a_constant(&error.text));
        }
        left.unviable.extend(hit);
    }
    known != (left.unviable.len(), left.constants.len())
}

fn said(output: &Output) -> impl Iterator<Item = Said> {
    output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

fn errors(output: &Output) -> impl Iterator<Item = Message> {
    said(output).filter_map(|said| said.message).filter(|message| message.level == "error")
}

/// The function that a constant calls and that a body for each mutant made none for constants.
fn called_by_a_constant(message: &str) -> Option<String> {
    let called = message.strip_prefix("cannot call non-const")?.split('`').nth(1)?;
    called
        .rsplit("::")
        .next()
        .map(|name| name.chars().take_while(|found| *found == '_' || found.is_alphanumeric()).collect())
}

fn tests(output: &Output) -> anyhow::Result<Tests> {
    let mut tests = Tests::default();
    for said in said(output) {
        let (Some(program), Some(target)) = (said.executable, said.target) else { continue };
        match target.name.as_str() {
            "divisi_domain" => tests.own = program,
            "machine" => tests.machine = program,
            "codec" => tests.codec = program,
            _ => {}
        }
    }
    if [&tests.own, &tests.machine, &tests.codec].iter().any(|program| program.as_os_str().is_empty()) {
        bail!("cargo built no tests");
    }
    Ok(tests)
}

#[cfg(test)]
mod of_errors {
    use super::*;

    #[test]
    fn what_a_constant_calls_is_understood() {
        let rows = [
            ("cannot call non-const associated function `Millis::from_mins` in constants", Some("from_mins")),
            ("cannot call non-const function `less` in statics", Some("less")),
            ("mismatched types", None),
        ];
        for (message, expected) in rows {
            assert_eq!(called_by_a_constant(message).as_deref(), expected, "{message}");
        }
    }
}
