//! Whole tasks a second, held against a bare loop with the same number of durable steps, in turns with it.

use std::sync::Arc;
use std::time::Duration;

use divisi_store_sqlite::Space;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Driven, Plant, Setup, drive, reader};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::{median, number};
use crate::yardstick::{BareLoad, bare_loop, sync_time};

/// What a lone task may take beyond its syncs, in milliseconds.
const LONE_MILLIS_MAX: f64 = 2.0;

/// A load with its goals.
pub(super) struct Load {
    at_once: usize,
    /// Tasks of one round by scale.
    tasks: [usize; 3],
    per_second: f64,
    /// Share of the bare loop's rate.
    share: Option<f64>,
}

pub(super) const ONE: Load = Load { at_once: 1, tasks: [5, 300, 1_000], per_second: 300.0, share: None };
pub(super) const SIXTY_FOUR: Load =
    Load { at_once: 64, tasks: [80, 3_000, 10_000], per_second: 3_500.0, share: Some(0.25) };
pub(super) const THOUSAND: Load =
    Load { at_once: 1_000, tasks: [100, 5_000, 20_000], per_second: 3_500.0, share: None };

/// What the rounds gave.
struct Rounds {
    driven: Vec<Driven>,
    bare: Vec<f64>,
    steps: usize,
}

pub(super) async fn run(means: &Means, scale: Scale, load: &Load) -> Result<Vec<Figure>, BenchError> {
    let tasks = scale.pick(load.tasks[0], load.tasks[1], load.tasks[2]);
    let mut rounds = Rounds { driven: Vec::new(), bare: Vec::new(), steps: 0 };
    for _ in 0..scale.rounds() {
        let (driven, space) = engine_round(means, load, tasks).await?;
        let steps = usize::try_from(space.records).unwrap_or(usize::MAX).div_ceil(tasks);
        let bytes = usize::try_from(space.record_bytes / space.records.max(1)).unwrap_or(usize::MAX);
        let bare = bare_loop(means, BareLoad { tasks, at_once: load.at_once, steps, bytes }).await?;
        rounds.driven.push(driven);
        rounds.bare.push(number(tasks) / bare.as_secs_f64());
        rounds.steps = steps;
    }
    let mut figures = figures(load, tasks, &rounds);
    if load.at_once == 1 {
        figures.push(lone(means, scale, &rounds)?);
    }
    Ok(figures)
}

/// The time of a task that is alone, held against its syncs.
fn lone(means: &Means, scale: Scale, rounds: &Rounds) -> Result<Figure, BenchError> {
    let sync = sync_time(means, scale.pick(20, 500, 500))?.as_secs_f64() * 1e3;
    let latencies: Vec<f64> =
        rounds.driven.iter().flat_map(|driven| driven.latencies.iter().copied()).collect();
    let own = median(&latencies).unwrap_or_default() * 1e3;
    let syncs = sync * number(rounds.steps);
    let note =
        format!("its {} commits follow one another; a sync took {sync:.3} ms in this process", rounds.steps);
    Ok(Figure::of("a lone task, p50", Unit::Millis, own)
        .at_most(syncs + LONE_MILLIS_MAX)
        .beside("its commits × one sync", syncs)
        .note(note))
}

async fn engine_round(means: &Means, load: &Load, tasks: usize) -> Result<(Driven, Space), BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let plant = Arc::new(Plant::start(means, folder.path(), Setup::default())?);
    // The first tasks make the folder's workspace, prepare statements and fill caches.
    drive(means, &plant, load.at_once.min(64), load.at_once.min(64)).await?;
    let before = reader(folder.path())?.space()?;
    let driven = drive(means, &plant, tasks, load.at_once).await?;
    let after = reader(folder.path())?.space()?;
    Plant::whole(plant)?.stop().await?;
    let space = Space {
        records: after.records - before.records,
        record_bytes: after.record_bytes - before.record_bytes,
        ..after
    };
    Ok((driven, space))
}

fn figures(load: &Load, tasks: usize, rounds: &Rounds) -> Vec<Figure> {
    let at_once = load.at_once;
    let rates: Vec<f64> =
        rounds.driven.iter().map(|driven| number(tasks) / driven.took.as_secs_f64()).collect();
    let rate = median(&rates).unwrap_or_default();
    let bare = median(&rounds.bare).unwrap_or_default();
    let steps = rounds.steps;
    let mut figures = vec![
        Figure::of(format!("tasks, {at_once} at once"), Unit::PerSecond, rate)
            .at_least(load.per_second)
            .beside("the bare loop", bare)
            .note(format!("{steps} durable steps a task, {tasks} tasks a round")),
    ];
    if let Some(share) = load.share.filter(|_| bare > 0.0) {
        let label = format!("share of the bare loop, {at_once} at once");
        figures.push(Figure::of(label, Unit::Times, rate / bare).at_least(share));
    }
    let per_task = |of: fn(&Driven) -> Option<Duration>| {
        let times: Option<Vec<f64>> =
            rounds.driven.iter().map(|one| of(one).map(|time| time.as_secs_f64())).collect();
        times.as_deref().and_then(median).map(|seconds| seconds * 1_000.0 / number(tasks))
    };
    let why = "this system does not tell the processor time of threads";
    let writer = per_task(|driven| driven.writer);
    let process = per_task(|driven| driven.process);
    let label = |who: &str| format!("processor time a task, {who}, {at_once} at once");
    figures.push(Figure::maybe(&label("writer thread"), Unit::Millis, writer, why).at_most(0.2));
    figures.push(
        Figure::maybe(&label("whole process"), Unit::Millis, process, why)
            .at_most(0.5)
            .note("callers included"),
    );
    figures
}
