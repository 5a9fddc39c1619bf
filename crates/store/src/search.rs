//! Tasks by their words: what the index finds, as the filters of a list leave it.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use divisi_domain::id::{TaskId, WorkspaceId};

use crate::contract::Reads;
use crate::error::Result;
use crate::index::{Found, IndexKind, Place, Search};
use crate::limits::SEARCH_RANKED_MAX;
use crate::query::{Order, Sort, TaskPage, TaskQuery};
use crate::rows::TaskRow;

/// What a row must have to be in a list.
pub type Filter<'f> = &'f dyn Fn(&TaskRow) -> bool;

/// In which order what was found is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// By the place of the words, then the newest first.
    Words,
    /// As the query sorts.
    Column,
}

/// The page of `query` among the tasks that `words` find and that have what `filter` asks. Ranks at most 1,000 matches; where there
/// are more the total is not exact.
pub fn search_tasks(
    reads: &dyn Reads,
    index: &dyn Search,
    workspace: WorkspaceId,
    words: &str,
    query: &TaskQuery,
    ranking: Ranking,
    filter: Option<Filter<'_>>,
) -> Result<TaskPage> {
    let found = index.find(workspace, words)?;
    let total_exact = found.len() < SEARCH_RANKED_MAX;
    let mut ranked = ranked(found);
    if ranking == Ranking::Words && filter.is_none() {
        let total = ranked.len() as u64;
        ranked
            .drain(..first_of(query, |cursor| ranked.iter().position(|task| *task == cursor), ranked.len()));
        let rows = first_rows(reads, workspace, &ranked, query.limit)?;
        return Ok(TaskPage { rows, total, total_exact });
    }
    let mut rows = Vec::with_capacity(ranked.len());
    for task in ranked {
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

/// Each task once, by the best place of the words in it, then the newest first.
fn ranked(found: Vec<Found>) -> Vec<TaskId> {
    let mut tasks: BTreeMap<TaskId, Place> = BTreeMap::new();
    for one in found {
        let place = own_place(&one);
        let known = tasks.entry(TaskId::from_bytes(one.key.id)).or_insert(place);
        *known = place.min(*known);
    }
    let mut ranked: Vec<(Place, Reverse<TaskId>)> =
        tasks.into_iter().map(|(task, place)| (place, Reverse(task))).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, Reverse(task))| task).collect()
}

/// The title of a document or of a result is no title of its task.
fn own_place(found: &Found) -> Place {
    match (found.key.kind, found.place) {
        (IndexKind::Task, place) => place,
        (IndexKind::Result | IndexKind::Document, Place::Title | Place::Text) => Place::Text,
        (IndexKind::Result | IndexKind::Document, Place::TitleBegun | Place::TextBegun) => Place::TextBegun,
    }
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
    use crate::index::IndexKey;
    use crate::memory::MemoryStore;

    /// An index that has found this.
    struct Finds(Vec<Found>);

    impl Search for Finds {
        fn find(&self, _: WorkspaceId, _: &str) -> Result<Vec<Found>> {
            Ok(self.0.clone())
        }
    }

    fn found(number: u32, kind: IndexKind, place: Place) -> Found {
        let key = IndexKey { workspace: home(), kind, id: *task(number).as_bytes() };
        Found { key, place }
    }

    /// Tasks 1 to 6; 9 is in the index alone.
    fn index() -> Finds {
        let (of_task, of_result) = (IndexKind::Task, IndexKind::Result);
        Finds(vec![
            found(2, of_task, Place::Title),
            found(1, of_result, Place::Title),
            found(3, of_result, Place::Text),
            found(3, of_task, Place::Title),
            found(4, of_task, Place::Text),
            found(9, of_task, Place::Text),
            found(5, of_task, Place::TextBegun),
            found(6, IndexKind::Document, Place::TitleBegun),
        ])
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
    fn tasks_are_ranked_by_place_then_newest_first_each_once() {
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
}
