//! `cargo xtask mutants`: small bugs planted into the machines of `domain`, one at a time, by cargo-mutants; the tests
//! must catch nearly all of them. A module a run: each mutant is built and tested by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;

use crate::report::{say, target_folder};

/// Of 100 mutants that compile, so many must be caught.
const CAUGHT_PERCENT_MIN: u64 = 90;
/// The modules with machines and rules.
const MODULES: &[&str] = &[
    "approval",
    "automation",
    "budget",
    "learning",
    "model_step",
    "plan",
    "retry",
    "review",
    "scheduling",
    "stats",
    "subtask",
    "task",
];

/// Which mutants.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A module of `domain`; all of them where none is named.
    #[arg(long)]
    module: Option<String>,
    /// A part of the mutants, counted from 0, for example 0/8.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Judge what lies here from earlier runs, and run nothing.
    #[arg(long)]
    judge: bool,
}

/// What cargo-mutants writes, as far as it is needed.
#[derive(Debug, Default, Deserialize)]
struct Counts {
    caught: u64,
    missed: u64,
    timeout: u64,
    unviable: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let folder = target_folder()?.join("mutants");
    let modules: Vec<&str> = match &options.module {
        None => MODULES.to_vec(),
        Some(module) if MODULES.contains(&module.as_str()) => vec![module],
        Some(module) => bail!("there is no module '{module}'; there are {}", MODULES.join(", ")),
    };
    let mut blind = Vec::new();
    for module in modules {
        let output = folder.join(module).join(options.shard.as_deref().unwrap_or("0/1").replace('/', "-of-"));
        if !options.judge {
            mutate(module, options.shard.as_deref(), &output)?;
        }
        if !judge(module, &folder.join(module))? {
            blind.push(module);
        }
    }
    if !blind.is_empty() {
        bail!("fewer than {CAUGHT_PERCENT_MIN} of 100 mutants were caught in {}", blind.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn mutate(module: &str, shard: Option<&str>, output: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(output).with_context(|| format!("creating {}", output.display()))?;
    let mut command = Command::new("cargo");
    command.args([
        "mutants",
        "--package",
        "divisi-domain",
        "--jobs",
        "1",
        "--no-shuffle",
        "--colors",
        "never",
    ]);
    command.arg("--file").arg(format!("crates/domain/src/{module}/**")).arg("--output").arg(output);
    if module == "task" {
        command.args(["--file", "crates/domain/src/task.rs"]);
    }
    if let Some(shard) = shard {
        command.arg("--shard").arg(shard);
    }
    let ended = command
        .status()
        .context("starting cargo-mutants: `cargo install cargo-mutants --locked` makes it")?;
    // 2: some were missed; 3: some ran out of time. Both are judged by their counts.
    match ended.code() {
        Some(0 | 2 | 3) => Ok(()),
        _ => bail!("cargo-mutants ended with {ended}"),
    }
}

/// Sums the shards of a module.
fn judge(module: &str, folder: &Path) -> anyhow::Result<bool> {
    let mut sum = Counts::default();
    for outcomes in outcomes(folder) {
        let bytes = std::fs::read(&outcomes).with_context(|| format!("reading {}", outcomes.display()))?;
        let counts: Counts = serde_json::from_slice(&bytes)?;
        sum.caught += counts.caught;
        sum.missed += counts.missed;
        sum.timeout += counts.timeout;
        sum.unviable += counts.unviable;
        survivors(&outcomes);
    }
    let (caught, viable) = (sum.caught + sum.timeout, sum.caught + sum.timeout + sum.missed);
    say(&format!("{module}: {caught} of {viable} caught ({} do not compile)", sum.unviable));
    Ok(enough(caught, viable))
}

const fn enough(caught: u64, viable: u64) -> bool {
    caught * 100 >= viable * CAUGHT_PERCENT_MIN
}

fn outcomes(folder: &Path) -> Vec<PathBuf> {
    let shards = std::fs::read_dir(folder).into_iter().flatten().flatten();
    shards.map(|shard| shard.path().join("mutants.out/outcomes.json")).filter(|path| path.exists()).collect()
}

fn survivors(outcomes: &Path) {
    let missed = std::fs::read_to_string(outcomes.with_file_name("missed.txt")).unwrap_or_default();
    for line in missed.lines() {
        say(&format!("  survived: {line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_summed_and_judged() {
        let folder = tempfile::tempdir().unwrap();
        for (shard, caught, missed) in [("0-of-2", 50, 1), ("1-of-2", 40, 8)] {
            let out = folder.path().join(shard).join("mutants.out");
            std::fs::create_dir_all(&out).unwrap();
            let json =
                format!(r#"{{"caught":{caught},"missed":{missed},"timeout":1,"unviable":3,"other":[]}}"#);
            std::fs::write(out.join("outcomes.json"), json).unwrap();
        }
        assert!(judge("plan", folder.path()).unwrap());
        assert!(enough(90, 100) && !enough(89, 100) && enough(0, 0));
    }

    #[test]
    fn every_module_is_there() {
        let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
        for module in MODULES {
            assert!(domain.join(module).is_dir(), "{module}");
        }
    }
}
