//! The command line as a person meets it: this program, started anew each time.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::child::command;
use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{SCRIPTED, crew_source};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::median;

/// Where Debian keeps the texts of licences.
const LICENCES: &str = "/usr/share/common-licenses";
/// Files of the job; links among them are the same texts again.
const LICENCE_FILES: usize = 14;
const QUESTION: &str = "What obligations does each licence put on someone who distributes modified versions?";

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let config = configure(folder.path())?;
    let mut first = Vec::new();
    // The first run makes the data folder; a person has that once.
    for turn in 0..=scale.rounds() {
        let took = first_event(means, folder.path(), &config).await?;
        if turn > 0 {
            first.push(took.as_secs_f64() * 1e3);
        }
    }
    let event = Figure::maybe("`divisi run` to its first event", Unit::Millis, median(&first), "nothing ran")
        .at_most(40.0)
        .note("from starting the process to the first line of --json=events, on a folder that exists");
    Ok(vec![event, licences(means, scale, folder.path()).await?])
}

/// A script without latency, and a crew that plays it.
fn configure(folder: &Path) -> Result<PathBuf, BenchError> {
    let write = || {
        std::fs::create_dir(folder.join("crews"))?;
        std::fs::write(folder.join("script.json"), format!("{{\"model\": \"{SCRIPTED}\"}}"))?;
        let at = |name: &str| folder.join(name).display().to_string();
        let (script, crews) = (at("script.json"), at("crews"));
        let config = format!("script = {script:?}\ncrews_dir = {crews:?}\n");
        std::fs::write(folder.join("config.toml"), config)
    };
    write().map_err(BenchError::system("writing a configuration"))?;
    std::fs::write(folder.join("crews/research.toml"), crew_source()?)
        .map_err(BenchError::system("writing a crew"))?;
    Ok(folder.join("config.toml"))
}

async fn first_event(means: &Means, folder: &Path, config: &Path) -> Result<Duration, BenchError> {
    let begun = (means.watch)();
    let mut child = command(&means.program, &folder.join("data"))
        .arg("--config")
        .arg(config)
        .args(["run", "What follows from what is known?", "--crew", "research", "--json=events"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(BenchError::system("starting `divisi run`"))?;
    let none = || BenchError::Invalid("`divisi run` has no standard output".to_owned());
    let mut lines = BufReader::new(child.stdout.take().ok_or_else(none)?).lines();
    let line = lines.next_line().await.map_err(BenchError::system("reading the first event"))?;
    let took = (means.watch)().saturating_sub(begun);
    while let Some(_rest) = lines.next_line().await.map_err(BenchError::system("reading events"))? {}
    let output = child.wait_with_output().await.map_err(BenchError::system("waiting for `divisi run`"))?;
    if line.is_none() || !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BenchError::Invalid(format!("`divisi run` ended with {}: {why}", output.status)));
    }
    Ok(took)
}

/// A real question over the licence texts of this machine, with the offline provider.
async fn licences(means: &Means, scale: Scale, folder: &Path) -> Result<Figure, BenchError> {
    let label = format!("{LICENCE_FILES} licence texts end to end");
    let files = licence_files();
    if files.len() < LICENCE_FILES {
        let why = format!("{LICENCES} has {} files here", files.len());
        return Ok(Figure::absent(label, Unit::Seconds, why).at_most(1.0));
    }
    let mut times = Vec::new();
    for turn in 0..scale.rounds() {
        let begun = (means.watch)();
        let output = command(&means.program, &folder.join(format!("licences-{turn}")))
            .args(["run", QUESTION, "--crew", "comparison", "--provider", "extractive", "--quiet"])
            .args(
                files
                    .iter()
                    .take(LICENCE_FILES)
                    .flat_map(|file| ["--file".into(), file.clone().into_os_string()]),
            )
            .output()
            .await
            .map_err(BenchError::system("starting `divisi run`"))?;
        times.push((means.watch)().saturating_sub(begun).as_secs_f64());
        if output.stdout.is_empty() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(BenchError::Invalid(format!("no report on the licences ({}): {why}", output.status)));
        }
    }
    let note = "a new data folder each time; parsing, all subtasks, and the report on standard output";
    Ok(Figure::maybe(&label, Unit::Seconds, median(&times), "nothing ran").at_most(1.0).note(note))
}

pub(super) fn licence_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(LICENCES).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}
