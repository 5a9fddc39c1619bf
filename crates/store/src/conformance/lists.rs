//! Lists of tasks, and what recovery reads.

use super::list;
use super::sample::{Bench, at, home, task, task_row, workspace};
use crate::batch::Batch;
use crate::error::Result;
use crate::query::{Order, Sort, TaskQuery};
use crate::rows::{ProjectionChange, TaskRow, Waiting};

list![
    the_newest_come_first,
    each_sort_in_both_directions,
    filters_by_state,
    filters_by_priority_and_time,
    pages_by_skip_and_limit,
    pages_by_cursor_in_every_sort,
    a_cursor_that_is_gone_gives_an_empty_page,
    totals_count_the_filtered,
    open_tasks_come_by_priority_then_age,
    open_tasks_come_in_pages,
    open_tasks_are_counted_by_what_they_wait_for,
    a_finished_task_is_not_open,
];

/// Nine tasks: created 1…9, states 1, 5, 11 in turn (11 finished), priorities 0…3, updated in reverse.
fn nine(bench: &Bench<'_>) -> Result<()> {
    for number in 1..=9 {
        let state = [1, 5, 11][number as usize % 3];
        let row = TaskRow {
            state,
            open: state != 11,
            completed_at: (state == 11).then(|| at(100)),
            priority: u8::try_from(number % 4).unwrap_or(0),
            updated_at: at(1_000 - i64::from(number)),
            ..task_row(number)
        };
        bench.start(number, vec![ProjectionChange::Task(row)])?;
    }
    Ok(())
}

fn numbers(bench: &Bench<'_>, query: &TaskQuery) -> Result<Vec<u32>> {
    let page = bench.store.tasks(home(), query)?;
    let number = |row: &TaskRow| (1..=50).find(|number| task(*number) == row.task).unwrap_or(0);
    Ok(page.rows.iter().map(number).collect())
}

fn all() -> TaskQuery {
    TaskQuery { limit: 100, ..TaskQuery::default() }
}

