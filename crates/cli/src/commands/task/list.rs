use divisi_api::{Completion, Priority, TaskList, TaskStatus, TaskSummary};
use divisi_domain::time::Timestamp;
use divisi_engine::driver::Clock as _;

use crate::args::task::{ListArgs, OrderArg, SortArg};
use crate::commands::World;
use crate::compose::{Need, ProcessClock, SessionError};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::{ago, columns, cost};

/// Prints tasks, newest first.
pub(super) async fn list(world: &World, args: &ListArgs) -> Result<Exit, Failure> {
    let status = args.status.as_deref().map(known_status).transpose()?;
    let session = match world.session(Need::Read).await {
        Ok(session) => session,
        Err(SessionError::Empty) if !args.json => {
            output::tell("There is no task yet. `divisi run` begins.");
            return Ok(Exit::Done);
        }
        Err(error) => return Err(error.into()),
    };
    let list = session.client.list(&query(args, status)).await?;
    if args.json {
        output::print_json(&list)?;
        return Ok(Exit::Done);
    }
    let now = ProcessClock::start(None).now();
    let mut rows = vec![["id", "status", "title", "crew", "cost", "submitted"].map(str::to_owned).to_vec()];
    rows.extend(list.tasks.iter().map(|task| row(task, now)));
    if rows.len() > 1 {
        output::print(&columns(&rows, 2, world.terminal.list_width))?;
    }
    output::tell_all(&after(args, &list));
    Ok(Exit::Done)
}

/// What is said below the rows: that there are none, or how to see more of them.
fn after(args: &ListArgs, list: &TaskList) -> Vec<String> {
    let page = list.pagination;
    let more = if page.total_exact { "" } else { " or more" };
    if page.total == 0 {
        return vec!["No task matches.".to_owned()];
    }
    if list.tasks.is_empty() && args.cursor.is_none() {
        return vec![format!("There is no page {}; the last one is page {}.", page.page, page.pages)];
    }
    match list.cursor {
        Some(cursor) if args.cursor.is_some() => vec![format!("--cursor {cursor} shows the next")],
        _ if u64::from(page.page) < page.pages => {
            vec![format!(
                "page {} of {}{more}: --page {} shows the next",
                page.page,
                page.pages,
                page.page + 1
            )]
        }
        _ => Vec::new(),
    }
}

fn query(args: &ListArgs, status: Option<TaskStatus>) -> String {
    let word = |value: Option<&str>| value.map(str::to_owned);
    let pairs = [
        ("q", args.search.clone()),
        ("status", word(status.map(TaskStatus::as_str))),
        ("priority", word(args.priority.map(|priority| Priority::from(priority).as_str()))),
        ("from", args.from.clone()),
        ("to", args.to.clone()),
        ("sort", word(args.sort.map(SortArg::word))),
        ("order", word(args.order.map(OrderArg::word))),
        ("cursor", args.cursor.map(|cursor| cursor.to_string())),
        ("page", args.cursor.is_none().then(|| args.page.to_string())),
        ("limit", Some(args.limit.to_string())),
    ];
    let given: Vec<(&str, String)> =
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    divisi_client::query(&given)
}

fn known_status(word: &str) -> Result<TaskStatus, Failure> {
    let words: Vec<&str> = TaskStatus::ALL.iter().map(|status| status.as_str()).collect();
    let unknown = || Failure::Input(format!("'{word}' is no status. There are: {}.", words.join(", ")));
    TaskStatus::from_word(word).ok_or_else(unknown)
}

fn row(task: &TaskSummary, now: Timestamp) -> Vec<String> {
    let status = match (task.status, task.completion, task.waiting_for, &task.reason) {
        (TaskStatus::Completed, Some(Completion::Partial), _, _) => "completed in part".to_owned(),
        (TaskStatus::Failed, _, _, Some(reason)) => format!("failed: {reason}"),
        (status, _, Some(wait), _) if !status.is_terminal() => {
            format!(
                "waits: {}",
                serde_json::to_value(wait)
                    .ok()
                    .and_then(|word| word.as_str().map(str::to_owned))
                    .unwrap_or_default()
            )
        }
        (status, ..) if !status.is_terminal() => {
            format!("{} {} %", status.as_str().replace('_', " "), task.progress)
        }
        (status, ..) => status.as_str().to_owned(),
    };
    vec![
        task.task_id.to_string(),
        status,
        if task.title.is_empty() { "(erased)".to_owned() } else { task.title.clone() },
        task.crew.clone(),
        cost(task.spent_micro_usd),
        ago(task.created_at, now),
    ]
}
