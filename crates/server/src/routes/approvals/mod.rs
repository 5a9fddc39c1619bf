pub(crate) mod decide;
pub(crate) mod list;
pub(crate) mod show;

use divisi_api::Code;
use divisi_domain::id::TaskId;

use crate::problem::Failure;

/// The task and the number of an approval: `task_….N`.
fn parse(id: &str) -> Result<(TaskId, u32), Failure> {
    let parts =
        id.rsplit_once('.').and_then(|(task, number)| Some((task.parse().ok()?, number.parse().ok()?)));
    parts.ok_or_else(|| not_there(id))
}

fn not_there(id: &str) -> Failure {
    let shown: String = id.chars().take(100).collect();
    Failure::new(
        Code::NotFound,
        format!("There is no approval '{shown}'. Ids are a task's id, a point and a number."),
    )
}
