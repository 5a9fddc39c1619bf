//! The graph as rows: state, subtask, agent, time, cost, what is being done.

use divisi_api::{SubtaskStatus, SubtaskView};
use divisi_domain::time::Timestamp;

use super::Snapshot;
use crate::render::{Paint, Terminal, cost, fit, span};

/// Subtask rows on the screen; a larger plan shows those that move and counts the rest.
const ROWS_MAX: usize = 20;
/// Columns that the activity keeps.
const ACTIVITY_MIN: usize = 20;
/// Columns that a title keeps, even where the activity has to go.
const TITLE_MIN: usize = 14;

/// The picture of a task at a moment, each row at most as wide as the terminal.
pub(crate) fn rows(snapshot: &Snapshot, terminal: &Terminal, now: Timestamp) -> Vec<String> {
    let paint = terminal.paint_progress();
    let mut rows = vec![head(snapshot, terminal, now)];
    let subtasks = chosen(&snapshot.plan.subtasks);
    let hidden = snapshot.plan.subtasks.len() - subtasks.len();
    let widths = Widths::of(&subtasks, terminal.width);
    rows.extend(subtasks.iter().map(|subtask| row(subtask, &widths, paint, now)));
    if hidden > 0 {
        rows.push(paint.dim(&format!("  and {hidden} more")));
    }
    if let Some(wait) = &snapshot.task.waiting_for {
        rows.push(paint.yellow(&fit(&format!("  waiting: {}", wait.detail), terminal.width)));
    }
    rows
}

fn head(snapshot: &Snapshot, terminal: &Terminal, now: Timestamp) -> String {
    let task = &snapshot.task;
    let money = match (task.spent_micro_usd, task.cap_micro_usd) {
        (spent, Some(cap)) => format!("{} of {}", cost(spent), cost(cap)),
        (spent, None) => cost(spent),
    };
    let stage = task.current_stage.replace('_', " ");
    let line = format!("{:>3} %  {stage} · {} · {money}", task.progress, span(now.since(task.created_at)));
    terminal.paint_progress().bold(&fit(&line, terminal.width))
}

/// All, or those that are not settled first.
fn chosen(subtasks: &[SubtaskView]) -> Vec<&SubtaskView> {
    let mut chosen: Vec<&SubtaskView> = subtasks.iter().collect();
    if chosen.len() > ROWS_MAX {
        let settled = |subtask: &SubtaskView| {
            matches!(subtask.status, SubtaskStatus::Accepted | SubtaskStatus::Failed | SubtaskStatus::Skipped)
        };
        let idle = |subtask: &SubtaskView| subtask.status == SubtaskStatus::Pending;
        chosen.sort_by_key(|subtask| (settled(subtask), idle(subtask), subtask.number));
        chosen.truncate(ROWS_MAX);
        chosen.sort_by_key(|subtask| subtask.number);
    }
    chosen
}

struct Widths {
    row: usize,
    title: usize,
    agent: usize,
    activity: usize,
}

impl Widths {
    /// State, number, time and cost take 31 columns; the rest is shared.
    fn of(subtasks: &[&SubtaskView], width: usize) -> Self {
        let longest = |text: fn(&SubtaskView) -> &str| {
            subtasks
                .iter()
                .map(|subtask| unicode_width::UnicodeWidthStr::width(text(subtask)))
                .max()
                .unwrap_or(0)
        };
        let room = width.saturating_sub(31).max(20);
        let agent = longest(|subtask| &subtask.agent_type).min(room / 4);
        let title = longest(title).min(room.saturating_sub(agent + 4 + ACTIVITY_MIN).max(TITLE_MIN));
        Self { row: width.saturating_sub(4), title, agent, activity: room.saturating_sub(agent + title + 4) }
    }
}

fn title(subtask: &SubtaskView) -> &str {
    if subtask.title.is_empty() { "(erased)" } else { &subtask.title }
}

fn row(subtask: &SubtaskView, widths: &Widths, paint: Paint, now: Timestamp) -> String {
    let time = subtask.started_at.map_or(String::new(), |begun| {
        if is_over(subtask.status) { String::new() } else { span(now.since(begun)) }
    });
    let spent = if subtask.spent_micro_usd == 0 { String::new() } else { cost(subtask.spent_micro_usd) };
    let activity = subtask.activity.clone().unwrap_or_else(|| scored(subtask));
    let text = format!(
        "{:>2} {}  {}  {:>10} {:>7}  {}",
        subtask.number,
        pad(title(subtask), widths.title),
        pad(&subtask.agent_type, widths.agent),
        time,
        spent,
        fit(&activity, widths.activity),
    );
    format!("  {} {}", mark(subtask.status, paint), fit(text.trim_end(), widths.row))
}

fn scored(subtask: &SubtaskView) -> String {
    let runs = if subtask.runs > 1 { format!(", {} runs", subtask.runs) } else { String::new() };
    match subtask.score_hundredths {
        Some(score) => format!("score {}.{:02}{runs}", score / 100, score % 100),
        None => String::new(),
    }
}

const fn is_over(status: SubtaskStatus) -> bool {
    matches!(status, SubtaskStatus::Accepted | SubtaskStatus::Failed | SubtaskStatus::Skipped)
}

fn mark(status: SubtaskStatus, paint: Paint) -> String {
    match status {
        SubtaskStatus::Pending => paint.dim("·"),
        SubtaskStatus::Running => paint.cyan("▸"),
        SubtaskStatus::InReview => paint.cyan("?"),
        SubtaskStatus::Revising => paint.yellow("↻"),
        SubtaskStatus::Accepted => paint.green("✓"),
        SubtaskStatus::Failed => paint.red("✗"),
        SubtaskStatus::Skipped => paint.dim("–"),
    }
}

/// The text in exactly so many columns.
fn pad(text: &str, columns: usize) -> String {
    let fitted = fit(text, columns);
    let missing = columns.saturating_sub(unicode_width::UnicodeWidthStr::width(fitted.as_str()));
    fitted + &" ".repeat(missing)
}
