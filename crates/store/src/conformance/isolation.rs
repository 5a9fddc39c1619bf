//! What belongs to another workspace is not found.

use divisi_domain::money::MicroUsd;

use super::list;
use super::sample::{
    Bench, agent, agent_row, append, approval_row, batch, blob, home, input, key, large_bytes, solution_row,
    stream, subtask_row, task, task_row, usage_row, workspace,
};
use crate::batch::{Batch, Expected};
use crate::blob::{NewBlob, blob_ref};
use crate::budget::Reservation;
use crate::error::Result;
use crate::lease::LeaseChange;
use crate::query::TaskQuery;
use crate::rows::ProjectionChange;
use crate::snapshot::Snapshot;
use crate::stream::StreamRef;

list![
    no_read_crosses_workspaces,
    no_write_crosses_workspaces,
    no_maintenance_crosses_workspaces,
    the_same_content_has_two_names,
    an_unopened_workspace_reads_empty,
];

fn fill(bench: &Bench<'_>) -> Result<()> {
    let rows = vec![
        ProjectionChange::Task(task_row(1)),
        ProjectionChange::Subtask(subtask_row(1, 1)),
        ProjectionChange::Solution(solution_row(1, 1, 0)),
        ProjectionChange::Usage(usage_row(1, 1, 1)),
        ProjectionChange::Approval(approval_row(1, 1)),
        ProjectionChange::Agent(agent_row(1)),
    ];
    let lease = LeaseChange::Take { workspace: home(), agent: agent(1), holder: "h".into(), slots_max: 1 };
    let batch = Batch {
        rows,
        leases: vec![lease],
        reservations: vec![Reservation::SetCap { workspace: home(), cap: Some(MicroUsd(9)) }],
        blobs: vec![blob(stream(1), b"secret"), blob(stream(1), &large_bytes())],
        snapshots: vec![Snapshot { stream: stream(1), seq: 1, rules: 1, state_version: 1, data: vec![1] }],
        answers: Vec::new(),
        ..batch(append(stream(1), Expected::At(0), input(1), &["a"]))
    };
    bench.committed(batch).map(|_| ())
}

fn assert_empty(bench: &Bench<'_>, number: u32) -> Result<()> {
    let (store, other) = (bench.store, workspace(number));
    let foreign = StreamRef::new(other, task(1));
    assert_eq!(store.events(&foreign, 0, 10)?, []);
    assert_eq!(store.last_seq(&foreign)?, None);
    assert_eq!(store.task(other, task(1))?, None);
    assert_eq!(store.tasks(other, &TaskQuery { limit: 10, ..TaskQuery::default() })?.total, 0);
    let after = Some(task(1));
    assert_eq!(store.tasks(other, &TaskQuery { limit: 10, after, ..TaskQuery::default() })?.rows, []);
    assert_eq!(store.subtasks(other, task(1))?, []);
    assert_eq!(store.solutions(other, task(1))?, []);
    assert_eq!(store.usage(other, task(1))?, []);
    assert_eq!(store.approvals(other, task(1))?, []);
    assert_eq!(store.open_approvals(other, 10)?, []);
    assert_eq!(store.agents(other)?, []);
    assert_eq!(store.leases(other, agent(1))?, [] as [String; 0]);
    assert_eq!(store.budget(other)?, None);
    for bytes in [b"secret".to_vec(), large_bytes()] {
        assert_eq!(store.blob(&foreign, &blob_ref(&key(1), &bytes))?, None);
    }
    assert_eq!(store.snapshot(&foreign, 1, 1)?, None);
    Ok(())
}

fn no_read_crosses_workspaces(bench: &Bench<'_>) -> Result<()> {
    fill(bench)?;
    bench.open(2);
    assert_empty(bench, 2)
}

fn no_write_crosses_workspaces(bench: &Bench<'_>) -> Result<()> {
    fill(bench)?;
    bench.open(2);
    let foreign = StreamRef::new(workspace(2), task(1));
    let rows = vec![ProjectionChange::Task(crate::rows::TaskRow {
        workspace: workspace(2),
        title: "other".into(),
        ..task_row(1)
    })];
    bench.committed(Batch { rows, ..batch(append(foreign, Expected::At(0), input(1), &["b"])) })?;
    assert_eq!(bench.bodies(&stream(1))?, ["a"]);
    assert_eq!(bench.bodies(&foreign)?, ["b"]);
    assert_eq!(bench.store.task(home(), task(1))?, Some(task_row(1)));
    Ok(())
}

fn no_maintenance_crosses_workspaces(bench: &Bench<'_>) -> Result<()> {
    fill(bench)?;
    bench.open(2);
    let store = bench.store;
    let closed =
        crate::rows::TaskRow { open: false, completed_at: Some(super::sample::at(1)), ..task_row(1) };
    bench.committed(Batch { rows: vec![ProjectionChange::Task(closed.clone())], ..Batch::default() })?;
    assert!(!store.delete_task(workspace(2), task(1))?);
    assert!(!store.erase_content(workspace(2), task(1))?);
    assert_eq!(store.prune(workspace(2), super::sample::at(1_000))?.tasks, 0);
    assert_eq!(store.projection(workspace(2), task(1))?, crate::maintenance::TaskProjection::default());
    assert_eq!(store.task(home(), task(1))?, Some(closed));
    assert!(store.blob(&stream(1), &blob_ref(&key(1), b"secret"))?.is_some());
    Ok(())
}

fn the_same_content_has_two_names(bench: &Bench<'_>) -> Result<()> {
    bench.open(2);
    let large = vec![6; 100_000];
    for (number, key) in [(1, key(1)), (2, key(2))] {
        let stream = StreamRef::new(workspace(number), task(1));
        let blobs = vec![NewBlob::new(&key, stream, large.clone())];
        bench.committed(Batch { blobs, ..batch(append(stream, Expected::At(0), input(1), &["a"])) })?;
    }
    let (mine, other) = (blob_ref(&key(1), &large), blob_ref(&key(2), &large));
    assert_ne!(mine, other);
    assert!(bench.store.blob(&stream(1), &mine)?.is_some());
    assert_eq!(bench.store.blob(&stream(1), &other)?, None);
    Ok(())
}

fn an_unopened_workspace_reads_empty(bench: &Bench<'_>) -> Result<()> {
    fill(bench)?;
    assert_empty(bench, 33)
}
