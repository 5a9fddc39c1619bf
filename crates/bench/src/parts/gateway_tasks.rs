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
use crate::process::processor_time;
use crate::scale::Scale;
use crate::statistics::{median, number, percentile};
use crate::wire::Wire;

/// Calls of a task: analysis, selection, plan; three times work and review; coordination, report, last review.
const CALLS: usize = 12;
/// Calls in flight: few, where the provider is what is waited for; as many as anybody allows.
const FEW: usize = 100;
const MANY: usize = 4_000;

/// How much longer the calls of a slower model take: what they wait for hides what they cost.
const SLOWER: u32 = 5;

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let tasks = scale.pick(5, 1_000, 1_000);
    let latency = Duration::from_millis(if scale == Scale::Quick { 5 } else { 100 });
    let wire = Arc::new(Wire::start(means, latency).await?);
    let few = few_at_a_time(means, &wire, tasks, latency).await?;
    // As many bytes as the prompts of the tasks had, over connections that stand: nobody pays for opening them.
    let body = wire.as_long_as_sent();
    let fast = in_turns(means, &wire, &body, tasks, scale.rounds()).await?;
    drop(wire);
    let wire = Arc::new(Wire::start(means, latency * SLOWER).await?);
    let slow = in_turns(means, &wire, &body, tasks, 1).await?;
    let label = |latency: Duration| {
        let ms = latency.as_millis();
        format!("{tasks} tasks over the wire, {ms} ms a call, {MANY} in flight, ÷ bare client")
    };
    Ok(vec![
        few,
        fast.ratio(label(latency), body.len()).at_most(1.3),
        fast.processor(number(tasks * CALLS)),
        slow.ratio(label(latency * SLOWER), body.len()),
    ])
}

/// Tasks whose calls wait for one another.
async fn few_at_a_time(
    means: &Means,
    wire: &Arc<Wire>,
    tasks: usize,
    latency: Duration,
) -> Result<Figure, BenchError> {
    let took = all(means, wire, tasks, FEW).await?.seconds;
    let (calls, ms) = (tasks * CALLS, latency.as_millis());
    let ideal = latency.as_secs_f64() * number(calls) / number(FEW.min(tasks * 3));
    let label = format!("{tasks} tasks over the wire, {ms} ms a call, {FEW} in flight, ÷ ideal");
    let note = format!("{took:.2} s; {calls} calls of {ms} ms, {FEW} at a time, take {ideal:.2} s");
    Ok(Figure::of(label, Unit::Times, took / ideal).at_most(1.15).note(note))
}

/// Tasks and a bare client in turns, once the connections stand.
async fn in_turns(
    means: &Means,
    wire: &Arc<Wire>,
    body: &Bytes,
    tasks: usize,
    rounds: usize,
) -> Result<Compared, BenchError> {
    bare(means, wire, body, tasks).await?;
    let mut compared = Compared::default();
    for _ in 0..rounds {
        compared.many.push(all(means, wire, tasks, MANY).await?);
        compared.bare.push(bare(means, wire, body, tasks).await?);
    }
    Ok(compared)
}

/// Both sides of the comparison. Of their rounds the fastest counts: others on the machine only ever add to what the work
/// takes, and many times as much to tasks that keep the processors busy as to a client that waits most of its time.
#[derive(Default)]
struct Compared {
    many: Vec<Took>,
    bare: Vec<Took>,
}

impl Compared {
    fn ratio(&self, label: String, bytes: usize) -> Figure {
        let seconds = |took: &[Took]| took.iter().map(|took| took.seconds).collect::<Vec<_>>();
        let (many, bare) = (seconds(&self.many), seconds(&self.bare));
        let of = |which: fn(&[f64]) -> Option<f64>| {
            (which(&many).unwrap_or_default(), which(&bare).unwrap_or_default())
        };
        let (fastest, middle) = (of(|seconds| percentile(seconds, 0)), of(median));
        let (own, of_client, kilobytes) = (fastest.0, fastest.1, number(bytes) / 1_000.0);
        let rounds = match many.len() {
            0 | 1 => String::new(),
            rounds => {
                format!(" (the fastest of {rounds} each; by their medians × {:.2})", middle.0 / middle.1)
            }
        };
        Figure::of(label, Unit::Times, own / of_client).note(format!(
            "{own:.2} s; the bare client makes the same calls in the same order, {kilobytes:.1} kB each, in \
             {of_client:.2} s{rounds}"
        ))
    }

