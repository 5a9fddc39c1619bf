//! The last lines of a command about a task: how it ended, what it cost, and how to look closer.

use divisi_api::{Completion, TaskStatus, TaskView};

use crate::render::{cost, span};

/// The lines, for standard error.
pub(crate) fn closing(task: &TaskView) -> Vec<String> {
    let id = task.task_id;
    let took = task
        .completed_at
        .filter(|_| task.pass == 1)
        .map(|at| format!(" in {}", span(at.since(task.created_at))))
        .unwrap_or_default();
    let price = format!("{}, {}", cost(task.spent_micro_usd), calls(task));
    let look = format!("Look closer: divisi task show {id} (also: plan, events)");
    match (task.status, task.completion) {
        (TaskStatus::Completed, Some(Completion::Partial)) => {
            let mut lines = vec![format!("Partly done{took}: {price}. What is missing:")];
            lines.extend(task.missing.iter().map(|missing| format!("  - {missing}")));
            lines.push(look);
            lines
        }
        (TaskStatus::Completed, _) => vec![format!("Done{took}: {price}."), look],
        (TaskStatus::Failed, _) => vec![
            format!(
                "Failed{took} ({}): {}",
                task.reason.as_deref().unwrap_or("unknown"),
                task.reason_detail.as_deref().unwrap_or("")
            ),
            format!("Cost: {price}. Go on from there: divisi task resume {id}"),
            look,
        ],
        (TaskStatus::Cancelled, _) => vec![format!("Cancelled{took}: {price}."), look],
        _ => match &task.waiting_for {
            Some(wait) => vec![format!("The task waits: {}", wait.detail), look],
            None => vec![look],
        },
    }
}

/// How many calls there were, and how many of them asked nobody.
pub(crate) fn calls(task: &TaskView) -> String {
    let taken = match task.cached_calls {
        0 => String::new(),
        taken => format!(" ({taken} from the cache)"),
    };
    format!("{} model calls{taken}", task.model_calls)
}
