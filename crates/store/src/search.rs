//! Tasks by their words: what the index finds, as the filters of a list leave it.

use std::cmp::Ordering;
use std::collections::HashSet;

use divisi_domain::id::{TaskId, WorkspaceId};

use crate::contract::Reads;
use crate::error::Result;
use crate::index::{IndexKey, Search};
use crate::limits::{SEARCH_FIRST, SEARCH_RANKED_MAX};
use crate::query::{Order, Sort, TaskPage, TaskQuery};
use crate::rows::TaskRow;

/// What a row must have to be in a list.
pub type Filter<'f> = &'f dyn Fn(&TaskRow) -> bool;

/// In which order what was found is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// As the index has them: titles first, then the newest.
    Words,
    /// As the query sorts.
    Column,
}

/// The page of `query` among the tasks that `words` find and that have what `filter` asks. Looks for no more matches than the page
/// needs, and at most [`SEARCH_RANKED_MAX`]; where there may be more the total is not exact.
pub fn search_tasks(
    reads: &dyn Reads,
    index: &dyn Search,
    workspace: WorkspaceId,
    words: &str,
    query: &TaskQuery,
    ranking: Ranking,
    filter: Option<Filter<'_>>,
) -> Result<TaskPage> {
    if ranking == Ranking::Words && filter.is_none() {
        return by_words(reads, index, workspace, words, query);
    }
    let found = index.find(workspace, words, SEARCH_RANKED_MAX)?;
    let total_exact = found.len() < SEARCH_RANKED_MAX;
    let mut rows = Vec::with_capacity(found.len());
    for task in tasks(&found) {
        let row = reads.task(workspace, task)?;
        rows.extend(row.filter(|row| filter.is_none_or(|filter| filter(row))));
    }
    if ranking == Ranking::Column {
        rows.sort_by(|a, b| by_column(query, a, b));
    }
    let total = rows.len() as u64;
    let first = first_of(query, |cursor| rows.iter().position(|row| row.task == cursor), rows.len());
    let rows = rows.into_iter().skip(first).take(query.limit as usize).collect();
    Ok(TaskPage { rows, total, total_exact })
}

/// Only rows that are shown are read. The best matches are the same however many are looked for, so pages follow one another.
fn by_words(
    reads: &dyn Reads,
    index: &dyn Search,
    workspace: WorkspaceId,
    words: &str,
    query: &TaskQuery,
) -> Result<TaskPage> {
    let mut most = SEARCH_FIRST;
    loop {
        let found = index.find(workspace, words, most)?;
        let total_exact = found.len() < most;
        let tasks = tasks(&found);
        let first = first_of(query, |cursor| tasks.iter().position(|task| *task == cursor), tasks.len());
        let rows = first_rows(reads, workspace, &tasks[first..], query.limit)?;
        if rows.len() == query.limit as usize || total_exact || most == SEARCH_RANKED_MAX {
            return Ok(TaskPage { rows, total: tasks.len() as u64, total_exact });
        }
        most = SEARCH_RANKED_MAX;
    }
}

/// Each task once, where the first of its entries stands.
fn tasks(found: &[IndexKey]) -> Vec<TaskId> {
    let mut known = HashSet::with_capacity(found.len());
    let tasks = found.iter().map(|key| TaskId::from_bytes(key.id));
    tasks.filter(|task| known.insert(*task)).collect()
}

/// The rows of the first tasks. What is gone from the store is no match, whatever the index says.
fn first_rows(
    reads: &dyn Reads,
    workspace: WorkspaceId,
    tasks: &[TaskId],
    limit: u32,
) -> Result<Vec<TaskRow>> {
    let rows = tasks.iter().filter_map(|task| reads.task(workspace, *task).transpose());
    rows.take(limit as usize).collect()
}

fn first_of(query: &TaskQuery, place: impl Fn(TaskId) -> Option<usize>, all: usize) -> usize {
    match query.after {
        Some(cursor) => place(cursor).map_or(all, |place| place + 1),
        None => (query.skip as usize).min(all),
    }
}

