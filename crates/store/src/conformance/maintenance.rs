//! Deleting, erasing, verifying, rebuilding.

use divisi_domain::money::MicroUsd;
use divisi_domain::time::Millis;

use super::list;
use super::sample::{
    Bench, agent, append, approval_row, at, batch, blob, home, input, key, large_bytes, solution_row, stream,
    subtask_row, task, task_row, usage_row,
};
use crate::batch::{Batch, Expected};
use crate::blob::blob_ref;
use crate::budget::{BudgetRow, Reservation};
use crate::error::{Result, StoreError};
use crate::lease::LeaseChange;
use crate::maintenance::TaskProjection;
use crate::rows::{ProjectionChange, SubtaskRow, TaskRow};
use crate::snapshot::Snapshot;

list![
    an_open_task_is_not_deleted,
    a_deleted_task_is_gone_and_others_are_not,
    a_deleted_task_may_come_again,
    a_discarded_task_is_gone_though_it_is_open,
    pruning_deletes_only_what_is_finished_and_old,
    erasing_keeps_the_skeleton,
    verifying_counts_what_it_read,
    a_projection_is_read_as_one,
    a_projection_is_replaced,
    a_projection_of_another_task_is_refused,
    collecting_leaves_what_is_referenced,
];

fn rows(number: u32, open: bool) -> Vec<ProjectionChange> {
    let ended = (!open).then(|| at(i64::from(number) * 10));
    vec![
        ProjectionChange::Task(TaskRow { completed_at: ended, open, ..task_row(number) }),
        ProjectionChange::Subtask(subtask_row(number, 1)),
        ProjectionChange::Solution(solution_row(number, 1, 0)),
        ProjectionChange::Usage(usage_row(number, 1, 1)),
        ProjectionChange::Approval(approval_row(number, 1)),
    ]
}

fn fill(bench: &Bench<'_>, number: u32, open: bool) -> Result<()> {
    let stream = stream(number);
    let snapshot = Snapshot { stream, seq: 1, rules: 1, state_version: 1, data: vec![1] };
    let batch = Batch {
        rows: rows(number, open),
        blobs: vec![blob(stream, b"small"), blob(stream, &large_bytes())],
        snapshots: vec![snapshot],
        answers: Vec::new(),
        ..batch(append(stream, Expected::At(0), input(1), &["a", "b"]))
    };
    bench.committed(batch).map(|_| ())
}

fn an_open_task_is_not_deleted(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, true)?;
    assert!(!bench.store.delete_task(home(), task(1))?);
    assert_eq!(bench.store.last_seq(&stream(1))?, Some(2));
    assert!(!bench.store.delete_task(home(), task(404))?);
    Ok(())
}

fn a_deleted_task_is_gone_and_others_are_not(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, false)?;
    fill(bench, 2, false)?;
    let store = bench.store;
    let kept = store.projection(home(), task(2))?;
    assert!(store.delete_task(home(), task(1))?);
    assert_eq!(store.events(&stream(1), 0, 10)?, []);
    assert_eq!(store.last_seq(&stream(1))?, None);
    assert_eq!(store.projection(home(), task(1))?, TaskProjection::default());
    assert_eq!(store.open_approvals(home(), 10)?.len(), 1);
    assert_eq!(store.snapshot(&stream(1), 1, 1)?, None);
    for bytes in [b"small".to_vec(), large_bytes()] {
        let name = blob_ref(&key(1), &bytes);
        assert_eq!(store.blob(&stream(1), &name)?, None);
        assert!(store.blob(&stream(2), &name)?.is_some());
    }
    assert_eq!(store.projection(home(), task(2))?, kept);
    assert_eq!(bench.bodies(&stream(2))?, ["a", "b"]);
    assert!(!store.delete_task(home(), task(1))?);
    Ok(())
}

fn a_deleted_task_may_come_again(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, false)?;
    assert!(bench.store.delete_task(home(), task(1))?);
    fill(bench, 1, true)?;
    assert_eq!(bench.bodies(&stream(1))?, ["a", "b"]);
    assert_eq!(bench.store.open_tasks(None, 10)?.len(), 1);
    Ok(())
}

fn a_discarded_task_is_gone_though_it_is_open(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, true)?;
    fill(bench, 2, true)?;
    let store = bench.store;
    let (gone, other) = (format!("{}/p1/1", task(1)), format!("{}/p1/1", task(2)));
    let slot = |holder: &str| LeaseChange::Take {
        workspace: home(),
        agent: agent(1),
        holder: holder.to_owned(),
        slots_max: 2,
    };
    let money = |key: &str, micro| Reservation::Reserve {
        workspace: home(),
        key: key.to_owned(),
        amount: MicroUsd(micro),
    };
    let cap = Reservation::SetCap { workspace: home(), cap: Some(MicroUsd(10)) };
    bench.committed(Batch {
        leases: vec![slot(&gone), slot(&other)],
        reservations: vec![cap, money(&gone, 3), money(&other, 4)],
        ..Batch::default()
    })?;
    assert!(store.discard_task(home(), task(1))?);
    assert_eq!(store.last_seq(&stream(1))?, None);
    assert_eq!(store.projection(home(), task(1))?, TaskProjection::default());
    assert_eq!(store.open_tasks(None, 10)?.len(), 1);
    assert_eq!(store.leases(home(), agent(1))?, [other]);
    let (cap, spent, reserved) = (MicroUsd(10), MicroUsd(3), MicroUsd(4));
    assert_eq!(store.budget(home())?, Some(BudgetRow { cap, spent, reserved }));
    assert!(!store.discard_task(home(), task(1))?);
    assert!(!store.discard_task(home(), task(404))?);
    Ok(())
}

