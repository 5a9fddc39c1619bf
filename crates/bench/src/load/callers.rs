//! Callers: each submits a task, waits for its end, and submits the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use divisi_domain::id::TaskId;
use divisi_domain::task::Stage;
use divisi_engine::driver::{LiveMessage, Subscription};
use tokio::task::JoinSet;

use super::plant::{Plant, key};
use crate::error::BenchError;
use crate::means::Means;
use crate::process;

/// What a load came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Driven {
    /// From the first submission to the last end.
    pub(crate) took: Duration,
    /// From the submission to the end of each task, in seconds.
    pub(crate) latencies: Vec<f64>,
    /// Processor time of the store's writer, where the system tells.
    pub(crate) writer: Option<Duration>,
    /// Processor time of this process, where the system tells.
    pub(crate) process: Option<Duration>,
}

/// The thread of the store's writer.
const WRITER: &str = "store-writer";

/// Runs `tasks` tasks, `at_once` at a time. Every one of them must complete.
pub(crate) async fn drive(
    means: &Means,
    plant: &Arc<Plant>,
    tasks: usize,
    at_once: usize,
) -> Result<Driven, BenchError> {
    let (writer, process) = (process::thread_time(WRITER), process::processor_time());
    let next = Arc::new(AtomicUsize::new(0));
    let begun = (means.watch)();
    let mut callers = JoinSet::new();
    for _ in 0..at_once.min(tasks) {
        let caller = (means.clone(), Arc::clone(plant), Arc::clone(&next));
        callers.spawn(async move {
            let (means, plant, next) = caller;
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tasks {
                    return Ok::<_, BenchError>(latencies);
                }
                let begun = (means.watch)();
                one(&plant, number).await?;
                latencies.push((means.watch)().saturating_sub(begun).as_secs_f64());
            }
        });
    }
    let mut latencies = Vec::with_capacity(tasks);
    while let Some(ended) = callers.join_next().await {
        latencies.extend(ended??);
    }
    let took = (means.watch)().saturating_sub(begun);
    let since = |before: Option<Duration>, now: Option<Duration>| Some(now?.saturating_sub(before?));
    Ok(Driven {
        took,
        latencies,
        writer: since(writer, process::thread_time(WRITER)),
        process: since(process, process::processor_time()),
    })
}

/// One task, from its submission to its end.
pub(crate) async fn one(plant: &Plant, number: usize) -> Result<TaskId, BenchError> {
    let task = plant.task(number);
    let heard = plant.handle.subscribe(key(task.id), 0);
    let id = plant.handle.submit(task).await?;
    ended(id, heard).await
}

/// Waits for the end of a task, which must be completed.
pub(crate) async fn ended(id: TaskId, mut heard: Subscription) -> Result<TaskId, BenchError> {
    while let Some(message) = heard.next().await? {
        if let LiveMessage::State(state) = message
            && state.is_terminal()
        {
            let done = state.stage == Stage::Completed;
            let failed = || BenchError::Invalid(format!("task {id} ended as {:?}", state.stage));
            return done.then_some(id).ok_or_else(failed);
        }
    }
    Err(BenchError::Invalid(format!("the engine stopped before task {id} ended")))
}
