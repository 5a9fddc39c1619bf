//! Random work on both back ends: every answer and everything that can be read afterwards is the same.

#![cfg(test)]

mod common;

use std::collections::HashSet;

use common::Place;
use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::WorkspaceId;
use divisi_domain::money::MicroUsd;
use divisi_domain::stats::Outcome;
use divisi_domain::time::Millis;
use divisi_store::conformance::sample::{
    Bench, agent, agent_row, append, approval_row, at, event, input, key, solution_row, subtask_row, task,
    task_row, usage_row, workspace,
};
use divisi_store::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone)]
enum Step {
    Commit(Batch),
    Delete(WorkspaceId, u32),
    Discard(WorkspaceId, u32),
    Erase(WorkspaceId, u32),
    Prune(WorkspaceId, i64),
    Replace(WorkspaceId, u32, u8),
    Beat(i64),
    Reopen,
}

fn workspaces() -> impl Strategy<Value = WorkspaceId> {
    select(vec![workspace(1), workspace(2)])
}

fn tasks() -> impl Strategy<Value = u32> {
    1..4_u32
}

fn streams() -> impl Strategy<Value = StreamRef> {
    let of_task =
        (workspaces(), tasks()).prop_map(|(workspace, number)| StreamRef::new(workspace, task(number)));
    let of_agent = workspaces().prop_map(|workspace| StreamRef::new(workspace, agent(1)));
    let own = workspaces().prop_map(|workspace| StreamRef::new(workspace, workspace));
    prop_oneof![6 => of_task, 1 => of_agent, 1 => own]
}

fn appends() -> impl Strategy<Value = Append> {
    let expected = prop_oneof![2 => Just(Expected::Any), 1 => (0..4_u64).prop_map(Expected::At)];
    (streams(), expected, vec(0..400_u32, 0..3), 0..4_usize, 0..1_000_i64, any::<bool>()).prop_map(
        |(stream, expected, numbers, count, millis, side)| {
            let inputs: Vec<_> = numbers.iter().map(|number| input(*number)).collect();
            let named = inputs.first().copied().unwrap_or(input(0));
            let events = (0..count).map(|number| event(named, &format!("{number}"))).collect();
            let inputs = if side { Vec::new() } else { inputs };
            Append { inputs, events, at: at(millis), ..append(stream, expected, named, &[]) }
        },
    )
}

fn blobs() -> impl Strategy<Value = NewBlob> {
    (streams(), 0..6_u8, select(vec![0_usize, 10, 70_000])).prop_map(|(stream, fill, size)| {
        let key = if stream.workspace == workspace(1) { key(1) } else { key(2) };
        NewBlob::new(&key, stream, vec![fill; size])
    })
}

fn reservations() -> impl Strategy<Value = Reservation> {
    (workspaces(), 0..4_u8, 0..3_u8, 0..30_u64).prop_map(|(workspace, kind, key, micro)| {
        let (key, amount) = (format!("k{key}"), MicroUsd(micro));
        match kind {
            0 | 1 => Reservation::Reserve { workspace, key, amount },
            2 => Reservation::Settle { workspace, key, spent: amount },
            _ => Reservation::SetCap { workspace, cap: (micro > 5).then_some(amount) },
        }
    })
}

fn leases() -> impl Strategy<Value = LeaseChange> {
    (workspaces(), 1..3_u32, 0..3_u8, 0..3_u32).prop_map(|(workspace, number, holder, slots_max)| {
        let (agent, holder) = (agent(number), format!("h{holder}"));
        if slots_max == 0 {
            LeaseChange::Release { workspace, agent, holder }
        } else {
            LeaseChange::Take { workspace, agent, holder, slots_max }
        }
    })
}

