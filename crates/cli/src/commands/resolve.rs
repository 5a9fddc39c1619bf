use divisi_client::Client;
use divisi_domain::id::TaskId;

use crate::args::TaskRef;
use crate::failure::Failure;

/// The task that a person means.
pub(crate) async fn resolve(client: &Client, task: TaskRef) -> Result<TaskId, Failure> {
    match task {
        TaskRef::Id(id) => Ok(id),
        TaskRef::Last => {
            let newest = client.list("limit=1").await?;
            newest.tasks.first().map(|task| task.task_id).ok_or_else(none)
        }
    }
}

pub(crate) fn none() -> Failure {
    Failure::NotFound("There is no task yet. `divisi run` begins.".to_owned())
}
