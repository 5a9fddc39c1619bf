//! Lists of tasks. Without a filter on states the index by creation gives the page; with one, each state's finished tasks
//! come from their index and the open ones, which are few, are looked through.

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_store::limits::{LIST_ROWS_MAX, TOTAL_EXACT_MAX};
use divisi_store::{Order, Result, Sort, TaskPage, TaskQuery, TaskRow};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::tasks::{TASK_COLUMNS, TASK_JOINS, task_row};
use super::{task_key, workspace_key};
use crate::reader::SqliteReader;

/// States that one query may name; more are looked through like none.
const STATES_BY_INDEX_MAX: usize = 16;

/// A query as SQL: the branches together give every matching task once.
struct Plan {
    branches: Vec<String>,
    values: Vec<Value>,
    sort: &'static str,
    direction: &'static str,
}

impl Plan {
    fn new(workspace: i64, query: &TaskQuery) -> Self {
        let mut values = vec![Value::Integer(workspace)];
        let mut filter = vec!["workspace = ?1".to_owned()];
        for (test, time) in [("created_at >=", query.from), ("created_at <", query.to)] {
            if let Some(time) = time {
                values.push(Value::Integer(time.as_millis()));
                filter.push(format!("{test} ?{}", values.len()));
            }
        }
        if !query.priorities.is_empty() {
            filter.push(format!("priority IN ({})", codes(&query.priorities)));
        }
        let sort = match query.sort {
            Sort::Created => "created_at",
            Sort::Updated => "updated_at",
            Sort::Priority => "priority",
        };
        let direction = match query.order {
            Order::Descending => "DESC",
            Order::Ascending => "ASC",
        };
        Self { branches: branches(&filter.join(" AND "), query), values, sort, direction }
    }

    /// Adds what only the page needs, not the count: the place to go on from.
    fn after(&mut self, sort_value: i64, key: i64) {
        self.values.push(Value::Integer(sort_value));
        let at = self.values.len();
        self.values.push(Value::Integer(key));
        let (sort, beyond) = (self.sort, if self.direction == "DESC" { '<' } else { '>' });
        let place =
            format!("{sort} {beyond}= ?{at} AND ({sort} {beyond} ?{at} OR stream {beyond} ?{})", at + 1);
        for branch in &mut self.branches {
            *branch = format!("{branch} AND {place}");
        }
    }

    fn page_sql(&self, skip: u32, limit: usize) -> String {
        let (sort, direction) = (self.sort, self.direction);
        let last = u64::from(skip) + limit as u64;
        let ordered = format!("ORDER BY {sort} {direction}, stream {direction}");
        let branches: Vec<_> = self
            .branches
            .iter()
            .map(|branch| {
                format!("SELECT * FROM (SELECT stream, {sort} FROM tasks {branch} {ordered} LIMIT {last})")
            })
            .collect();
        let keys = format!("{} {ordered} LIMIT {limit} OFFSET {skip}", branches.join(" UNION ALL "));
        format!(
            "SELECT {TASK_COLUMNS} FROM ({keys}) k JOIN tasks t ON t.stream = k.stream {TASK_JOINS} \
             ORDER BY k.{sort} {direction}, k.stream {direction}"
        )
    }

    /// Counts one more than is exact.
    fn count_sql(&self) -> String {
        let branches: Vec<_> =
            self.branches.iter().map(|branch| format!("SELECT 1 FROM tasks {branch}")).collect();
        format!("SELECT count(*) FROM ({} LIMIT {})", branches.join(" UNION ALL "), TOTAL_EXACT_MAX + 1)
    }
}

fn branches(filter: &str, query: &TaskQuery) -> Vec<String> {
    let states = &query.states;
    if states.is_empty() {
        return match query.sort {
            _ if query.from.is_some() || query.to.is_some() => by_created(filter),
            Sort::Created => by_created(filter),
            Sort::Updated => sorted("tasks_finished_by_update", filter),
            Sort::Priority => sorted("tasks_finished_by_priority", filter),
        };
    }
    let open = format!("INDEXED BY tasks_open WHERE open = 1 AND {filter} AND state IN ({})", codes(states));
    let mut distinct = states.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() > STATES_BY_INDEX_MAX {
        return vec![format!("INDEXED BY tasks_by_created WHERE {filter} AND state IN ({})", codes(states))];
    }
    let finished =
        |state: u8| format!("INDEXED BY tasks_finished WHERE open = 0 AND state = {state} AND {filter}");
    std::iter::once(open).chain(distinct.into_iter().map(finished)).collect()
}