    /// What a call costs where waiting costs nothing: that of tasks with all that is recorded for it.
    fn processor(&self, calls: f64) -> Figure {
        let a_call = |took: &[Took], whose: fn(&(f64, f64)) -> f64| {
            let all: Option<Vec<f64>> = took.iter().map(|took| took.processor.as_ref().map(whose)).collect();
            all.as_deref().and_then(median).map(|seconds| seconds * 1e6 / calls)
        };
        let own = |took| a_call(took, |(own, _)| *own);
        let server = a_call(&self.many, |(_, server)| *server).unwrap_or_default();
        let why = "this system does not tell the processor time of processes";
        let figure =
            Figure::maybe("processor time of a call, its task included", Unit::Micros, own(&self.many), why);
        match own(&self.bare) {
            None => figure,
            Some(bare) => figure
                .beside("the bare client", bare)
                .note(format!("the server takes {server:.0} µs more for each, of the same processors")),
        }
    }
}

/// What one side of the comparison took.
struct Took {
    seconds: f64,
    /// Seconds of processors, of this process and of the server.
    processor: Option<(f64, f64)>,
}

/// What both sides have used of the processors so far.
fn used(wire: &Wire) -> Option<(Duration, Duration)> {
    processor_time().zip(wire.server_time())
}

/// What `work` takes, from its first to its last call.
async fn timed(
    means: &Means,
    wire: &Wire,
    work: impl Future<Output = Result<(), BenchError>>,
) -> Result<Took, BenchError> {
    let (used_before, begun) = (used(wire), (means.watch)());
    work.await?;
    let (used_after, ended) = (used(wire), (means.watch)());
    let seconds = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64();
    let processor =
        used_before.zip(used_after).map(|(from, to)| (seconds(from.0, to.0), seconds(from.1, to.1)));
    Ok(Took { seconds: seconds(begun, ended), processor })
}

/// From the first submission to the last end. Nobody listens, as to most tasks of a long queue.
async fn all(means: &Means, wire: &Arc<Wire>, tasks: usize, calls_max: usize) -> Result<Took, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let setup = Setup { calls_max, over: Some(Arc::clone(wire)), ..Setup::default() };
    let plant = Arc::new(Plant::start(means, folder.path(), setup)?);
    let mut submitted = Vec::with_capacity(tasks);
    let took = timed(means, wire, async {
        let mut waiting = JoinSet::new();
        for number in 0..tasks {
            let plant = Arc::clone(&plant);
            waiting.spawn(async move { plant.handle.submit(plant.task(number)).await });
        }
        while let Some(id) = waiting.join_next().await {
            submitted.push(id??);
        }
        plant.handle.idle().await;
        Ok(())
    });
    let took = took.await?;
    Plant::whole(plant)?.stop().await?;
    let reads = reader(folder.path())?;
    for id in submitted {
        let completed = reads.task(WORKSPACE, id)?.is_some_and(|row| row.completion.is_some());
        if !completed {
            return Err(BenchError::Invalid(format!("task {id} did not complete")));
        }
    }
    Ok(took)
}

/// A client that makes the calls of the tasks, each when those before it in its task are over.
async fn bare(means: &Means, wire: &Arc<Wire>, body: &Bytes, tasks: usize) -> Result<Took, BenchError> {
    let room = Arc::new(Semaphore::new(MANY));
    let all = async {
        let mut running = JoinSet::new();
        for _ in 0..tasks {
            running.spawn(as_a_task(Arc::clone(wire), Arc::clone(&room), body.clone()));
        }
        while let Some(ended) = running.join_next().await {
            ended??;
        }
        Ok(())
    };
    timed(means, wire, all).await
}

/// The calls of one task.
async fn as_a_task(wire: Arc<Wire>, room: Arc<Semaphore>, body: Bytes) -> Result<(), BenchError> {
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
    Ok(())
}
