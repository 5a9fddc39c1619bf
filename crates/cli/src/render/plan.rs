//! A plan as text: phases, subtasks, what they wait for, and what it all may cost.

use divisi_api::{PlanView, SubtaskStatus};

use super::human::{cost, counted};
use super::list::columns;
use super::terminal::Terminal;

/// The column of what subtasks are thought to cost: there where the manager said so of one.
const ESTIMATE: usize = 8;

/// The plan, with a final newline.
pub(crate) fn plan_text(plan: &PlanView, terminal: &Terminal) -> String {
    if plan.subtasks.is_empty() {
        return "There is no plan yet.\n".to_owned();
    }
    let mut rows = vec![
        ["phase", "no", "state", "subtask", "agent", "after", "runs", "score", "estimate", "spent"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for subtask in &plan.subtasks {
        let after: Vec<String> = subtask.dependencies.iter().map(ToString::to_string).collect();
        let score = subtask
            .score_hundredths
            .map_or(String::new(), |score| format!("{}.{:02}", score / 100, score % 100));
        rows.push(vec![
            (subtask.phase + 1).to_string(),
            subtask.number.to_string(),
            word(subtask.status).to_owned(),
            subtask.title.clone(),
            subtask.agent_type.clone(),
            after.join(", "),
            subtask.runs.to_string(),
            score,
            estimate(subtask.estimated_micro_usd),
            cost(subtask.spent_micro_usd),
        ]);
    }
    if plan.subtasks.iter().all(|subtask| subtask.estimated_micro_usd == 0) {
        for row in &mut rows {
            row.remove(ESTIMATE);
        }
    }
    rows[1..].sort_by_key(|row| (row[0].parse::<u32>().unwrap_or(0), row[1].parse::<u32>().unwrap_or(0)));
    let mut parts = vec![columns(&rows, 3, terminal.list_width)];
    let path: Vec<String> = plan.critical_path.iter().map(ToString::to_string).collect();
    parts.push(format!(
        "\n{} in {}; the longest way goes over {} {}.",
        counted(plan.subtasks.len() as u64, "subtask"),
        counted(plan.phases.into(), "phase"),
        if path.len() == 1 { "subtask" } else { "subtasks" },
        path.join(" → ")
    ));
    if let Some(worst) = plan.worst_case_micro_usd {
        // Series of calls that all fail are not bounded, except by a cap.
        let unless = if worst > 0 { " while its providers answer" } else { "" };
        parts.push(format!(" The rest costs at most {}{unless}.", cost(worst)));
    }
    parts.push("\n".to_owned());
    if let Some(number) = plan.approval {
        parts.push(format!(
            "It waits for a decision: divisi approvals approve {0}.{number} · divisi approvals reject {0}.{number} -m TEXT\n",
            plan.task_id
        ));
    }
    parts.concat()
}

/// What the manager thinks that it costs, where it says so.
fn estimate(micro_usd: u64) -> String {
    if micro_usd == 0 { String::new() } else { cost(micro_usd) }
}

const fn word(status: SubtaskStatus) -> &'static str {
    match status {
        SubtaskStatus::Pending => "pending",
        SubtaskStatus::Running => "running",
        SubtaskStatus::InReview => "in review",
        SubtaskStatus::Revising => "revising",
        SubtaskStatus::Accepted => "accepted",
        SubtaskStatus::Failed => "failed",
        SubtaskStatus::Skipped => "skipped",
    }
}