fn by_created(filter: &str) -> Vec<String> {
    vec![format!("INDEXED BY tasks_by_created WHERE {filter}")]
}

/// Finished tasks in the order of an index, and the open ones, which no index orders.
fn sorted(index: &str, filter: &str) -> Vec<String> {
    let open = format!("INDEXED BY tasks_open WHERE open = 1 AND {filter}");
    vec![open, format!("INDEXED BY {index} WHERE open = 0 AND {filter}")]
}

fn codes(codes: &[u8]) -> String {
    codes.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

/// The place of the cursor; `None` if the task is not in the workspace.
fn place(
    connection: &Connection,
    workspace: WorkspaceId,
    task: TaskId,
    sort: &str,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let Some(key) = task_key(connection, workspace, task)? else { return Ok(None) };
    connection
        .prepare_cached(&format!("SELECT {sort} FROM tasks WHERE stream = ?1"))?
        .query_row([key], |row| Ok((row.get(0)?, key)))
        .optional()
}

fn select_rows(
    connection: &Connection,
    workspace: WorkspaceId,
    query: &TaskQuery,
    mut plan: Plan,
) -> rusqlite::Result<Vec<TaskRow>> {
    if let Some(cursor) = query.after {
        let Some((value, key)) = place(connection, workspace, cursor, plan.sort)? else {
            return Ok(Vec::new());
        };
        plan.after(value, key);
    }
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX).min(LIST_ROWS_MAX);
    let mut select = connection.prepare_cached(&plan.page_sql(query.skip, limit))?;
    select.query_map(params_from_iter(plan.values), |row| task_row(workspace, row))?.collect()
}

impl SqliteReader {
    pub(crate) fn select_page(&self, workspace: WorkspaceId, query: &TaskQuery) -> Result<TaskPage> {
        self.read_together(|connection| {
            let Some(key) = workspace_key(connection, workspace)? else {
                return Ok(TaskPage { rows: Vec::new(), total: 0, total_exact: true });
            };
            let plan = Plan::new(key, query);
            let mut count = connection.prepare_cached(&plan.count_sql())?;
            let count: u64 =
                count.query_row(params_from_iter(&plan.values), |row| row.get::<_, u32>(0))?.into();
            let rows = select_rows(connection, workspace, query, plan)?;
            Ok(TaskPage { rows, total: count.min(TOTAL_EXACT_MAX), total_exact: count <= TOTAL_EXACT_MAX })
        })
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::time::Timestamp;

    use super::*;

    /// How SQLite would find a page and its count.
    fn explained(query: &TaskQuery) -> String {
        let temp = tempfile::tempdir().unwrap();
        let connection =
            crate::connection::open_writer(&crate::DataFolder::open(temp.path()).unwrap()).unwrap();
        let plan = Plan::new(1, query);
        let mut lines = Vec::new();
        for sql in [plan.page_sql(query.skip, 20), plan.count_sql()] {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let rows =
                explain.query_map(params_from_iter(&plan.values), |row| row.get::<_, String>(3)).unwrap();
            lines.extend(rows.map(std::result::Result::unwrap));
        }
        lines.join("\n")
    }

    #[test]
    fn each_list_walks_its_index_and_reads_no_whole_table() {
        let default = TaskQuery { limit: 20, ..TaskQuery::default() };
        let rows = [
            (default.clone(), vec!["tasks_by_created (workspace=?)"]),
            (
                TaskQuery { from: Some(Timestamp::from_millis(1)), ..default.clone() },
                vec!["tasks_by_created (workspace=? AND created_at>?)"],
            ),
            (
                TaskQuery { sort: Sort::Updated, ..default.clone() },
                vec!["tasks_finished_by_update (workspace=?)", "tasks_open"],
            ),
            (
                TaskQuery { sort: Sort::Priority, ..default.clone() },
                vec!["tasks_finished_by_priority (workspace=?)", "tasks_open"],
            ),
            (
                TaskQuery { states: vec![11, 12], ..default },
                vec!["tasks_finished (workspace=? AND state=?)", "tasks_open"],
            ),
        ];
        for (query, indexes) in rows {
            let explained = explained(&query);
            for index in indexes {
                assert!(explained.contains(index), "{index} in {explained}");
            }
            assert!(!explained.contains("SCAN tasks\n") && !explained.contains("SCAN t\n"), "{explained}");
        }
    }
}
