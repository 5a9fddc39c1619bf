//! Tasks by their words: what the index finds, as the filters of a list leave it.

use std::cmp::Ordering;
use std::collections::HashMap;

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_store::limits::SEARCH_RANKED_MAX;
use divisi_store::{IndexKind, Order, Reads, Result, Search, Sort, TaskPage, TaskQuery, TaskRow};

/// A row, and whether its own title has every word.
type Match = (TaskRow, bool);

/// The page of `query` among the tasks that `words` find and `keep` lets pass. Without `sorted` those come first whose title has every word,
/// then the newest. Ranks the newest 1,000 matches; where there are more the total is not exact.
pub(crate) fn search(
    reads: &dyn Reads,
    index: &dyn Search,
    workspace: WorkspaceId,
    words: &str,
    query: &TaskQuery,
    sorted: bool,
    keep: impl Fn(&TaskRow) -> bool,
) -> Result<TaskPage> {
    let found = index.find(workspace, words)?;
    let total_exact = found.len() < SEARCH_RANKED_MAX;
    let mut tasks: HashMap<TaskId, bool> = HashMap::new();
    for one in found {
        let titled = one.in_title && one.key.kind == IndexKind::Task;
        *tasks.entry(TaskId::from_bytes(one.key.id)).or_default() |= titled;
    }
    let mut matches: Vec<Match> = Vec::with_capacity(tasks.len());
    for (task, titled) in tasks {
        // What is gone from the store is no match, whatever the index says.
        let row = reads.task(workspace, task)?;
        matches.extend(row.filter(|row| keep(row)).map(|row| (row, titled)));
    }
    matches.sort_by(|a, b| if sorted { by_column(query, &a.0, &b.0) } else { by_rank(a, b) });
    let total = matches.len() as u64;
    let rows = page(matches, query);
    Ok(TaskPage { rows, total, total_exact })
}

fn by_rank(a: &Match, b: &Match) -> Ordering {
    (b.1, b.0.created_at, b.0.task).cmp(&(a.1, a.0.created_at, a.0.task))
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

fn page(matches: Vec<Match>, query: &TaskQuery) -> Vec<TaskRow> {
    let place = |cursor| matches.iter().position(|(row, _)| row.task == cursor).map(|place| place + 1);
    let start = match query.after {
        Some(cursor) => place(cursor).unwrap_or(matches.len()),
        None => query.skip as usize,
    };
    matches.into_iter().skip(start).take(query.limit as usize).map(|(row, _)| row).collect()
}
