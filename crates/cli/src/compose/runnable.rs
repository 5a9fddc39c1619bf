//! What is left to do in a data folder.

use divisi_domain::id::TaskId;
use divisi_engine::core::TaskKey;
use divisi_engine::driver::{ReadError, read_task};
use divisi_engine::project::wait_name;
use divisi_store::limits::LIST_ROWS_MAX;
use divisi_store::{Reads, StoreError, TaskRow};

/// Whether an unfinished task could go on without a person: it runs, or waits for time, room or a provider.
pub(crate) fn goes_on(row: &TaskRow) -> bool {
    row.open && !row.waiting.is_some_and(|waiting| rests(waiting.kind))
}

fn rests(kind: u8) -> bool {
    matches!(wait_name(kind), "parked" | "approval" | "budget" | "outcome_unknown")
}

/// How many unfinished tasks go on by themselves.
pub(crate) fn runnable(reads: &dyn Reads) -> Result<u64, StoreError> {
    reads.open_count(&resting())
}

fn resting() -> Vec<u8> {
    (0..=u8::MAX).filter(|kind| rests(*kind)).collect()
}

/// What an owner without anything in flight has before it.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Whether a task could go on without a person.
    pub(crate) runnable: bool,
    /// Tasks that could, but cannot be read; with the reason. Only those that were met before a runnable one.
    pub(crate) unreadable: Vec<(TaskId, String)>,
}

/// Looks for a task that could go on.
pub(crate) fn left(reads: &dyn Reads) -> Result<Left, StoreError> {
    let mut left = Left::default();
    if runnable(reads)? == 0 {
        return Ok(left);
    }
    let mut after = None;
    loop {
        let page = reads.open_tasks(after.as_ref(), LIST_ROWS_MAX)?;
        let Some(last) = page.last().copied() else { return Ok(left) };
        for open in page {
            if !reads.task(open.workspace, open.task)?.is_some_and(|row| goes_on(&row)) {
                continue;
            }
            match read_task(reads, TaskKey::new(open.workspace, open.task)) {
                Ok(Some(_)) => return Ok(Left { runnable: true, ..left }),
                Ok(None) => left.unreadable.push((open.task, "its log is empty".to_owned())),
                Err(ReadError::Store(error @ (StoreError::Broken { .. } | StoreError::Closed))) => {
                    return Err(error);
                }
                Err(error) => left.unreadable.push((open.task, error.to_string())),
            }
        }
        after = Some(last);
    }
}

#[cfg(test)]
mod tests {
    use divisi_store::conformance::sample::{Bench, at, task, task_row};
    use divisi_store::{MemoryStore, Waiting};

    use super::*;

    #[test]
    fn what_nobody_can_run_is_not_waited_for() {
        let store = MemoryStore::default();
        let bench = Bench::new(&store);
        let rests = |kind| Some(Waiting { kind, since: at(0) });
        for number in 1..=LIST_ROWS_MAX + 1 {
            let row = TaskRow { waiting: rests(2), priority: 3, ..task_row(u32::try_from(number).unwrap()) };
            bench.start_row(row).unwrap();
        }
        assert_eq!(runnable(&store).unwrap(), 0);
        let none = left(&store).unwrap();
        assert!(!none.runnable && none.unreadable.is_empty(), "{none:?}");
        // Behind more parked tasks than a page has, a task that waits for a provider and cannot be read.
        bench.start_row(TaskRow { waiting: rests(6), priority: 0, ..task_row(5_000) }).unwrap();
        let damaged = left(&store).unwrap();
        assert!(!damaged.runnable, "{damaged:?}");
        assert_eq!(damaged.unreadable.iter().map(|(task, _)| *task).collect::<Vec<_>>(), [task(5_000)]);
    }
}