fn rows() -> impl Strategy<Value = ProjectionChange> {
    (workspaces(), tasks(), 0..10_u8, any::<u8>(), any::<bool>()).prop_map(
        |(workspace, number, kind, code, flag)| match kind {
            0..=2 => ProjectionChange::Task(TaskRow {
                workspace,
                state: code % 13,
                priority: code % 4,
                open: flag,
                completed_at: (!flag).then(|| at(i64::from(code))),
                progress: code,
                updated_at: at(i64::from(code) * 7),
                spent: MicroUsd(u64::from(code)),
                ..task_row(number)
            }),
            3 => ProjectionChange::Subtask(SubtaskRow { workspace, status: code, ..subtask_row(number, 1) }),
            4 => ProjectionChange::Solution(SolutionRow {
                workspace,
                accepted: Some(flag),
                ..solution_row(number, 1, code % 2)
            }),
            5 => ProjectionChange::Usage(UsageRow {
                workspace,
                cost: MicroUsd(u64::from(code)),
                ..usage_row(number, 1, 1)
            }),
            6 => {
                let state = if flag { ApprovalState::Open } else { ApprovalState::Rejected };
                ProjectionChange::Approval(ApprovalRow {
                    workspace,
                    state,
                    ..approval_row(number, u16::from(code % 3))
                })
            }
            7 => ProjectionChange::Agent(AgentRow { workspace, slots: code.into(), ..agent_row(number) }),
            _ => {
                let outcome = Outcome { success: flag, response: Millis(code.into()) };
                ProjectionChange::AgentOutcome(AgentOutcome { workspace, agent: agent(number), outcome })
            }
        },
    )
}

fn batches() -> impl Strategy<Value = Batch> {
    let snapshots = (streams(), any::<u8>()).prop_map(|(stream, byte)| Snapshot {
        stream,
        seq: 1,
        rules: u32::from(byte % 2),
        state_version: 1,
        data: vec![byte],
    });
    let answers = (streams(), 0..4_u8, 0..2_000_i64).prop_map(|(stream, request, millis)| KeptAnswer {
        stream,
        request: Digest([request; 32]),
        answer: BlobRef([request; 32]),
        expires: at(millis),
    });
    (
        vec(appends(), 0..3),
        vec(blobs(), 0..2),
        vec(reservations(), 0..3),
        vec(leases(), 0..3),
        vec(rows(), 0..4),
        vec(snapshots, 0..2),
        vec(answers, 0..2),
    )
        .prop_map(|(appends, blobs, reservations, leases, rows, snapshots, answers)| Batch {
            appends,
            blobs,
            reservations,
            leases,
            rows,
            snapshots,
            answers,
            essential: false,
        })
}

/// Most random batches break a rule of form; this one keeps them all.
fn mend((mut batch, fresh): (Batch, u32)) -> Batch {
    batch.appends.sort_by_key(|append| append.stream);
    batch.appends.dedup_by_key(|append| append.stream);
    let guards = batch.appends.iter().any(|append| append.inputs.contains(&input(0)));
    for append in &mut batch.appends {
        let named = append.inputs.first().copied().unwrap_or(input(0));
        append.events.iter_mut().for_each(|event| event.input_id = named);
        if append.inputs.is_empty() && (!guards || append.events.is_empty()) {
            append.inputs.push(named);
        }
    }
    let mut seen = HashSet::new();
    batch.rows.retain(|row| seen.insert((row.workspace(), row.task(), std::mem::discriminant(row))));
    batch.snapshots.truncate(1);
    batch.answers.truncate(1);
    for stream in divisi_store::validation::named_streams(&batch).collect::<Vec<_>>() {
        if batch.appends.iter().all(|append| append.stream != stream) {
            batch.appends.push(append(stream, Expected::Any, input(fresh), &[]));
        }
    }
    batch
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (batches(), 1_000..1_000_000_u32).prop_map(mend).prop_map(Step::Commit),
        3 => batches().prop_map(Step::Commit),
        1 => (workspaces(), tasks()).prop_map(|(workspace, number)| Step::Delete(workspace, number)),
        1 => (workspaces(), tasks()).prop_map(|(workspace, number)| Step::Discard(workspace, number)),
        1 => (workspaces(), tasks()).prop_map(|(workspace, number)| Step::Erase(workspace, number)),
        1 => (workspaces(), 0..300_i64).prop_map(|(workspace, millis)| Step::Prune(workspace, millis)),
        1 => (workspaces(), tasks(), any::<u8>()).prop_map(|(workspace, number, code)| Step::Replace(workspace, number, code)),
        1 => (0..2_000_i64).prop_map(Step::Beat),
        2 => Just(Step::Reopen),
    ]
}

