//! Projection rows.

use divisi_domain::id::TaskId;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::stats::{AgentStats, Outcome};
use divisi_domain::time::Millis;

use super::list;
use super::sample::{
    Bench, agent, agent_row, append, approval_row, at, batch, home, input, solution_row, subtask_row, task,
    task_row, usage_row,
};
use crate::batch::{Batch, Expected};
use crate::error::Result;
use crate::rows::{
    AgentOutcome, AgentRow, ApprovalRow, ApprovalState, Completion, ProjectionChange, SolutionKind,
    SolutionRow, SubtaskRow, TaskRow, UsageRow, Waiting,
};
use crate::stream::StreamRef;

list![
    a_task_row_comes_back_whole,
    a_task_row_is_replaced,
    seldom_fields_change_too,
    subtasks_come_by_number,
    solutions_come_by_pass_kind_subtask_version,
    usage_comes_by_path_and_attempt,
    approvals_of_a_task_come_by_number,
    the_inbox_shows_open_approvals_oldest_first,
    agents_come_in_order_of_registration,
    outcomes_move_the_statistics_of_an_agent_in_order,
    an_agent_s_row_is_replaced_with_its_statistics,
    unknown_tasks_have_no_rows,
    extreme_numbers_are_kept,
];

fn put(bench: &Bench<'_>, rows: Vec<ProjectionChange>) -> Result<()> {
    bench.committed(Batch { rows, ..Batch::default() }).map(|_| ())
}

fn full_row() -> TaskRow {
    TaskRow {
        title: "Wer besitzt den Code? 你好".into(),
        state: 11,
        priority: 3,
        mode: 2,
        progress: 100,
        updated_at: at(99),
        completed_at: Some(at(98)),
        completion: Some(Completion::Partial),
        waiting: Some(Waiting { kind: 4, since: at(97) }),
        reason: Some(Name::from_static("budget_exhausted")),
        cap: Some(MicroUsd(5_000_000)),
        spent: MicroUsd(4_999_999),
        reserved: MicroUsd(1),
        pass: 3,
        open: false,
        last_seq: 77,
        ..task_row(1)
    }
}

fn a_task_row_comes_back_whole(bench: &Bench<'_>) -> Result<()> {
    for (number, row) in (1..).zip([task_row(1), full_row()]) {
        let row = TaskRow { task: task(number), ..row };
        bench.start(number, vec![ProjectionChange::Task(row.clone())])?;
        assert_eq!(bench.store.task(home(), task(number))?, Some(row));
    }
    Ok(())
}

fn a_task_row_is_replaced(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, vec![ProjectionChange::Task(task_row(1))])?;
    let moved = TaskRow {
        state: 5,
        progress: 40,
        spent: MicroUsd(9),
        last_seq: 8,
        updated_at: at(50),
        ..task_row(1)
    };
    let waits = TaskRow { waiting: Some(Waiting { kind: 2, since: at(51) }), ..moved.clone() };
    for row in [moved.clone(), waits, moved, full_row(), task_row(1)] {
        put(bench, vec![ProjectionChange::Task(row.clone())])?;
        assert_eq!(bench.store.task(home(), task(1))?, Some(row));
    }
    Ok(())
}

fn seldom_fields_change_too(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, vec![ProjectionChange::Task(task_row(1))])?;
    let rows = [
        TaskRow { title: "Other".into(), ..task_row(1) },
        TaskRow { priority: 9, ..task_row(1) },
        TaskRow { mode: 1, ..task_row(1) },
        TaskRow { crew: Name::from_static("comparison"), ..task_row(1) },
        TaskRow { cap: Some(MicroUsd(1)), ..task_row(1) },
        TaskRow { open: false, ..task_row(1) },
        task_row(1),
    ];
    for row in rows {
        put(bench, vec![ProjectionChange::Task(row.clone())])?;
        assert_eq!(bench.store.task(home(), task(1))?, Some(row.clone()));
        assert_eq!(bench.store.open_tasks(None, 10)?.len(), usize::from(row.open));
    }
    Ok(())
}

fn subtasks_come_by_number(bench: &Bench<'_>) -> Result<()> {
    let plain = SubtaskRow {
        agent: None,
        score_hundredths: None,
        started_at: None,
        completed_at: Some(at(8)),
        ..subtask_row(1, 2)
    };
    let rows = [subtask_row(1, 300), plain, subtask_row(1, 1)];
    bench.start(1, rows.iter().cloned().map(ProjectionChange::Subtask).collect())?;
    let [last, second, first] = rows;
    assert_eq!(bench.store.subtasks(home(), task(1))?, [first.clone(), second.clone(), last.clone()]);
    let changed = SubtaskRow { status: 5, cycles: 3, agent: Some(agent(9)), ..second };
    put(bench, vec![ProjectionChange::Subtask(changed.clone())])?;
    assert_eq!(bench.store.subtasks(home(), task(1))?, [first, changed, last]);
    Ok(())
}

