//! A start after a crash, with work left over.

use std::sync::Arc;

use divisi_domain::model_step::Purpose;
use divisi_providers::scripted::{Answer, Rule, Script};
use divisi_store::{Reads, TaskQuery};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::load::{Plant, Setup, WORKSPACE, key, reader};
use crate::means::Means;
use crate::scale::Scale;

/// Submissions under way at once while the folder is filled.
const SUBMITTING_MAX: usize = 64;

pub(super) async fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let tasks = scale.pick(50, 10_000, 10_000);
    let folder = tempfile::tempdir_in(&means.scratch).map_err(BenchError::system("making a folder"))?;
    leave_unfinished(means, folder.path(), tasks).await?;
    let (plant, took) = means.timed(|| Plant::start(means, folder.path(), stuck(tasks)));
    plant?.kill().await?;
    let reads = reader(folder.path())?;
    let open = reads.tasks(WORKSPACE, &TaskQuery { limit: 1, ..Default::default() })?;
    if usize::try_from(open.total).unwrap_or(0) < tasks.min(1_000) {
        return Err(BenchError::Invalid(format!("only {} of {tasks} tasks were left", open.total)));
    }
    let label = format!("start over {tasks} unfinished tasks");
    let note =
        "opened, read back, decided on and committing; each was killed with its three subtasks under way";
    Ok(vec![Figure::of(label, Unit::Seconds, took.as_secs_f64()).at_most(2.0).note(note)])
}

/// No subtask is ever answered.
fn stuck(tasks: usize) -> Setup {
    let never = Rule { purpose: Some(Purpose::Work), answer: Answer::Never, ..Rule::default() };
    let script = Script { rules: vec![never], ..Script::default() };
    Setup { script, tasks_max: tasks, calls_max: tasks * 3, ..Setup::default() }
}

async fn leave_unfinished(means: &Means, root: &std::path::Path, tasks: usize) -> Result<(), BenchError> {
    let plant = Arc::new(Plant::start(means, root, stuck(tasks))?);
    let mut working = JoinSet::new();
    for number in 0..tasks {
        if working.len() >= SUBMITTING_MAX
            && let Some(ended) = working.join_next().await
        {
            ended??;
        }
        working.spawn(until_working(Arc::clone(&plant), number));
    }
    while let Some(ended) = working.join_next().await {
        ended??;
    }
    Plant::whole(plant)?.kill().await
}

/// Submits a task and waits until its subtasks are under way.
async fn until_working(plant: Arc<Plant>, number: usize) -> Result<(), BenchError> {
    let task = plant.task(number);
    let mut heard = plant.handle.subscribe(key(task.id), 0);
    let id = plant.handle.submit(task).await?;
    while let Some(message) = heard.next().await? {
        if let divisi_engine::driver::LiveMessage::State(state) = message
            && state.flying.len() == 3
        {
            return Ok(());
        }
    }
    Err(BenchError::Invalid(format!("the engine stopped before task {id} was under way")))
}