/// What a step answers, as text; a store that is not reopened must answer the same.
fn run(store: &dyn Maintenance, step: &Step) -> String {
    match step.clone() {
        Step::Commit(batch) => format!("{:?}", commit_blocking(store, batch)),
        Step::Delete(workspace, number) => format!("{:?}", store.delete_task(workspace, task(number))),
        Step::Discard(workspace, number) => format!("{:?}", store.discard_task(workspace, task(number))),
        Step::Erase(workspace, number) => format!("{:?}", store.erase_content(workspace, task(number))),
        Step::Prune(workspace, millis) => format!("{:?}", store.prune(workspace, at(millis))),
        Step::Replace(workspace, number, code) => {
            let row = TaskRow { workspace, state: code, ..task_row(number) };
            let rows = TaskProjection { task: Some(row), ..TaskProjection::default() };
            let agent = AgentRow { workspace, slots: code.into(), ..agent_row(number) };
            format!(
                "{:?} {:?}",
                store.replace_projection(workspace, task(number), rows),
                store.replace_agent(agent)
            )
        }
        Step::Beat(millis) => format!("{:?}", store.heartbeat(at(millis))),
        Step::Reopen => String::new(),
    }
}

fn queries() -> Vec<TaskQuery> {
    let mut queries = Vec::new();
    for sort in [Sort::Created, Sort::Updated, Sort::Priority] {
        for order in [Order::Ascending, Order::Descending] {
            for states in [vec![], vec![1, 2, 3], vec![12]] {
                for after in [None, Some(task(2))] {
                    let query = TaskQuery {
                        sort,
                        order,
                        after,
                        limit: 10,
                        states: states.clone(),
                        ..TaskQuery::default()
                    };
                    queries.push(query);
                }
            }
        }
    }
    queries
}

fn everything(store: &dyn Maintenance) -> Result<String> {
    let mut text = vec![format!(
        "{:?} {:?} {:?}",
        store.workspaces()?,
        store.last_seen()?,
        store.open_tasks(None, 100)?
    )];
    for workspace in [workspace(1), workspace(2)] {
        let key = store.blob_key(workspace)?;
        text.push(format!("{key:?} {:?} {:?}", store.agents(workspace)?, store.budget(workspace)?));
        text.push(format!("{:?}", store.open_approvals(workspace, 100)?));
        for query in queries() {
            text.push(format!("{:?}", store.tasks(workspace, &query)?));
        }
        let side = [StreamRef::new(workspace, agent(1)), StreamRef::new(workspace, workspace)];
        for stream in (1..4).map(|number| StreamRef::new(workspace, task(number))).chain(side) {
            text.push(format!(
                "{stream:?} {:?} {:?}",
                store.last_seq(&stream)?,
                store.events(&stream, 0, 1_000)?
            ));
            text.push(format!("{:?} {:?}", store.snapshot(&stream, 0, 1)?, store.snapshot(&stream, 1, 1)?));
        }
        for request in 0..4 {
            text.push(format!("{:?}", store.kept_answer(workspace, &Digest([request; 32]), at(1_000))?));
        }
        for number in 1..4 {
            text.push(format!("{:?}", store.projection(workspace, task(number))?));
            text.push(format!("{:?}", store.leases(workspace, agent(number))?));
        }
    }
    let verified = store.verify()?;
    text.push(format!("{} {} {:?}", verified.events, verified.blobs, verified.damage));
    Ok(text.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_and_memory_agree(steps in vec(steps(), 1..60)) {
        let place = Place::new();
        let memory = MemoryStore::new();
        let mut store = place.open();
        for opened in [&memory as &dyn Maintenance, &store] {
            Bench::new(opened).open(2);
        }
        for step in steps {
            if matches!(step, Step::Reopen) {
                drop(store);
                store = place.open();
            }
            prop_assert_eq!(run(&store, &step), run(&memory, &step), "{:?}", step);
        }
        prop_assert_eq!(everything(&store), everything(&memory));
        drop(store);
        prop_assert_eq!(everything(&place.open()), everything(&memory));
    }
}

/// An input that brought nothing to a stream, and an event of a later commit that names it all the same.
#[test]
fn what_an_input_did_first_stays_what_it_did() {
    let (one, other) = (StreamRef::new(workspace(1), task(1)), StreamRef::new(workspace(1), task(2)));
    let named = input(7);
    let empty = |stream| Append { events: Vec::new(), ..append(stream, Expected::Any, named, &[]) };
    let beside = Append { inputs: Vec::new(), ..append(one, Expected::Any, named, &["later"]) };
    let batch = |appends| Batch { appends, ..Batch::default() };
    let steps = [vec![empty(one)], vec![beside, empty(other)], vec![empty(one)]];
    let (place, memory) = (Place::new(), MemoryStore::new());
    let store = place.open();
    for opened in [&memory as &dyn Maintenance, &store] {
        Bench::new(opened).open(2);
    }
    for appends in steps {
        let step = Step::Commit(batch(appends));
        assert_eq!(run(&store, &step), run(&memory, &step), "{step:?}");
    }
}
