//! All or nothing.

use super::list;
use super::sample::{
    Bench, agent, append, batch, blob, home, input, stream, subtask_row, task, task_row, workspace,
};
use crate::batch::{Batch, Expected};
use crate::blob::NewBlob;
use crate::budget::Reservation;
use crate::error::Result;
use crate::lease::LeaseChange;
use crate::limits::{BATCH_APPENDS_MAX, KEY_BYTES_MAX, TITLE_BYTES_MAX};
use crate::outcome::{CommitOutcome, Refusal};
use crate::rows::{ProjectionChange, TaskRow};
use crate::snapshot::Snapshot;
use crate::stream::StreamRef;
use divisi_domain::money::MicroUsd;

list![
    several_streams_commit_together,
    a_conflict_in_the_second_stream_writes_nothing_at_all,
    a_refused_input_may_come_again,
    a_stream_twice_in_a_batch_is_refused,
    a_row_twice_in_a_batch_is_refused,
    a_row_needs_its_task,
    a_workspace_must_be_opened,
    a_workspace_keeps_its_first_key,
    too_many_appends_are_refused,
    long_keys_and_titles_are_refused,
    rows_of_an_earlier_task_need_no_append,
    answers_come_once_and_in_order,
    workspaces_are_listed,
];

fn everything(expected: Expected, number: u32) -> Batch {
    let holder = "h".to_owned();
    Batch {
        appends: vec![
            append(stream(1), Expected::Any, input(number), &["a"]),
            append(stream(2), expected, input(number), &["b"]),
        ],
        blobs: vec![blob(stream(1), b"content")],
        reservations: vec![Reservation::Reserve { workspace: home(), key: "k".into(), amount: MicroUsd(5) }],
        leases: vec![LeaseChange::Take { workspace: home(), agent: agent(1), holder, slots_max: 1 }],
        rows: vec![ProjectionChange::Task(task_row(1))],
        snapshots: vec![Snapshot { stream: stream(1), seq: 1, rules: 1, state_version: 1, data: vec![1] }],
        answers: Vec::new(),
        essential: false,
    }
}

fn cap(micro: u64) -> Batch {
    let reservations = vec![Reservation::SetCap { workspace: home(), cap: Some(MicroUsd(micro)) }];
    Batch { reservations, ..Batch::default() }
}

fn assert_nothing(bench: &Bench<'_>) -> Result<()> {
    let store = bench.store;
    assert_eq!(store.last_seq(&stream(1))?, None);
    assert_eq!(store.last_seq(&stream(2))?, None);
    assert_eq!(store.blob(&stream(1), &blob(stream(1), b"content").blob)?, None);
    assert_eq!(store.budget(home())?.map(|row| row.reserved), Some(MicroUsd::ZERO));
    assert_eq!(store.leases(home(), agent(1))?, [] as [String; 0]);
    assert_eq!(store.task(home(), task(1))?, None);
    assert_eq!(store.snapshot(&stream(1), 1, 1)?, None);
    Ok(())
}

fn several_streams_commit_together(bench: &Bench<'_>) -> Result<()> {
    bench.committed(cap(5))?;
    assert_eq!(bench.committed(everything(Expected::At(0), 1))?, [1, 1]);
    let store = bench.store;
    assert_eq!(bench.bodies(&stream(1))?, ["a"]);
    assert_eq!(bench.bodies(&stream(2))?, ["b"]);
    assert_eq!(store.blob(&stream(1), &blob(stream(1), b"content").blob)?.as_deref(), Some(&b"content"[..]));
    assert_eq!(store.budget(home())?.map(|row| row.reserved), Some(MicroUsd(5)));
    assert_eq!(store.leases(home(), agent(1))?, ["h"]);
    assert_eq!(store.task(home(), task(1))?, Some(task_row(1)));
    assert!(store.snapshot(&stream(1), 1, 1)?.is_some());
    Ok(())
}

fn a_conflict_in_the_second_stream_writes_nothing_at_all(bench: &Bench<'_>) -> Result<()> {
    bench.committed(cap(5))?;
    let outcome = bench.commit(everything(Expected::At(3), 1))?;
    let conflict = Refusal::VersionConflict { stream: stream(2), actual: 0 };
    assert_eq!(outcome, CommitOutcome::Refused(conflict));
    assert_nothing(bench)
}

fn a_refused_input_may_come_again(bench: &Bench<'_>) -> Result<()> {
    bench.committed(cap(4))?;
    let refused = CommitOutcome::Refused(Refusal::ReservationRefused { workspace: home() });
    assert_eq!(bench.commit(everything(Expected::At(0), 1))?, refused);
    assert_nothing(bench)?;
    let without = Batch { reservations: Vec::new(), ..everything(Expected::At(0), 1) };
    assert_eq!(bench.committed(without)?, [1, 1]);
    Ok(())
}

fn a_stream_twice_in_a_batch_is_refused(bench: &Bench<'_>) -> Result<()> {
    let appends = vec![
        append(stream(1), Expected::Any, input(1), &["a"]),
        append(stream(1), Expected::Any, input(2), &["b"]),
    ];
    bench.invalid(Batch { appends, ..Batch::default() })?;
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    Ok(())
}