fn pruning_deletes_only_what_is_finished_and_old(bench: &Bench<'_>) -> Result<()> {
    for number in 1..=6 {
        fill(bench, number, number == 2)?;
    }
    assert_eq!(bench.store.prune(home(), at(50))?.tasks, 3);
    let left: Vec<bool> = (1..=6)
        .map(|number| bench.store.last_seq(&stream(number)).map(|seq| seq.is_some()))
        .collect::<Result<_>>()?;
    assert_eq!(left, [false, true, false, false, true, true]);
    assert_eq!(bench.store.prune(home(), at(50))?.tasks, 0);
    Ok(())
}

fn erasing_keeps_the_skeleton(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, false)?;
    fill(bench, 2, false)?;
    let store = bench.store;
    let events = store.events(&stream(1), 0, 10)?;
    let before = store.projection(home(), task(1))?;
    assert!(store.erase_content(home(), task(1))?);
    assert_eq!(store.events(&stream(1), 0, 10)?, events);
    assert_eq!(store.snapshot(&stream(1), 1, 1)?, None);
    for bytes in [b"small".to_vec(), large_bytes()] {
        assert_eq!(store.blob(&stream(1), &blob_ref(&key(1), &bytes))?, None);
        assert!(store.blob(&stream(2), &blob_ref(&key(1), &bytes))?.is_some());
    }
    let blank = |row: &TaskRow| TaskRow { title: String::new(), ..row.clone() };
    let bare = |row: &SubtaskRow| SubtaskRow { title: String::new(), ..row.clone() };
    let after = store.projection(home(), task(1))?;
    assert_eq!(after.task, before.task.as_ref().map(blank));
    assert_eq!(after.subtasks, before.subtasks.iter().map(bare).collect::<Vec<_>>());
    assert_eq!(after.usage, before.usage);
    assert!(!store.erase_content(home(), task(404))?);
    Ok(())
}

fn verifying_counts_what_it_read(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, true)?;
    fill(bench, 2, true)?;
    let verified = bench.store.verify()?;
    assert_eq!((verified.events, verified.blobs, verified.damage), (4, 4, Vec::new()));
    Ok(())
}

fn a_projection_is_read_as_one(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, true)?;
    let store = bench.store;
    let whole = store.projection(home(), task(1))?;
    assert_eq!(whole.task, store.task(home(), task(1))?);
    assert_eq!(whole.subtasks, store.subtasks(home(), task(1))?);
    assert_eq!(whole.solutions, store.solutions(home(), task(1))?);
    assert_eq!(whole.usage, store.usage(home(), task(1))?);
    assert_eq!(whole.approvals, store.approvals(home(), task(1))?);
    assert_eq!(whole.into_changes().len(), 5);
    Ok(())
}

fn a_projection_is_replaced(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, true)?;
    fill(bench, 2, true)?;
    let other = bench.store.projection(home(), task(2))?;
    let rebuilt = TaskProjection {
        task: Some(TaskRow { title: "rebuilt".into(), open: false, state: 11, ..task_row(1) }),
        subtasks: vec![subtask_row(1, 2), subtask_row(1, 3)],
        ..TaskProjection::default()
    };
    assert!(bench.store.replace_projection(home(), task(1), rebuilt.clone())?);
    assert_eq!(bench.store.projection(home(), task(1))?, rebuilt);
    assert_eq!(bench.store.projection(home(), task(2))?, other);
    assert_eq!(bench.store.open_tasks(None, 10)?.len(), 1);
    assert!(!bench.store.replace_projection(home(), task(404), TaskProjection::default())?);
    let more = ProjectionChange::Task(TaskRow { progress: 66, ..task_row(1) });
    bench.committed(Batch { rows: vec![more], ..Batch::default() })?;
    assert_eq!(bench.store.task(home(), task(1))?.map(|row| (row.progress, row.open)), Some((66, true)));
    Ok(())
}

fn a_projection_of_another_task_is_refused(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, true)?;
    fill(bench, 2, true)?;
    let foreign = bench.store.projection(home(), task(2))?;
    let refused = bench.store.replace_projection(home(), task(1), foreign);
    assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    Ok(())
}

fn collecting_leaves_what_is_referenced(bench: &Bench<'_>) -> Result<()> {
    fill(bench, 1, false)?;
    fill(bench, 2, false)?;
    bench.store.delete_task(home(), task(1))?;
    bench.store.collect_blobs(at(i64::MAX / 4), Millis(0))?;
    let name = blob_ref(&key(1), &large_bytes());
    assert!(bench.store.blob(&stream(2), &name)?.is_some());
    Ok(())
}