fn the_newest_come_first(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    assert_eq!(numbers(bench, &all())?, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    Ok(())
}

fn each_sort_in_both_directions(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    let rows = [
        (Sort::Created, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (Sort::Updated, vec![9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (Sort::Priority, vec![4, 8, 1, 5, 9, 2, 6, 3, 7]),
    ];
    for (sort, mut expected) in rows {
        assert_eq!(
            numbers(bench, &TaskQuery { sort, order: Order::Ascending, ..all() })?,
            expected,
            "{sort:?}"
        );
        expected.reverse();
        assert_eq!(numbers(bench, &TaskQuery { sort, ..all() })?, expected, "{sort:?}");
    }
    Ok(())
}

fn filters_by_state(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    let rows: [(&[u8], &[u32]); 6] = [
        (&[1], &[9, 6, 3]),
        (&[11], &[8, 5, 2]),
        (&[5, 11], &[8, 7, 5, 4, 2, 1]),
        (&[11, 11, 1, 5], &[9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (&[99], &[]),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18], &[9, 7, 6, 4, 3, 1]),
    ];
    for (states, expected) in rows {
        assert_eq!(numbers(bench, &TaskQuery { states: states.to_vec(), ..all() })?, expected, "{states:?}");
    }
    Ok(())
}

fn filters_by_priority_and_time(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    assert_eq!(numbers(bench, &TaskQuery { priorities: vec![3, 0], ..all() })?, [8, 7, 4, 3]);
    assert_eq!(numbers(bench, &TaskQuery { from: Some(at(4)), to: Some(at(6)), ..all() })?, [5, 4]);
    let narrow = TaskQuery { from: Some(at(2)), states: vec![11], priorities: vec![1], ..all() };
    assert_eq!(numbers(bench, &narrow)?, [5]);
    Ok(())
}

fn pages_by_skip_and_limit(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    let page = |skip, limit| numbers(bench, &TaskQuery { skip, limit, ..TaskQuery::default() });
    assert_eq!(page(0, 4)?, [9, 8, 7, 6]);
    assert_eq!(page(4, 4)?, [5, 4, 3, 2]);
    assert_eq!(page(8, 4)?, [1]);
    assert_eq!(page(9, 4)?, [] as [u32; 0]);
    assert_eq!(page(0, 0)?, [] as [u32; 0]);
    Ok(())
}

fn pages_by_cursor_in_every_sort(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    for sort in [Sort::Created, Sort::Updated, Sort::Priority] {
        for order in [Order::Ascending, Order::Descending] {
            for states in [vec![], vec![1, 11], vec![11]] {
                let whole = TaskQuery { states, sort, order, ..all() };
                let expected = numbers(bench, &whole)?;
                let mut walked = Vec::new();
                loop {
                    let after = walked.last().map(|number| task(*number));
                    let page = numbers(bench, &TaskQuery { after, limit: 2, ..whole.clone() })?;
                    if page.is_empty() {
                        break;
                    }
                    walked.extend(page);
                }
                assert_eq!(walked, expected, "{whole:?}");
            }
        }
    }
    Ok(())
}

fn a_cursor_that_is_gone_gives_an_empty_page(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    assert_eq!(numbers(bench, &TaskQuery { after: Some(task(40)), ..all() })?, [] as [u32; 0]);
    Ok(())
}

fn totals_count_the_filtered(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    for (query, total) in [
        (TaskQuery { limit: 2, ..TaskQuery::default() }, 9),
        (TaskQuery { limit: 1, states: vec![1, 11], skip: 3, ..TaskQuery::default() }, 6),
        (TaskQuery { after: Some(task(2)), ..all() }, 9),
        (TaskQuery { states: vec![77], ..all() }, 0),
    ] {
        let page = bench.store.tasks(home(), &query)?;
        assert_eq!((page.total, page.total_exact), (total, true), "{query:?}");
    }
    Ok(())
}

fn open_tasks_come_by_priority_then_age(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    bench.open(2);
    bench.start_row(TaskRow { workspace: workspace(2), priority: 3, ..task_row(50) })?;
    let open: Vec<_> =
        bench.store.open_tasks(None, 100)?.iter().map(|open| (open.priority, open.task)).collect();
    let expected = [(3, 3), (3, 7), (3, 50), (2, 6), (1, 1), (1, 9), (0, 4)];
    assert_eq!(open, expected.map(|(priority, number)| (priority, task(number))));
    Ok(())
}

fn open_tasks_come_in_pages(bench: &Bench<'_>) -> Result<()> {
    nine(bench)?;
    let whole = bench.store.open_tasks(None, 100)?;
    let mut walked = Vec::new();
    loop {
        let page = bench.store.open_tasks(walked.last(), 2)?;
        if page.is_empty() {
            break;
        }
        walked.extend(page);
    }
    assert_eq!(walked, whole);
    Ok(())
}

fn open_tasks_are_counted_by_what_they_wait_for(bench: &Bench<'_>) -> Result<()> {
    let waits = |kind| Some(Waiting { kind, since: at(0) });
    let kinds = [Some(2), Some(3), Some(7), None];
    for (kind, first) in kinds.into_iter().zip((1..).step_by(10)) {
        for number in first..first + 3 {
            bench.start_row(TaskRow { waiting: kind.and_then(waits), ..task_row(number) })?;
        }
    }
    bench.start_row(TaskRow { open: false, state: 12, ..task_row(99) })?;
    let rows: [(&[u8], u64); 5] = [(&[], 12), (&[2], 9), (&[2, 3], 6), (&[2, 3, 7], 3), (&[9], 12)];
    for (resting, count) in rows {
        assert_eq!(bench.store.open_count(resting)?, count, "{resting:?}");
    }
    Ok(())
}

fn a_finished_task_is_not_open(bench: &Bench<'_>) -> Result<()> {
    bench.start(1, vec![ProjectionChange::Task(task_row(1))])?;
    assert_eq!(bench.store.open_tasks(None, 10)?.len(), 1);
    let finished = TaskRow { open: false, state: 12, ..task_row(1) };
    bench.committed(Batch { rows: vec![ProjectionChange::Task(finished)], ..Batch::default() })?;
    assert_eq!(bench.store.open_tasks(None, 10)?, []);
    bench.committed(Batch { rows: vec![ProjectionChange::Task(task_row(1))], ..Batch::default() })?;
    assert_eq!(bench.store.open_tasks(None, 10)?.len(), 1);
    Ok(())
}
