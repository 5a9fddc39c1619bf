//! `cargo xtask sim`: simulated histories of the whole engine, many at once, and the bugs that they must catch.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::faults::{Outcome, Shard};
use crate::report::{build, now, say, write_result};
use anyhow::{Context, bail};
use clap::Args;
use divisi_engine::core::Planted;
use divisi_testkit::sim::{
    GATEWAY_SOMETIMES, Injection, Options as World, Summary, Violation, run as history,
};

/// Histories within which every planted bug must have been caught.
const PLANTED_SEEDS_MAX: u64 = 400;
/// With fewer histories nothing is said about what they did not come to.
const JUDGED_SEEDS_MIN: u64 = 1_000;
/// Seeds of a shard after which its result is kept.
const BLOCK_SEEDS: u64 = 1_000;

/// What to simulate.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed alone, as a violation prints it.
    #[arg(long)]
    seed: Option<u64>,
    /// Seeds that are run twice: their traces must be equal.
    #[arg(long, default_value_t = 20)]
    twice: u64,
    /// Histories of the gateway alone: three services with bad weather and tight limits, every call watched.
    #[arg(long)]
    gateway: bool,
    /// Leave the planted bugs out.
    #[arg(long)]
    without_planted: bool,
    /// A part of the seeds, for example 2/8; its result is kept, adds up, and is gone on with when it was interrupted.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Forget the result of an earlier run of this shard.
    #[arg(long, requires = "shard")]
    afresh: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if let Some(seed) = options.seed {
        return Ok(one(options, seed));
    }
    if let Some(shard) = options.shard {
        return part(options, shard);
    }
    let started = now();
    let world = options.world();
    let summary = campaign(options.from, options.seeds, world)?;
    let seconds = now().duration_since(started).as_secs_f64();
    print(&summary, seconds);
    twice(options.from..options.from + options.twice.min(options.seeds), world)?;
    judge(&summary, options.gateway)?;
    if !options.without_planted {
        planted(options.gateway)?;
    }
    write(&summary, seconds, options.gateway)?;
    Ok(ExitCode::SUCCESS)
}

/// Every second history is a harsh one.
fn whole(seed: u64) -> World {
    World { harsh: seed % 2 == 1, ..World::default() }
}

/// More tasks, which all want the same three services.
fn gateway(_: u64) -> World {
    World { gateway: true, tasks: 5, ..World::default() }
}

/// What the history of a seed is made of.
type Made = fn(u64) -> World;

impl Options {
    const fn world(&self) -> Made {
        if self.gateway { gateway } else { whole }
    }
}

/// The same seeds give the same traces.
fn twice(seeds: std::ops::Range<u64>, world: Made) -> anyhow::Result<()> {
    for seed in seeds {
        let (first, second) = (history(seed, &world(seed))?, history(seed, &world(seed))?);
        if first.trace != second.trace {
            bail!("seed {seed} gave two traces: something in the engine depends on more than its inputs");
        }
    }
    Ok(())
}

/// Nothing is known of what never happened.
fn judge(summary: &Summary, gateway: bool) -> anyhow::Result<()> {
    if summary.seeds < JUDGED_SEEDS_MIN {
        return Ok(());
    }
    if gateway {
        let never: Vec<&str> =
            GATEWAY_SOMETIMES.into_iter().filter(|what| !summary.reached.contains(*what)).collect();
        if !never.is_empty() {
            bail!("no history of the gateway came to this: {never:?}");
        }
        return Ok(());
    }
    let never = summary.never_injected();
    if !never.is_empty() {
        bail!("these faults never happened, so nothing is known about them: {never:?}");
    }
    let never = summary.never_reached();
    if !never.is_empty() {
        bail!("no history came to this: {never:?}");
    }
    Ok(())
}

/// A shard, block by block.
fn part(options: &Options, shard: Shard) -> anyhow::Result<ExitCode> {
    let path = shard.path("sim")?;
    let extent = shard.of(options.seeds);
    let from = options.from + extent.from;
    let mut outcome = Outcome::begun(&path, options.seeds, options.afresh, build()?)?;
    while outcome.cases < extent.cases {
        let started = now();
        let seeds = BLOCK_SEEDS.min(extent.cases - outcome.cases);
        let first = from + outcome.cases;
        let summary = campaign(first, seeds, options.world())?;
        let again = seeds * options.twice / options.seeds.max(1);
        twice(first..first + again, options.world())?;
        outcome.merge(&counted(&summary, again));
        outcome.cases += seeds;
        outcome.seconds += now().duration_since(started).as_secs_f64();
        outcome.write(&path)?;
        say(&format!(
            "{} of {} seeds; {:.0} a second",
            outcome.cases,
            extent.cases,
            rate(outcome.cases, outcome.seconds)
        ));
    }
    for kind in Injection::ALL.into_iter().chain(Injection::HARSH) {
        if outcome.injected.get(&format!("{kind:?}")).is_none_or(|times| *times == 0) {
            bail!("{kind:?} never happened in this shard");
        }
    }
    say(&format!("{outcome:#?}"));
    Ok(ExitCode::SUCCESS)
}