fn by_column(query: &TaskQuery, a: &TaskRow, b: &TaskRow) -> Ordering {
    let column = match query.sort {
        Sort::Created => a.created_at.cmp(&b.created_at),
        Sort::Updated => a.updated_at.cmp(&b.updated_at),
        Sort::Priority => a.priority.cmp(&b.priority),
    };
    let ascending = column.then((a.created_at, a.task).cmp(&(b.created_at, b.task)));
    match query.order {
        Order::Ascending => ascending,
        Order::Descending => ascending.reverse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample::{Bench, home, task, task_row};
    use crate::index::{IndexKey, IndexKind};
    use crate::memory::MemoryStore;

    /// An index that has found these, in this order.
    struct Finds(Vec<IndexKey>);

    impl Search for Finds {
        fn find(&self, _: WorkspaceId, _: &str, most: usize) -> Result<Vec<IndexKey>> {
            Ok(self.0.iter().take(most).copied().collect())
        }
    }

    fn key(number: u32, kind: IndexKind) -> IndexKey {
        IndexKey { workspace: home(), kind, id: *task(number).as_bytes() }
    }

    /// Tasks 1 to 6; 9 is in the index alone.
    fn index() -> Finds {
        use IndexKind::{Document, Result, Task};
        let found =
            [(3, Task), (2, Task), (4, Task), (3, Result), (9, Task), (1, Result), (6, Document), (5, Task)];
        Finds(found.map(|(number, kind)| key(number, kind)).to_vec())
    }

    fn numbers(query: &TaskQuery, ranking: Ranking, filter: Option<Filter<'_>>) -> (Vec<u32>, u64) {
        let store = MemoryStore::new();
        let bench = Bench::new(&store);
        bench.open(1);
        for number in 1..=6 {
            bench.start_row(TaskRow { priority: (number % 2) as u8, ..task_row(number) }).unwrap();
        }
        let page = search_tasks(&store, &index(), home(), "words", query, ranking, filter).unwrap();
        assert!(page.total_exact);
        let number = |row: &TaskRow| (1..=6).find(|number| task(*number) == row.task).unwrap();
        (page.rows.iter().map(number).collect(), page.total)
    }

    #[test]
    fn tasks_stand_where_the_first_of_their_entries_stands_each_once() {
        let all = TaskQuery { limit: 20, ..TaskQuery::default() };
        // What the store does not have is passed over; it is counted, since only rows that are shown are read.
        assert_eq!(numbers(&all, Ranking::Words, None), (vec![3, 2, 4, 1, 6, 5], 7));
    }

    #[test]
    fn pages_follow_one_another() {
        let page = |skip, after| TaskQuery { limit: 2, skip, after, ..TaskQuery::default() };
        let rows = [
            (page(0, None), vec![3, 2]),
            (page(2, None), vec![4, 1]),
            (page(99, None), vec![]),
            (page(0, Some(task(2))), vec![4, 1]),
            (page(0, Some(task(5))), vec![]),
            (page(0, Some(task(77))), vec![]),
        ];
        for (query, expected) in rows {
            let whole = |_: &TaskRow| true;
            assert_eq!(numbers(&query, Ranking::Words, None).0, expected, "{query:?}");
            assert_eq!(numbers(&query, Ranking::Words, Some(&whole)), (expected, 6), "{query:?}, filtered");
        }
    }

    #[test]
    fn filters_and_columns_look_at_every_row() {
        let odd = |row: &TaskRow| row.priority == 1;
        let query = |order| TaskQuery { limit: 20, order, ..TaskQuery::default() };
        let (up, down) = (query(Order::Ascending), query(Order::Descending));
        assert_eq!(numbers(&down, Ranking::Words, Some(&odd)), (vec![3, 1, 5], 3));
        assert_eq!(numbers(&down, Ranking::Column, Some(&odd)), (vec![5, 3, 1], 3));
        assert_eq!(numbers(&up, Ranking::Column, None), (vec![1, 2, 3, 4, 5, 6], 6));
    }

    /// Two thousand entries of a task before those of the others: neither the first hundred matches fill a page, nor does a cursor
    /// lie among them.
    #[test]
    fn more_is_looked_for_where_the_first_matches_fill_no_page() {
        let store = MemoryStore::new();
        let bench = Bench::new(&store);
        bench.open(1);
        (1..=6).for_each(|number| bench.start_row(task_row(number)).unwrap());
        let many = |number, times| std::iter::repeat_n(key(number, IndexKind::Document), times);
        let page = |index: &Finds, after| {
            let query = TaskQuery { limit: 2, after, ..TaskQuery::default() };
            search_tasks(&store, index, home(), "words", &query, Ranking::Words, None).unwrap()
        };
        let shown = |page: &TaskPage| page.rows.iter().map(|row| row.task).collect::<Vec<_>>();
        let index = Finds(many(1, 99).chain(many(2, 1)).chain(many(3, 200)).chain(many(4, 1)).collect());
        let first = page(&index, None);
        assert_eq!((shown(&first), first.total, first.total_exact), (vec![task(1), task(2)], 2, false));
        let second = page(&index, Some(task(2)));
        assert_eq!((shown(&second), second.total, second.total_exact), (vec![task(3), task(4)], 4, true));
        let index = Finds(many(1, SEARCH_RANKED_MAX).chain(many(2, 1)).collect());
        let cut = page(&index, None);
        assert_eq!((shown(&cut), cut.total, cut.total_exact), (vec![task(1)], 1, false));
    }
}