fn solutions_come_by_pass_kind_subtask_version(bench: &Bench<'_>) -> Result<()> {
    let report = SolutionRow { kind: SolutionKind::Final, subtask: 0, agent: None, ..solution_row(1, 0, 0) };
    let reviewed = SolutionRow { accepted: Some(true), score_hundredths: Some(810), ..solution_row(1, 2, 1) };
    let sorted = [
        SolutionRow { accepted: Some(false), ..solution_row(1, 1, 0) },
        solution_row(1, 1, 1),
        reviewed,
        SolutionRow { kind: SolutionKind::Coordination, subtask: 0, ..solution_row(1, 0, 0) },
        report,
        SolutionRow { pass: 2, ..solution_row(1, 1, 0) },
    ];
    let mut mixed: Vec<_> = sorted.iter().cloned().map(ProjectionChange::Solution).collect();
    mixed.reverse();
    bench.start(1, mixed)?;
    assert_eq!(bench.store.solutions(home(), task(1))?, sorted);
    Ok(())
}

fn usage_comes_by_path_and_attempt(bench: &Bench<'_>) -> Result<()> {
    let analyse = UsageRow {
        path: EffectPath { pass: 1, node: Node::Analyse },
        agent: None,
        subtask: None,
        estimated: true,
        ..usage_row(1, 0, 1)
    };
    let later = UsageRow { path: EffectPath { pass: 300, node: Node::Analyse }, ..usage_row(1, 0, 1) };
    let sorted =
        [analyse, usage_row(1, 1, 1), usage_row(1, 1, 2), usage_row(1, 24, 1), usage_row(1, 256, 1), later];
    let mut mixed: Vec<_> = sorted.iter().cloned().map(ProjectionChange::Usage).collect();
    mixed.reverse();
    bench.start(1, mixed)?;
    assert_eq!(bench.store.usage(home(), task(1))?, sorted);
    let settled = UsageRow {
        cost: MicroUsd(1),
        excess: MicroUsd(1),
        from_cache: true,
        model: Name::from_static("model-b"),
        ..usage_row(1, 1, 2)
    };
    assert_eq!(bench.store.exceeded(at(0))?, []);
    put(bench, vec![ProjectionChange::Usage(settled.clone())])?;
    assert_eq!(bench.store.usage(home(), task(1))?[2], settled);
    let exceeded = [(settled.provider, settled.model)];
    assert_eq!(bench.store.exceeded(settled.at)?, exceeded, "it was charged more than was reserved");
    assert_eq!(bench.store.exceeded(settled.at + Millis(1))?, [], "that is long ago");
    Ok(())
}

fn approvals_of_a_task_come_by_number(bench: &Bench<'_>) -> Result<()> {
    let decided = ApprovalRow {
        state: ApprovalState::Rejected,
        decided_at: Some(at(9)),
        kind: 3,
        ..approval_row(1, 1)
    };
    let rows = [approval_row(1, 2), decided];
    bench.start(1, rows.iter().cloned().map(ProjectionChange::Approval).collect())?;
    let [second, first] = rows;
    assert_eq!(bench.store.approvals(home(), task(1))?, [first, second]);
    Ok(())
}

fn the_inbox_shows_open_approvals_oldest_first(bench: &Bench<'_>) -> Result<()> {
    let asked =
        |of: u32, number: u16, millis: i64| ApprovalRow { asked_at: at(millis), ..approval_row(of, number) };
    bench.start(
        1,
        vec![ProjectionChange::Approval(asked(1, 1, 30)), ProjectionChange::Approval(asked(1, 2, 10))],
    )?;
    bench.start(2, vec![ProjectionChange::Approval(asked(2, 1, 20))])?;
    let inbox = |limit| bench.store.open_approvals(home(), limit);
    assert_eq!(inbox(10)?, [asked(1, 2, 10), asked(2, 1, 20), asked(1, 1, 30)]);
    assert_eq!(inbox(1)?, [asked(1, 2, 10)]);
    let decided = ApprovalRow { state: ApprovalState::Approved, decided_at: Some(at(99)), ..asked(1, 2, 10) };
    put(bench, vec![ProjectionChange::Approval(decided)])?;
    assert_eq!(inbox(10)?, [asked(2, 1, 20), asked(1, 1, 30)]);
    Ok(())
}