fn counted(summary: &Summary, again: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let name = |(kind, times): (&Injection, &u64)| (format!("{kind:?}"), *times);
    outcome.injected = summary.injections.iter().map(name).collect();
    let seen = [
        ("tasks acknowledged", summary.acknowledged),
        ("completed", summary.completed),
        ("failed", summary.failed),
        ("cancelled", summary.cancelled),
        ("attempts", summary.attempts),
        ("events", summary.events),
        ("seeds run twice with one trace", again),
    ];
    outcome.seen = seen.into_iter().map(|(what, times)| (what.to_owned(), times)).collect();
    outcome
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(seeds: u64, seconds: f64) -> f64 {
    seeds as f64 / seconds.max(0.001)
}

fn one(options: &Options, seed: u64) -> ExitCode {
    match history(seed, &options.world()(seed)) {
        Ok(summary) => {
            say(&format!("seed {seed} keeps every promise; trace {:016x}\n{summary:#?}", summary.trace));
            ExitCode::SUCCESS
        }
        Err(violation) => {
            say(&violation.to_string());
            ExitCode::FAILURE
        }
    }
}

/// All seeds, on every core.
fn campaign(from: u64, seeds: u64, world: Made) -> anyhow::Result<Summary> {
    let next = AtomicU64::new(from);
    let sum = Mutex::new(Summary::default());
    let broken: Mutex<Option<Violation>> = Mutex::new(None);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from + seeds || broken.lock().is_ok_and(|broken| broken.is_some()) {
                return;
            }
            match history(seed, &world(seed)) {
                Ok(summary) => drop(sum.lock().map(|mut sum| sum.add(&summary))),
                Err(violation) => drop(broken.lock().map(|mut broken| *broken = Some(violation))),
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    if let Some(violation) = broken.into_inner().ok().flatten() {
        bail!("{violation}");
    }
    sum.into_inner().ok().context("a thread of the simulation died")
}

/// Every planted bug must be caught, or the oracles are blind.
fn planted(gateway: bool) -> anyhow::Result<()> {
    let (bugs, base) = if gateway {
        (Planted::GATEWAY.as_slice(), self::gateway(0))
    } else {
        (Planted::ALL.as_slice(), World::default())
    };
    for bug in bugs.iter().copied() {
        let caught = (0..PLANTED_SEEDS_MAX).find_map(|seed| {
            let world = World { planted: Some(bug), ..base.clone() };
            history(seed, &world).err().map(|violation| (seed, violation))
        });
        match caught {
            Some((seed, violation)) => {
                say(&format!("planted {bug:?}: caught by seed {seed}: {}", violation.what));
            }
            None => bail!("the planted bug {bug:?} was not caught by {PLANTED_SEEDS_MAX} histories"),
        }
    }
    Ok(())
}

fn print(summary: &Summary, seconds: f64) {
    let rate = rate(summary.seeds, seconds);
    say(&format!(
        "{} histories in {seconds:.1} s ({rate:.0} a second): {} tasks acknowledged, {} completed, {} failed, {} cancelled; {} attempts, {} events; trace {:016x}",
        summary.seeds,
        summary.acknowledged,
        summary.completed,
        summary.failed,
        summary.cancelled,
        summary.attempts,
        summary.events,
        summary.trace,
    ));
    for kind in Injection::ALL.into_iter().chain(Injection::HARSH) {
        let count = summary.injections.get(&kind).copied().unwrap_or(0);
        say(&format!("  {count:>8}  {kind:?}"));
    }
    let reached: Vec<&str> = summary.reached.iter().map(String::as_str).collect();
    say(&format!("  reached: {}", reached.join(", ")));
}

fn write(summary: &Summary, seconds: f64, gateway: bool) -> anyhow::Result<()> {
    let injections: serde_json::Map<String, serde_json::Value> =
        summary.injections.iter().map(|(kind, count)| (format!("{kind:?}"), (*count).into())).collect();
    let result = serde_json::json!({
        "programme": if gateway { "sim --gateway" } else { "sim" },
        "seeds": summary.seeds,
        "seconds": seconds,
        "acknowledged": summary.acknowledged,
        "completed": summary.completed,
        "failed": summary.failed,
        "cancelled": summary.cancelled,
        "attempts": summary.attempts,
        "events": summary.events,
        "injections": injections,
        "verdict": "ok",
    });
    write_result(if gateway { "sim-gateway.json" } else { "sim.json" }, &result)
}
