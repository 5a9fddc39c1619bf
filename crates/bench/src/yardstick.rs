//! What this disk can do at all: one sync after the other, and the barest durable log under the same load.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use divisi_store_sqlite::{BareLog, BareStep};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::means::Means;
use crate::statistics::{median, number};

/// Bytes written before each sync.
const SYNC_BYTES: usize = 4_096;
/// The file is this many blocks long before it is measured: growing it would be measured too.
const SYNC_BLOCKS: usize = 256;
/// Steps that may wait for the bare writer.
const QUEUE_STEPS_MAX: usize = 4_096;
/// Steps of one transaction of the bare loop, as in the store.
const GROUP_STEPS_MAX: usize = 512;

/// How long writing 4 KiB and syncing them takes: the median of `count`.
pub(crate) fn sync_time(means: &Means, count: usize) -> Result<Duration, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let times = sync_times(means, &folder.path().join("sync"), count);
    let times = times.map_err(BenchError::system("syncing a file"))?;
    let none = || BenchError::Invalid("no sync was measured".to_owned());
    median(&times).map(Duration::from_secs_f64).ok_or_else(none)
}

fn sync_times(means: &Means, path: &Path, count: usize) -> std::io::Result<Vec<f64>> {
    let mut file = File::create_new(path)?;
    let block = [0x5a; SYNC_BYTES];
    for _ in 0..SYNC_BLOCKS {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    let mut times = Vec::with_capacity(count);
    for turn in 0..count {
        file.seek(SeekFrom::Start((turn % SYNC_BLOCKS * SYNC_BYTES) as u64))?;
        let (done, time) = means.timed(|| file.write_all(&block).and_then(|()| file.sync_data()));
        done?;
        times.push(time.as_secs_f64());
    }
    Ok(times)
}

/// The load of a bare loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BareLoad {
    /// Tasks in all.
    pub(crate) tasks: usize,
    /// Tasks under way at once.
    pub(crate) at_once: usize,
    /// Durable steps of each, one after the other.
    pub(crate) steps: usize,
    /// Bytes of a step.
    pub(crate) bytes: usize,
}

/// Runs the load through one writer with group commit; how long it took.
pub(crate) async fn bare_loop(means: &Means, load: BareLoad) -> Result<Duration, BenchError> {
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    let log = BareLog::create(&folder.path().join("bare.db"))?;
    let (jobs, queue) = sync_channel(QUEUE_STEPS_MAX);
    let writer = std::thread::Builder::new()
        .name("bare-writer".into())
        .spawn(move || write(log, &queue))
        .map_err(BenchError::system("starting the bare writer"))?;
    let begun = (means.watch)();
    let mut running = JoinSet::new();
    for lane in 0..load.at_once {
        let tasks = (load.tasks + load.at_once - 1 - lane) / load.at_once;
        running.spawn(walk(jobs.clone(), lane, tasks, load));
    }
    drop(jobs);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    let took = (means.watch)().saturating_sub(begun);
    let panicked = |_| BenchError::Invalid("the bare writer panicked".to_owned());
    let written = writer.join().map_err(panicked)??;
    let expected = number(load.tasks * load.steps);
    if (number(written) - expected).abs() > 0.5 {
        return Err(BenchError::Invalid(format!(
            "the bare loop wrote {written} steps instead of {expected}"
        )));
    }
    Ok(took)
}

type Job = (BareStep, oneshot::Sender<()>);

/// One after the other: `tasks` tasks of `load.steps` steps.
async fn walk(jobs: SyncSender<Job>, lane: usize, tasks: usize, load: BareLoad) -> Result<(), BenchError> {
    let lost = || BenchError::Invalid("the bare writer stopped".to_owned());
    let stream = u32::try_from(lane).unwrap_or(u32::MAX);
    let body: Arc<[u8]> = vec![0x5a; load.bytes].into();
    for seq in 0..tasks * load.steps {
        let (done, durable) = oneshot::channel();
        let seq = u32::try_from(seq).unwrap_or(u32::MAX);
        let step = BareStep { stream, seq, body: body.to_vec() };
        jobs.send((step, done)).map_err(|_| lost())?;
        durable.await.map_err(|_| lost())?;
    }
    Ok(())
}

/// Takes all that waits, commits it with one sync, answers. Gives the number of steps that lie in the log.
fn write(mut log: BareLog, queue: &Receiver<Job>) -> Result<u64, BenchError> {
    while let Ok(first) = queue.recv() {
        let (mut steps, mut waiting) = (vec![first.0], vec![first.1]);
        while steps.len() < GROUP_STEPS_MAX
            && let Ok((step, done)) = queue.try_recv()
        {
            steps.push(step);
            waiting.push(done);
        }
        log.append(&steps)?;
        for done in waiting {
            let _ = done.send(());
        }
    }
    Ok(log.steps()?)
}
