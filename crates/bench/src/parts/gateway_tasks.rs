//! 1,000 tasks at once whose calls take 100 ms over a real socket.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use divisi_store::Reads;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, WORKSPACE, reader};
use crate::means::Means;
use crate::scale::Scale;
use crate::statistics::{median, number};
use crate::wire::Wire;

/// Calls of a task: analysis, selection, plan; three times work and review; coordination, report, last review.
const CALLS: usize = 12;
/// Calls in flight: few, where the provider is what is waited for; as many as anybody allows.
const FEW: usize = 100;
const MANY: usize = 4_000;

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let tasks = scale.pick(5, 1_000, 1_000);
    let latency = Duration::from_millis(if scale == Scale::Quick { 5 } else { 100 });
    let wire = Arc::new(Wire::start(means, latency).await?);
    let few = all(means, &wire, tasks, FEW).await?;
    let ideal = latency.as_secs_f64() * number(tasks * CALLS) / number(FEW.min(tasks * 3));
    // As many bytes as the prompts of the tasks had, over connections that stand: nobody pays for opening them.
    let body = wire.as_long_as_sent();
    bare(means, &wire, &body, tasks).await?;
    let (mut many, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds() {
        many.push(all(means, &wire, tasks, MANY).await?);
        beside.push(bare(means, &wire, &body, tasks).await?);
    }
    let many = median(&many).unwrap_or_default();
    let bare = median(&beside).unwrap_or_default();
    let ms = latency.as_millis();
    Ok(vec![
        Figure::of(
            format!("{tasks} tasks over the wire, {ms} ms a call, {FEW} in flight, ÷ ideal"),
            Unit::Times,
            few / ideal,
        )
        .at_most(1.15)
        .note(format!("{few:.2} s; {} calls of {ms} ms, {FEW} at a time, take {ideal:.2} s", tasks * CALLS)),
        Figure::of(
            format!("{tasks} tasks over the wire, {ms} ms a call, {MANY} in flight, ÷ bare client"),
            Unit::Times,
            many / bare,
        )
        .at_most(1.3)
        .note(format!(
            "{many:.2} s; the bare client makes the same calls in the same order, {:.1} kB each, in {bare:.2} s",
            number(body.len()) / 1_000.0
        )),
    ])
}

/// Seconds from the first submission to the last end. Nobody listens, as to most tasks of a long queue.
async fn all(means: &Means, wire: &Arc<Wire>, tasks: usize, calls_max: usize) -> Result<f64, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let setup = Setup { calls_max, over: Some(Arc::clone(wire)), ..Setup::default() };
    let plant = Arc::new(Plant::start(means, folder.path(), setup)?);
    let mut waiting = JoinSet::new();
    let begun = (means.watch)();
    for number in 0..tasks {
        let plant = Arc::clone(&plant);
        waiting.spawn(async move { plant.handle.submit(plant.task(number)).await });
    }
    let mut submitted = Vec::with_capacity(tasks);
    while let Some(id) = waiting.join_next().await {
        submitted.push(id??);
    }
    plant.handle.idle().await;
    let took = (means.watch)().saturating_sub(begun);
    Plant::whole(plant)?.stop().await?;
    let reads = reader(folder.path())?;
    for id in submitted {
        let completed = reads.task(WORKSPACE, id)?.is_some_and(|row| row.completion.is_some());
        if !completed {
            return Err(BenchError::Invalid(format!("task {id} did not complete")));
        }
    }
    Ok(took.as_secs_f64())
}

/// Seconds of a client that makes the calls of the tasks, each when those before it in its task are over.
async fn bare(means: &Means, wire: &Arc<Wire>, body: &Bytes, tasks: usize) -> Result<f64, BenchError> {
    let room = Arc::new(Semaphore::new(MANY));
    let begun = (means.watch)();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let (wire, room, body) = (Arc::clone(wire), Arc::clone(&room), body.clone());
        running.spawn(async move {
            let call = async || {
                let _permit = room.acquire().await;
                wire.bare(body.clone(), || ()).await
            };
            for _ in 0..3 {
                call().await?;
            }
            let subtask = async || {
                call().await?;
                call().await
            };
            futures::try_join!(subtask(), subtask(), subtask())?;
            for _ in 0..3 {
                call().await?;
            }
            Ok::<_, BenchError>(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok((means.watch)().saturating_sub(begun).as_secs_f64())
}
