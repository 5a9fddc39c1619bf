use axum::Json;
use axum::extract::State;
use divisi_api::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use divisi_api::{Code, Page, Priority, TaskList, TaskStatus};
use divisi_domain::id::TaskId;
use divisi_store::search::{Filter as RowFilter, Ranking, search_tasks};
use divisi_store::{Order, Reads, Sort, TaskQuery, TaskRow};
use serde::Deserialize;

use super::status;
use crate::api::Api;
use crate::extract::Asked;
use crate::problem::Failure;
use crate::{validate, views};

/// Which tasks, and which page of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    q: Option<String>,
    status: Option<TaskStatus>,
    priority: Option<Priority>,
    from: Option<String>,
    to: Option<String>,
    sort: Option<SortBy>,
    order: Direction,
    page: Option<u32>,
    limit: Option<u32>,
    cursor: Option<TaskId>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SortBy {
    CreatedAt,
    UpdatedAt,
    Priority,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    #[default]
    Desc,
    Asc,
}

/// Tasks of the workspace, newest first unless asked otherwise; with `q` those that have all of its words.
pub(crate) async fn list(
    State(api): State<Api>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<TaskList>, Failure> {
    let limit = filter.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX);
    let page = filter.page.unwrap_or(1).max(1);
    let query = query(&filter, page, limit)?;
    let workspace = api.workspace();
    let (sorted, wanted, paged) = (filter.sort.is_some(), filter.status, query.clone());
    let found = match filter.q {
        None => api.read(move |reads| Ok(status::page(reads, workspace, &query, wanted)?)).await?,
        Some(words) => {
            validate::query(&words)?;
            let index = api.search().ok_or_else(no_index)?;
            let filters = !query.takes_all() || wanted.is_some();
            let passes = move |row: &TaskRow| query.matches(row) && status::has(row, wanted);
            let ranking = if sorted { Ranking::Column } else { Ranking::Words };
            let found = move |reads: &dyn Reads| {
                let filter = filters.then_some(&passes as RowFilter<'_>);
                search_tasks(reads, &*index, workspace, &words, &paged, ranking, filter)
            };
            api.read(move |reads| Ok(found(reads)?)).await?
        }
    };
    let full = found.rows.len() == limit as usize;
    let cursor = found.rows.last().filter(|_| full).map(|row| row.task);
    let pages = found.total.div_ceil(u64::from(limit));
    let pagination = Page { page, limit, total: found.total, pages, total_exact: found.total_exact };
    let tasks = found.rows.iter().map(views::task::summary).collect();
    Ok(Json(TaskList { tasks, pagination, cursor }))
}

fn no_index() -> Failure {
    Failure::new(
        Code::NoOwner,
        "There is no search index in this data folder yet: the next process that runs tasks here makes it, such as `divisi up`.",
    )
}

fn query(filter: &Filter, page: u32, limit: u32) -> Result<TaskQuery, Failure> {
    let time = |text: &Option<String>, field: &str| {
        let wrong = || Failure::new(Code::InvalidRequest, format!("'{field}' is no RFC 3339 time in UTC."));
        text.as_deref().map(|text| divisi_api::time::parse(text).ok_or_else(wrong)).transpose()
    };
    Ok(TaskQuery {
        states: filter.status.map(status::states).unwrap_or_default(),
        priorities: filter.priority.map(|priority| vec![priority as u8]).unwrap_or_default(),
        from: time(&filter.from, "from")?,
        to: time(&filter.to, "to")?,
        sort: match filter.sort {
            None | Some(SortBy::CreatedAt) => Sort::Created,
            Some(SortBy::UpdatedAt) => Sort::Updated,
            Some(SortBy::Priority) => Sort::Priority,
        },
        order: match filter.order {
            Direction::Desc => Order::Descending,
            Direction::Asc => Order::Ascending,
        },
        skip: if filter.cursor.is_some() { 0 } else { (page - 1).saturating_mul(limit) },
        after: filter.cursor,
        limit,
    })
}
