//! `cargo xtask faults`: every fault that a machine can have, injected again and again, and counted where it was seen to
//! happen. Results lie beside the build output, shard by shard, and add up; an interrupted shard goes on where it was.

mod document;
mod fuzz;
mod outcome;
mod processes;
mod programme;
mod shard;
mod volume;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};
use clap::Args;
use divisi_testkit::faults::Extent;

use crate::report::{build, now, say, write_result};
pub(crate) use outcome::Outcome;
use programme::{PROGRAMMES, Programme};
pub(crate) use shard::Shard;

/// Which faults, and how many.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One kind alone.
    #[arg(long, value_name = "KIND")]
    only: Option<String>,
    /// A part of the full run, for example 2/8.
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// A few of each kind, as `make test` does; nothing is kept.
    #[arg(long)]
    small: bool,
    /// One case alone, as a broken promise prints it.
    #[arg(long, requires = "only")]
    case: Option<u64>,
    /// Decides what each case is.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Forget the results of earlier runs of this shard.
    #[arg(long)]
    afresh: bool,
    /// Write the sum of all shards into docs/reliability.md, and run nothing.
    #[arg(long)]
    document: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let chosen = chosen(options.only.as_deref())?;
    if options.document {
        return document::write(&chosen);
    }
    let mut red = Vec::new();
    let mut results = serde_json::Map::new();
    for programme in chosen {
        let ran = run_one(programme, options);
        match ran.and_then(|outcome| judged(programme, options, outcome)) {
            Ok(outcome) => drop(results.insert(programme.name.into(), serde_json::to_value(&outcome)?)),
            Err(error) => {
                say(&format!("{}: {error:#}", programme.name));
                red.push(programme.name);
            }
        }
    }
    if options.small {
        write_result("faults.json", &results.into())?;
    }
    if !red.is_empty() {
        bail!("red: {}", red.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(only: Option<&str>) -> anyhow::Result<Vec<&'static Programme>> {
    let Some(name) = only else { return Ok(PROGRAMMES.iter().collect()) };
    let found = PROGRAMMES.iter().find(|programme| programme.name == name).with_context(|| {
        let names: Vec<_> = PROGRAMMES.iter().map(|programme| programme.name).collect();
        format!("there is no kind '{name}'; there are {}", names.join(", "))
    })?;
    Ok(vec![found])
}

fn run_one(programme: &Programme, options: &Options) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::new(options.seed);
    if let Some(from) = options.case {
        work(programme, Extent { from, cases: 1 }, options.seed, &mut outcome, &|_| Ok(()))?;
    } else if options.small {
        let all = Extent { from: 0, cases: programme.small };
        work(programme, all, options.seed, &mut outcome, &|_| Ok(()))?;
    } else {
        let path = options.shard.path(programme.name)?;
        let extent = options.shard.of(programme.full);
        outcome = Outcome::begun(&path, options.seed, options.afresh, build()?)?;
        let left =
            Extent { from: extent.from + outcome.cases, cases: extent.cases.saturating_sub(outcome.cases) };
        work(programme, left, options.seed, &mut outcome, &|outcome| outcome.write(&path))?;
    }
    Ok(outcome)
}

/// Prints what was seen. Zero of a kind is red.
fn judged(programme: &Programme, options: &Options, outcome: Outcome) -> anyhow::Result<Outcome> {
    say(&format!("{}: {} cases in {:.1} s", programme.name, outcome.cases, outcome.seconds));
    for (kind, times) in &outcome.injected {
        say(&format!("  {times:>9}  {kind}"));
    }
    for (what, times) in &outcome.seen {
        say(&format!("  {times:>9}  ({what})"));
    }
    let never: Vec<_> =
        outcome.injected.iter().filter(|(_, times)| **times == 0).map(|(kind, _)| kind).collect();
    if options.case.is_none()
        && outcome.cases > 0
        && (!never.is_empty() || outcome.injected.is_empty() && outcome.seen.is_empty())
    {
        bail!("these faults never happened, so nothing is known about them: {never:?}");
    }
    Ok(outcome)
}

/// Runs the cases on every core, a chunk at a time and in order, and keeps the result after each round.
fn work(
    programme: &Programme,
    extent: Extent,
    seed: u64,
    outcome: &mut Outcome,
    keep: &dyn Fn(&Outcome) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let mut from = extent.from;
    let end = extent.from + extent.cases;
    while from < end {
        let began = now();
        let lanes = if programme.alone { 1 } else { cores };
        let round = (programme.chunk * lanes).min(end - from);
        let chunk = round.div_ceil(lanes).max(1);
        let next = AtomicU64::new(0);
        let done = Mutex::new((Outcome::new(seed), None));
        std::thread::scope(|scope| {
            for _ in 0..lanes {
                scope.spawn(|| {
                    let start = next.fetch_add(chunk, Ordering::Relaxed);
                    let cases = chunk.min(round.saturating_sub(start));
                    if cases == 0 {
                        return;
                    }
                    let ran = (programme.run)(Extent { from: from + start, cases }, seed);
                    if let Ok(mut done) = done.lock() {
                        match ran {
                            Ok(tally) => done.0.add(&tally),
                            Err(broken) => done.1 = Some(broken),
                        }
                    }
                });
            }
        });
        let (sum, broken) = done.into_inner().map_err(|_| anyhow::anyhow!("a thread died"))?;
        if let Some(broken) = broken {
            bail!("{broken}\nreproduce: cargo xtask faults --only {} --seed {seed} --case N", programme.name);
        }
        outcome.merge(&sum);
        outcome.cases += round;
        outcome.seconds += now().duration_since(began).as_secs_f64();
        from += round;
        keep(outcome)?;
    }
    Ok(())
}
