//! 1,000 tasks at once that wait for their models, not for us.

use std::sync::Arc;

use divisi_domain::time::Millis;
use divisi_providers::scripted::Script;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, ended, key};
use crate::means::Means;
use crate::scale::Scale;

/// Calls of a task that wait for one another: analysis, selection, plan, work, review, coordination, report, review.
const CALLS_IN_LINE: u32 = 8;
/// Calls allowed in flight.
const CALLS_MAX: usize = 4_000;

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let tasks = scale.pick(20, 1_000, 1_000);
    let call = Millis(if scale == Scale::Quick { 5 } else { 100 });
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let script = Script { latency_millis: call.0, ..Script::default() };
    let setup = Setup { script, calls_max: CALLS_MAX, ..Setup::default() };
    let plant = Arc::new(Plant::start(means, folder.path(), setup)?);
    let mut waiting = JoinSet::new();
    for number in 0..tasks {
        let plant = Arc::clone(&plant);
        waiting.spawn(async move {
            let task = plant.task(number);
            let heard = plant.handle.subscribe(key(task.id), 0);
            let id = plant.handle.submit(task).await?;
            Ok::<_, BenchError>((id, heard))
        });
    }
    let mut ends = JoinSet::new();
    while let Some(accepted) = waiting.join_next().await {
        let (id, heard) = accepted??;
        ends.spawn(ended(id, heard));
    }
    let last_accepted = (means.watch)();
    while let Some(end) = ends.join_next().await {
        end??;
    }
    let took = (means.watch)().saturating_sub(last_accepted);
    Plant::whole(plant)?.stop().await?;
    let path = std::time::Duration::from(call) * CALLS_IN_LINE;
    let label = format!("{tasks} tasks at once, calls of {} ms, ÷ their critical path", call.0);
    let times = took.as_secs_f64() / path.as_secs_f64();
    let note = format!(
        "{:.0} ms from the last acceptance to the last end; {CALLS_IN_LINE} calls in line take {:.0} ms",
        took.as_secs_f64() * 1e3,
        path.as_secs_f64() * 1e3,
    );
    Ok(vec![Figure::of(label, Unit::Times, times).at_most(1.15).note(note)])
}
