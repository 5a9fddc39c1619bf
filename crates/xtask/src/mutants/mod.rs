//! `cargo xtask mutants`: small bugs planted into the machines of `domain`, one at a time; the tests must catch nearly all
//! of them. The bugs are those that cargo-mutants lists. They are built into the tests all at once and switched on one by
//! one, so that a bug costs a run of the tests and no build.

mod build;
mod list;
mod trial;
mod weave;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::faults::Shard;
use crate::report::{say, target_folder};
use build::{Built, Copy};
use list::Mutant;

/// Of 100 mutants of a module that compile, so many must be caught.
const CAUGHT_PERCENT_MIN: usize = 90;
/// Mutants that are tried before the result is kept.
const ROUND: usize = 50;
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
    /// A part of the mutants, for example 2/8.
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// Try those again that an earlier run did not catch.
    #[arg(long)]
    again: bool,
    /// Forget all earlier results.
    #[arg(long)]
    afresh: bool,
}

/// What came of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    Caught,
    Survived,
    Unviable,
}

impl Fate {
    const fn of(caught: bool) -> Self {
        if caught { Self::Caught } else { Self::Survived }
    }
}

/// By name.
type Fates = BTreeMap<String, Fate>;

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let modules = modules(options.module.as_deref())?;
    let folder = target_folder()?.join("mutants");
    let mut mutants = list::list()?;
    mutants.retain(|mutant| MODULES.contains(&mutant.module()));
    let mut fates = read(&folder.join("fates.json"), options)?;
    let copy = Copy::of_this_tree(&folder)?;
    let built = copy.build_all(&mutants)?;
    if trial::caught(&copy, &built.tests, "task", 0)? {
        bail!("the tests fail without any mutant");
    }
    let extent = options.shard.of(mutants.len() as u64);
    let (from, cases) = (usize::try_from(extent.from)?, usize::try_from(extent.cases)?);
    let chosen = (1..).zip(&mutants).skip(from).take(cases);
    let chosen =
        chosen.filter(|(_, mutant)| modules.contains(&mutant.module()) && !fates.contains_key(&mutant.name));
    let (apart, woven): (Vec<_>, Vec<_>) = chosen.partition(|(number, _)| built.apart.contains(number));
    for round in woven.chunks(ROUND) {
        fates.extend(tried(&copy, &built, round)?);
        write(&folder.join("fates.json"), &fates)?;
    }
    for (_, mutant) in apart {
        let fate = match copy.build_one(mutant)? {
            None => Fate::Unviable,
            Some(tests) => Fate::of(trial::caught(&copy, &tests, mutant.module(), 0)?),
        };
        fates.insert(mutant.name.clone(), fate);
        write(&folder.join("fates.json"), &fates)?;
    }
    judged(&modules, &mutants, &fates)
}

fn modules(named: Option<&str>) -> anyhow::Result<Vec<&'static str>> {
    let Some(named) = named else { return Ok(MODULES.to_vec()) };
    let found = MODULES.iter().find(|module| **module == named);
    let found =
        found.with_context(|| format!("there is no module '{named}'; there are {}", MODULES.join(", ")))?;
    Ok(vec![found])
}

/// Tries mutants on every core.
fn tried(copy: &Copy, built: &Built, mutants: &[(usize, &Mutant)]) -> anyhow::Result<Fates> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, found) = (AtomicUsize::new(0), Mutex::new((Fates::new(), None)));
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((number, mutant)) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fate = if built.unviable.contains(number) {
                        Ok(Fate::Unviable)
                    } else {
                        trial::caught(copy, &built.tests, mutant.module(), *number).map(Fate::of)
                    };
                    let Ok(mut found) = found.lock() else { return };
                    match fate {
                        Ok(fate) => drop(found.0.insert(mutant.name.clone(), fate)),
                        Err(error) => found.1 = Some(error),
                    }
                }
            });
        }
    });
    match found.into_inner() {
        Ok((fates, None)) => Ok(fates),
        Ok((_, Some(error))) => Err(error),
        Err(_) => bail!("a thread died"),
    }
}

fn read(path: &Path, options: &Options) -> anyhow::Result<Fates> {
    if options.afresh || !path.exists() {
        return Ok(Fates::new());
    }
    let mut fates: Fates = serde_json::from_slice(&std::fs::read(path)?)
        .with_context(|| format!("{} is no result", path.display()))?;
    fates.retain(|_, fate| !options.again || *fate != Fate::Survived);
    Ok(fates)
}

fn write(path: &PathBuf, fates: &Fates) -> anyhow::Result<()> {
    let next = path.with_extension("next");
    std::fs::write(&next, serde_json::to_vec_pretty(fates)?)
        .and_then(|()| std::fs::rename(&next, path))
        .with_context(|| format!("writing {}", path.display()))
}

/// Prints a table and the survivors. A module in which too few are caught is red.
fn judged(modules: &[&str], mutants: &[Mutant], fates: &Fates) -> anyhow::Result<ExitCode> {
    let mut blind = Vec::new();
    say("| module | mutants | caught | survived | do not compile | not tried |\n|---|---|---|---|---|---|");
    for module in modules {
        let own: Vec<Option<Fate>> = mutants
            .iter()
            .filter(|mutant| mutant.module() == *module)
            .map(|mutant| fates.get(&mutant.name).copied())
            .collect();
        let count = |fate| own.iter().filter(|found| **found == fate).count();
        let (caught, survived) = (count(Some(Fate::Caught)), count(Some(Fate::Survived)));
        let (unviable, open) = (count(Some(Fate::Unviable)), count(None));
        say(&format!("| {module} | {} | {caught} | {survived} | {unviable} | {open} |", own.len()));
        if !enough(caught, caught + survived) {
            blind.push(*module);
        }
    }
    for mutant in mutants.iter().filter(|mutant| modules.contains(&mutant.module())) {
        if fates.get(&mutant.name) == Some(&Fate::Survived) {
            say(&format!("survived: {}", mutant.name));
        }
    }
    if !blind.is_empty() {
        bail!("fewer than {CAUGHT_PERCENT_MIN} of 100 mutants were caught in {}", blind.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

const fn enough(caught: usize, viable: usize) -> bool {
    caught * 100 >= viable * CAUGHT_PERCENT_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_must_catch_nine_of_ten() {
        assert!(enough(90, 100) && !enough(89, 100) && enough(0, 0));
    }

    #[test]
    fn every_module_is_there() {
        let domain = Path::new("../domain/src");
        for module in MODULES {
            assert!(domain.join(module).is_dir(), "{module}");
        }
    }
}
