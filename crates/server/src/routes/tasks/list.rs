use axum::Json;
use axum::extract::State;
use divisi_api::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use divisi_api::{Code, Page, Priority, TaskList, TaskStatus};
use divisi_domain::id::TaskId;
use divisi_domain::task::TaskState;
use divisi_store::{Order, Sort, TaskQuery};
use serde::Deserialize;

use crate::api::Api;
use crate::extract::Asked;
use crate::problem::Failure;
use crate::views;

/// Which tasks, and which page of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    status: Option<TaskStatus>,
    priority: Option<Priority>,
    from: Option<String>,
    to: Option<String>,
    sort: SortBy,
    order: Direction,
    page: Option<u32>,
    limit: Option<u32>,
    cursor: Option<TaskId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SortBy {
    #[default]
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

/// Tasks of the workspace, newest first unless asked otherwise.
pub(crate) async fn list(
    State(api): State<Api>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<TaskList>, Failure> {
    let limit = filter.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX);
    let page = filter.page.unwrap_or(1).max(1);
    let query = query(&filter, page, limit)?;
    let workspace = api.workspace();
    let found = api.read(move |reads| Ok(reads.tasks(workspace, &query)?)).await?;
    let full = found.rows.len() == limit as usize;
    let cursor = found.rows.last().filter(|_| full).map(|row| row.task);
    let pages = found.total.div_ceil(u64::from(limit));
    let pagination = Page { page, limit, total: found.total, pages, total_exact: found.total_exact };
    let tasks = found.rows.iter().map(views::task::summary).collect();
    Ok(Json(TaskList { tasks, pagination, cursor }))
}

fn query(filter: &Filter, page: u32, limit: u32) -> Result<TaskQuery, Failure> {
    let time = |text: &Option<String>, field: &str| {
        let wrong = || Failure::new(Code::InvalidRequest, format!("'{field}' is no RFC 3339 time in UTC."));
        text.as_deref().map(|text| divisi_api::time::parse(text).ok_or_else(wrong)).transpose()
    };
    Ok(TaskQuery {
        states: filter.status.map(states).unwrap_or_default(),
        priorities: filter.priority.map(|priority| vec![priority as u8]).unwrap_or_default(),
        from: time(&filter.from, "from")?,
        to: time(&filter.to, "to")?,
        sort: match filter.sort {
            SortBy::CreatedAt => Sort::Created,
            SortBy::UpdatedAt => Sort::Updated,
            SortBy::Priority => Sort::Priority,
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

/// Codes of the states that a row of this status may have.
fn states(status: TaskStatus) -> Vec<u8> {
    use TaskState as S;
    let states: &[S] = match status {
        TaskStatus::Pending => &[S::Pending],
        TaskStatus::InProgress => {
            &[S::TaskAnalysis, S::SpecialistSelection, S::TaskDecomposition, S::SpecialistExecution]
        }
        TaskStatus::AwaitingApproval => &[S::TaskDecomposition, S::ManagerFinalReview],
        TaskStatus::ManagerReview => &[S::ManagerReview, S::ManagerFinalReview],
        TaskStatus::RevisionPending | TaskStatus::RevisionInProgress => &[S::RevisionRequired],
        TaskStatus::Coordination => &[S::Coordination],
        TaskStatus::Synthesis => &[S::Synthesis],
        TaskStatus::Completed => &[S::Completed],
        TaskStatus::Failed => &[S::Failed],
        TaskStatus::Cancelled => &[S::Cancelled],
    };
    states.iter().map(|state| state.code()).collect()
}