fn agents_come_in_order_of_registration(bench: &Bench<'_>) -> Result<()> {
    let early = AgentRow { registered: 0, capabilities: Vec::new(), ..agent_row(9) };
    let rows = [agent_row(2), agent_row(1), early.clone()];
    put(bench, rows.into_iter().map(ProjectionChange::Agent).collect())?;
    assert_eq!(bench.store.agents(home())?, [early.clone(), agent_row(1), agent_row(2)]);
    let changed = AgentRow { status: 3, slots: 9, registered: 1, ..agent_row(1) };
    put(bench, vec![ProjectionChange::Agent(changed.clone())])?;
    assert_eq!(bench.store.agents(home())?, [early, changed, agent_row(2)]);
    Ok(())
}

fn outcomes_move_the_statistics_of_an_agent_in_order(bench: &Bench<'_>) -> Result<()> {
    let ended = |number, success, millis| {
        let outcome = Outcome { success, response: Millis(millis) };
        ProjectionChange::AgentOutcome(AgentOutcome { workspace: home(), agent: agent(number), outcome })
    };
    let stats = || -> Result<Vec<AgentStats>> {
        Ok(bench.store.agents(home())?.iter().map(|row| row.stats).collect())
    };
    put(bench, vec![ended(1, true, 5)])?;
    assert_eq!(bench.store.agents(home())?, [], "without a row nothing happens");
    put(bench, vec![ProjectionChange::Agent(agent_row(1)), ended(1, false, 900), ended(1, true, 123_457)])?;
    let first = agent_row(1).stats.after(Outcome { success: false, response: Millis(900) });
    let second = first.after(Outcome { success: true, response: Millis(123_457) });
    assert_eq!(stats()?, [second], "as they come");
    let third = second.after(Outcome { success: false, response: Millis(u64::MAX) });
    put(bench, vec![ended(1, false, u64::MAX), ended(2, true, 1)])?;
    assert_eq!(stats()?, [third]);
    put(bench, vec![ProjectionChange::Agent(AgentRow { slots: 9, ..agent_row(1) })])?;
    let row = bench.store.agents(home())?;
    assert_eq!(row, [AgentRow { slots: 9, stats: third, ..agent_row(1) }], "a row keeps its statistics");
    Ok(())
}

fn an_agent_s_row_is_replaced_with_its_statistics(bench: &Bench<'_>) -> Result<()> {
    put(bench, vec![ProjectionChange::Agent(agent_row(1))])?;
    let rebuilt = AgentRow { stats: AgentStats::default(), slots: 2, ..agent_row(1) };
    assert!(!bench.store.replace_agent(AgentRow { agent: agent(404), ..rebuilt.clone() })?);
    let own = StreamRef::new(home(), agent(1));
    bench.committed(batch(append(own, Expected::Any, input(77), &["a"])))?;
    assert!(bench.store.replace_agent(rebuilt.clone())?);
    assert_eq!(bench.store.agents(home())?, [rebuilt]);
    Ok(())
}

fn unknown_tasks_have_no_rows(bench: &Bench<'_>) -> Result<()> {
    let unknown: TaskId = task(404);
    assert_eq!(bench.store.task(home(), unknown)?, None);
    assert_eq!(bench.store.subtasks(home(), unknown)?, []);
    assert_eq!(bench.store.solutions(home(), unknown)?, []);
    assert_eq!(bench.store.usage(home(), unknown)?, []);
    assert_eq!(bench.store.approvals(home(), unknown)?, []);
    assert_eq!(bench.store.agents(home())?, []);
    assert_eq!(bench.store.open_approvals(home(), 10)?, []);
    bench.start(1, Vec::new())?;
    assert_eq!(bench.store.task(home(), task(1))?, None);
    Ok(())
}

fn extreme_numbers_are_kept(bench: &Bench<'_>) -> Result<()> {
    let row = TaskRow {
        state: u8::MAX,
        priority: u8::MAX,
        mode: u8::MAX,
        progress: u8::MAX,
        pass: u16::MAX,
        last_seq: u64::MAX,
        cap: Some(MicroUsd(u64::MAX)),
        spent: MicroUsd(u64::MAX),
        reserved: MicroUsd(u64::MAX),
        ..task_row(1)
    };
    let mut usage = usage_row(1, u16::MAX, u16::MAX);
    usage.usage.input_tokens = u64::MAX;
    usage.cost = MicroUsd(u64::MAX);
    let stats = AgentStats { success_ppm: u32::MAX, response_micros: u64::MAX, outcomes: u64::MAX };
    let agent = AgentRow { slots: u32::MAX, stats, ..agent_row(1) };
    let rows = vec![
        ProjectionChange::Task(row.clone()),
        ProjectionChange::Usage(usage.clone()),
        ProjectionChange::Agent(agent.clone()),
    ];
    bench.start(1, rows)?;
    assert_eq!(bench.store.task(home(), task(1))?, Some(row));
    assert_eq!(bench.store.usage(home(), task(1))?, [usage]);
    assert_eq!(bench.store.agents(home())?, [agent]);
    Ok(())
}
