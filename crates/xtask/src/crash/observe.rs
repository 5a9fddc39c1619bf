//! What a dead process left: read beside everything else, without changing anything.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::task::effects;
use divisi_engine::core::TaskKey;
use divisi_engine::driver::read_state;
use divisi_store::Reads;
use divisi_store_sqlite::{DataFolder, SqliteReader};

use super::witness::Attempt;

/// Tasks read at most.
const OPEN_TASKS_MAX: usize = 10_000;

/// After a death: attempts that have started and have no outcome. Fails where an acknowledged task is gone.
pub(super) fn cut_off(
    folder: &DataFolder,
    workspace: WorkspaceId,
    acknowledged: &BTreeSet<TaskId>,
) -> anyhow::Result<BTreeSet<Attempt>> {
    let reads = SqliteReader::open(folder, 1)?;
    for task in acknowledged {
        ensure!(reads.task(workspace, *task)?.is_some(), "{task} was acknowledged and is lost");
    }
    let mut cut = BTreeSet::new();
    for open in reads.open_tasks(None, OPEN_TASKS_MAX)? {
        let key = TaskKey::new(open.workspace, open.task);
        let (task, _) =
            read_state(&reads, key)?.with_context(|| format!("{} has a row and no log", open.task))?;
        let flying = effects(&task, task.updated_at).in_flight;
        cut.extend(flying.into_iter().map(|(path, attempt)| (format!("{}/{path}", open.task), attempt)));
    }
    Ok(cut)
}

/// Of these tasks, those that are there.
pub(super) fn known(
    folder: &DataFolder,
    workspace: WorkspaceId,
    tasks: &BTreeSet<TaskId>,
) -> anyhow::Result<usize> {
    let reads = SqliteReader::open(folder, 1)?;
    let mut known = 0;
    for task in tasks {
        known += usize::from(reads.task(workspace, *task)?.is_some());
    }
    Ok(known)
}
