//! The section of docs/reliability.md that tells what full runs came to.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use super::outcome::Outcome;
use super::programme::Programme;
use super::shard;
use crate::place::work_tree;
use crate::report::say;

const SIMULATION: &str = "a simulated history of the whole engine, every second one harsh (`cargo xtask sim --seeds N --shard I/N`)";
/// Seeds of a full run.
const SIMULATION_SEEDS: u64 = 200_000;
const BEGIN: &str = "<!-- faults: written by `cargo xtask faults --document` -->";
const END: &str = "<!-- faults: end -->";

/// Sums all shards and writes the section anew.
pub(super) fn write(programmes: &[&Programme]) -> anyhow::Result<ExitCode> {
    let path = work_tree()?.join("docs/reliability.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut rows = String::new();
    let kinds = programmes.iter().map(|programme| (programme.name, programme.what, programme.full));
    for (name, what, full) in kinds.chain([("sim", SIMULATION, SIMULATION_SEEDS)]) {
        match sum(name)? {
            Some(outcome) => row(&mut rows, name, what, full, &outcome)?,
            None => say(&format!("{name}: no full run lies here")),
        }
    }
    let section = format!(
        "As of {} (commit {}), in so many cases of a full run; `cargo xtask faults --only KIND --shard I/N` runs more of them.\n\n\
         | kind | a case | cases | injections observed |\n|---|---|---|---|\n{rows}",
        said(Command::new("date").args(["-u", "+%-d %B %Y"])),
        said(Command::new("git").args(["rev-parse", "--short", "HEAD"])),
    );
    std::fs::write(&path, replaced(&text, &section)?)?;
    say(&section);
    Ok(ExitCode::SUCCESS)
}

/// What a small program says, in one line.
fn said(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// The sum over the shards that lie here; the finest cut where there are several.
fn sum(name: &str) -> anyhow::Result<Option<Outcome>> {
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(shard::folder()?)? {
        let path = entry?.path();
        if let Some(shard) = shard::named(&path, name) {
            found.push((shard.of, path));
        }
    }
    let Some(of) = found.iter().map(|(of, _)| *of).max() else { return Ok(None) };
    let mut sum = Outcome::default();
    for (_, path) in found.iter().filter(|(each, _)| *each == of) {
        let outcome: Outcome = serde_json::from_slice(&std::fs::read(path)?)?;
        sum.merge(&outcome);
        sum.cases += outcome.cases;
        sum.seconds += outcome.seconds;
    }
    Ok(Some(sum))
}

fn row(rows: &mut String, name: &str, what: &str, full: u64, outcome: &Outcome) -> std::fmt::Result {
    let told = |counts: &std::collections::BTreeMap<String, u64>| {
        counts.iter().map(|(kind, times)| format!("{kind} {times}")).collect::<Vec<_>>().join("; ")
    };
    let seen = if outcome.seen.is_empty() { String::new() } else { format!(" ({})", told(&outcome.seen)) };
    let builds = match outcome.builds.len() {
        1 => String::new(),
        0 => ", of an unknown build".to_owned(),
        several => format!(", of {several} builds"),
    };
    writeln!(
        rows,
        "| {name} | {what} | {} of {full} in {:.0} s{builds} | {}{seen} |",
        outcome.cases,
        outcome.seconds,
        told(&outcome.injected)
    )
}

fn replaced(text: &str, section: &str) -> anyhow::Result<String> {
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        bail!("docs/reliability.md has lost the lines between which the section stands");
    };
    Ok(format!("{}{BEGIN}\n\n{section}\n{}", &text[..begin], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_is_replaced() {
        let text = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        assert_eq!(replaced(&text, "new").unwrap(), format!("a\n{BEGIN}\n\nnew\n{END}\nb\n"));
        assert!(replaced("a", "new").is_err());
    }
}
