//! `cargo xtask acceptance`: whole tasks of the real binary on a real small model, behind servers and a proxy that other
//! people made. The model's answers are poor; what is held against what was promised is the machine.

mod case;
mod drive;
mod figures;
mod http;
mod judge;
mod killed;
mod log;
mod relay;
mod servers;
mod steps;
mod table;
mod target;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tempfile::TempDir;

use crate::report::{now, say, write_result};
use case::{CASES, Case};
use drive::Room;
use judge::Verdict;
use servers::{Python, Served};
use target::{Running, Target};

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only cases whose names hold this, such as `proxy` or `cpp_chat`; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Say which cases there are, and run none.
    #[arg(long)]
    list: bool,
    /// The binary; `divisi` beside this programme where none is named.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Seconds after which a case counts as hanging.
    #[arg(long, default_value_t = 600)]
    seconds_max: u64,
    /// Keep the folders of all cases, and not only of those that fail.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    running: Running,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.running.base_url.is_some() {
        return alone(options);
    }
    let wanted: Vec<&Case> = CASES.iter().filter(|case| is_wanted(case.name, &options.only)).collect();
    if wanted.is_empty() {
        bail!("no case is named so; these are there: {}", CASES.map(|case| case.name).join(", "));
    }
    if options.list {
        for case in wanted {
            say(case.name);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let program = options.program()?;
    let python = Python::find()?;
    say(&python.versions()?);
    let runtime = runtime()?;
    let mut verdicts = Vec::new();
    for case in wanted {
        say(&format!("\n{}: {}", case.name, case.sentence()));
        let root = folder()?;
        let played = played(&program, &python, case, root.path());
        let verdict = runtime.block_on(judged(options, case.name, played));
        shown(options, &verdict, root);
        verdicts.push(verdict);
    }
    runtime.shutdown_background();
    told(&verdicts)
}

/// One task on a server that runs already.
fn alone(options: &Options) -> anyhow::Result<ExitCode> {
    let (program, target) = (options.program()?, Target::of_running(&options.running)?);
    say(&format!("{} at {}{} by {}", target.model, target.address, target.base, target.wire.word()));
    let (runtime, root) = (runtime()?, folder()?);
    let played = asked(&program, root.path(), &target, options.running.killed);
    let verdict = runtime.block_on(judged(options, "running", played));
    shown(options, &verdict, root);
    runtime.shutdown_background();
    told(&[verdict])
}

impl Options {
    fn program(&self) -> anyhow::Result<PathBuf> {
        Ok(match &self.binary {
            Some(binary) => binary.clone(),
            None => std::env::current_exe()?.with_file_name("divisi"),
        })
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("divisi-acceptance-").tempdir()
}

/// The table of all cases, and whether they hold.
fn told(verdicts: &[Verdict]) -> anyhow::Result<ExitCode> {
    say(&format!("\n{}", table::table(verdicts)));
    let failed = verdicts.iter().filter(|verdict| !verdict.wrong.is_empty()).count();
    write_result("acceptance.json", &json!({ "programme": "acceptance", "cases": verdicts }))?;
    say(&format!("acceptance: {} passed, {failed} failed", verdicts.len() - failed));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A case's own name means it alone, a part of names all that have it.
fn is_wanted(name: &str, only: &[String]) -> bool {
    let is_name = |part: &String| CASES.iter().any(|case| case.name == *part);
    let means = |part: &String| name == part || (!is_name(part) && name.contains(part.as_str()));
    only.is_empty() || only.iter().any(means)
}

/// What comes of a case, in the time that it may take.
async fn judged(
    options: &Options,
    name: &str,
    played: impl Future<Output = anyhow::Result<Verdict>>,
) -> Verdict {
    let began = now();
    let done = tokio::time::timeout(Duration::from_secs(options.seconds_max), played).await;
    let verdict = match done {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => Verdict::of_fault(format!("{error:#}")),
        Err(_) => Verdict::of_fault(format!("it did not end within {} s", options.seconds_max)),
    };
    Verdict { name: name.to_owned(), seconds: now().duration_since(began).as_secs(), ..verdict }
}

/// Says what came of a case, and keeps its folder where somebody will look at it.
fn shown(options: &Options, verdict: &Verdict, root: TempDir) {
    if options.keep || !verdict.wrong.is_empty() {
        say(&format!("  all of it is kept in {}", root.keep().display()));
    }
    for line in table::lines(verdict) {
        say(&line);
    }
}

/// Starts the servers of a case, runs its task, and judges it. Everything that was started ends with this.
async fn played(program: &Path, python: &Python, case: &Case, root: &Path) -> anyhow::Result<Verdict> {
    let engine = Served::engine(python, case.engine, root).await.context("starting the model server")?;
    let proxy = if case.proxied {
        Some(Served::proxy(python, engine.port, root).await.context("starting the proxy")?)
    } else {
        None
    };
    let front = proxy.as_ref().map_or(engine.port, |proxy| proxy.port);
    let verdict = asked(program, root, &Target::of_case(case, front), case.killed).await;
    drop(proxy);
    drop(engine);
    verdict
}

/// Runs a task on this server, and judges it.
async fn asked(program: &Path, root: &Path, target: &Target, killed: bool) -> anyhow::Result<Verdict> {
    let room = Room::make(program, root, target).await?;
    if killed { killed::play(&room).await } else { drive::play(&room).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_case_and_a_part_of_it_many() {
        let count = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(|part| (*part).to_owned()).collect();
            CASES.iter().filter(|case| is_wanted(case.name, &only)).count()
        };
        let rows: [(&[&str], usize); 6] = [
            (&[], 14),
            (&["cpp_chat"], 1),
            (&["cpp_chat", "lcp_chat"], 2),
            (&["proxy"], 8),
            (&["killed"], 2),
            (&["nobody"], 0),
        ];
        for (only, expected) in rows {
            assert_eq!(count(only), expected, "{only:?}");
        }
    }
}
