use std::cmp::Reverse;

use divisi_domain::id::WorkspaceId;

use super::State;
use crate::limits::{LIST_ROWS_MAX, TOTAL_EXACT_MAX};
use crate::query::{OpenTask, Order, Sort, TaskPage, TaskQuery};
use crate::rows::TaskRow;
use crate::stream::StreamRef;

impl State {
    fn order_of(&self, row: &TaskRow) -> u64 {
        self.shelves.get(&StreamRef::new(row.workspace, row.task)).map_or(0, |shelf| shelf.order)
    }

    pub(super) fn open_tasks(&self, after: Option<&OpenTask>, limit: usize) -> Vec<OpenTask> {
        let rows = self.rows.values().filter_map(|rows| rows.task.as_ref()).filter(|row| row.open);
        let mut open: Vec<_> = rows.map(|row| ((Reverse(row.priority), self.order_of(row)), row)).collect();
        open.sort_by_key(|(key, _)| *key);
        let after = after.map(|task| {
            let order = self
                .shelves
                .get(&StreamRef::new(task.workspace, task.task))
                .map_or(u64::MAX, |shelf| shelf.order);
            (Reverse(task.priority), order)
        });
        let rest = open.into_iter().filter(|(key, _)| after.is_none_or(|after| *key > after)).take(limit);
        rest.map(|(_, row)| OpenTask { workspace: row.workspace, task: row.task, priority: row.priority })
            .collect()
    }

    pub(super) fn open_count(&self, resting: &[u8]) -> u64 {
        let rests = |row: &TaskRow| row.waiting.is_some_and(|waiting| resting.contains(&waiting.kind));
        let rows = self.rows.values().filter_map(|rows| rows.task.as_ref());
        rows.filter(|row| row.open && !rests(row)).count() as u64
    }

    pub(super) fn list(&self, workspace: WorkspaceId, query: &TaskQuery) -> TaskPage {
        let rows = self.rows.values().filter_map(|rows| rows.task.as_ref());
        let mut found: Vec<_> = rows
            .filter(|row| row.workspace == workspace && query.matches(row))
            .map(|row| ((sort_key(query.sort, row), self.order_of(row)), row))
            .collect();
        found.sort_by_key(|(key, _)| *key);
        if query.order == Order::Descending {
            found.reverse();
        }
        let total = found.len() as u64;
        let skip = usize::try_from(query.skip).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX).min(LIST_ROWS_MAX);
        let rows = self.after(workspace, query, found).into_iter().skip(skip).take(limit).cloned().collect();
        TaskPage { rows, total: total.min(TOTAL_EXACT_MAX), total_exact: total <= TOTAL_EXACT_MAX }
    }

    fn after<'a>(
        &self,
        workspace: WorkspaceId,
        query: &TaskQuery,
        found: Vec<((i64, u64), &'a TaskRow)>,
    ) -> Vec<&'a TaskRow> {
        let Some(cursor) = query.after else { return found.into_iter().map(|(_, row)| row).collect() };
        let row = self.rows.get(&StreamRef::new(workspace, cursor)).and_then(|rows| rows.task.as_ref());
        let Some(row) = row else { return Vec::new() };
        let cursor = (sort_key(query.sort, row), self.order_of(row));
        let beyond = |key: (i64, u64)| match query.order {
            Order::Descending => key < cursor,
            Order::Ascending => key > cursor,
        };
        found.into_iter().filter(|(key, _)| beyond(*key)).map(|(_, row)| row).collect()
    }
}

fn sort_key(sort: Sort, row: &TaskRow) -> i64 {
    match sort {
        Sort::Created => row.created_at.as_millis(),
        Sort::Updated => row.updated_at.as_millis(),
        Sort::Priority => i64::from(row.priority),
    }
}