fn a_row_twice_in_a_batch_is_refused(bench: &Bench<'_>) -> Result<()> {
    let rows =
        vec![ProjectionChange::Subtask(subtask_row(1, 1)), ProjectionChange::Subtask(subtask_row(1, 1))];
    bench.invalid(Batch { rows, ..batch(append(stream(1), Expected::Any, input(1), &["a"])) })
}

fn a_row_needs_its_task(bench: &Bench<'_>) -> Result<()> {
    let rows = vec![ProjectionChange::Task(task_row(2))];
    bench.invalid(Batch { rows, ..batch(append(stream(1), Expected::At(0), input(1), &["a"])) })?;
    bench.invalid(Batch { blobs: vec![blob(stream(3), b"x")], ..Batch::default() })?;
    assert_eq!(bench.store.last_seq(&stream(1))?, None);
    assert_eq!(bench.committed(batch(append(stream(1), Expected::At(0), input(1), &["a"])))?, [1]);
    Ok(())
}

fn a_workspace_must_be_opened(bench: &Bench<'_>) -> Result<()> {
    let stranger = StreamRef::new(workspace(7), task(1));
    bench.invalid(batch(append(stranger, Expected::At(0), input(1), &["a"])))?;
    let reservations = vec![Reservation::SetCap { workspace: workspace(7), cap: None }];
    bench.invalid(Batch { reservations, ..Batch::default() })?;
    assert_eq!(bench.store.blob_key(workspace(7))?, None);
    bench.open(7);
    assert_eq!(bench.committed(batch(append(stranger, Expected::At(0), input(1), &["a"])))?, [1]);
    Ok(())
}

fn a_workspace_keeps_its_first_key(bench: &Bench<'_>) -> Result<()> {
    let first = bench.store.blob_key(home())?;
    let again = bench.store.open_workspace(home(), crate::blob::BlobKey([1; 32]))?;
    assert_eq!(Some(again), first);
    assert_eq!(bench.store.blob_key(home())?, first);
    let wrong = NewBlob::new(&crate::blob::BlobKey([1; 32]), stream(1), b"x".to_vec());
    bench.invalid(Batch { blobs: vec![wrong], ..batch(append(stream(1), Expected::At(0), input(1), &["a"])) })
}

fn too_many_appends_are_refused(bench: &Bench<'_>) -> Result<()> {
    let appends = |count: usize| {
        let numbers = (0..).take(count);
        Batch {
            appends: numbers.map(|number| append(stream(number), Expected::Any, input(1), &["a"])).collect(),
            ..Batch::default()
        }
    };
    bench.invalid(appends(BATCH_APPENDS_MAX + 1))?;
    assert_eq!(bench.committed(appends(BATCH_APPENDS_MAX))?.len(), BATCH_APPENDS_MAX);
    Ok(())
}

fn long_keys_and_titles_are_refused(bench: &Bench<'_>) -> Result<()> {
    let holder = "h".repeat(KEY_BYTES_MAX + 1);
    let leases = vec![LeaseChange::Release { workspace: home(), agent: agent(1), holder: holder.clone() }];
    bench.invalid(Batch { leases, ..Batch::default() })?;
    let reservations = vec![Reservation::Settle { workspace: home(), key: holder, spent: MicroUsd(1) }];
    bench.invalid(Batch { reservations, ..Batch::default() })?;
    let rows =
        vec![ProjectionChange::Task(TaskRow { title: "t".repeat(TITLE_BYTES_MAX + 1), ..task_row(1) })];
    bench.invalid(Batch { rows, ..batch(append(stream(1), Expected::At(0), input(1), &["a"])) })
}

fn rows_of_an_earlier_task_need_no_append(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, Vec::new())?;
    let rows = vec![ProjectionChange::Task(task_row(1))];
    bench.committed(Batch { rows, blobs: vec![blob(stream(1), b"late")], ..Batch::default() })?;
    assert_eq!(bench.store.task(home(), task(1))?, Some(task_row(1)));
    Ok(())
}

fn answers_come_once_and_in_order(bench: &Bench<'_>) -> Result<()> {
    let (send, answers) = std::sync::mpsc::sync_channel(64);
    for number in 0..50_u32 {
        let send = send.clone();
        let one = batch(append(stream(number % 3), Expected::Any, input(number), &["x"]));
        bench.store.commit(
            one.into(),
            Box::new(move |outcome| {
                let _ = send.send((number, outcome.is_ok()));
            }),
        );
    }
    drop(send);
    let expected: Vec<_> = (0..50).map(|number| (number, true)).collect();
    assert_eq!(answers.iter().collect::<Vec<_>>(), expected);
    assert_eq!(bench.store.last_seq(&stream(1))?, Some(17));
    Ok(())
}

fn workspaces_are_listed(bench: &Bench<'_>) -> Result<()> {
    bench.open(9);
    bench.open(4);
    assert_eq!(bench.store.workspaces()?, [workspace(1), workspace(4), workspace(9)]);
    Ok(())
}
