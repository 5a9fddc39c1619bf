//! Progress where there is no terminal: one line for each thing worth telling.

use divisi_api::{EventView, WaitKind};
use serde_json::Value;

use super::Snapshot;

/// What was told already.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    waiting: Option<WaitKind>,
}

impl Lines {
    /// A wait that has begun.
    pub(crate) fn waiting(&mut self, snapshot: &Snapshot) -> Vec<String> {
        let waiting = snapshot.task.waiting_for.as_ref();
        let kind = waiting.map(|wait| wait.kind);
        if self.waiting == kind {
            return Vec::new();
        }
        self.waiting = kind;
        let worth = waiting.filter(|wait| wait.kind != WaitKind::Queued);
        worth.map(|wait| format!("waiting: {}", wait.detail)).into_iter().collect()
    }
}

/// The line of an event; most have none.
pub(super) fn line(event: &EventView, snapshot: &Snapshot) -> Option<String> {
    let text = |key: &str| event.data.get(key).and_then(Value::as_str);
    match event.kind.as_str() {
        "stage_entered" => {
            let stage = text("stage")?;
            let ends = matches!(stage, "completed" | "failed" | "cancelled");
            (!ends).then(|| format!("{} …", stage.replace('_', " ")))
        }
        "run_started" => {
            let cycle = event.data.get("cycle").and_then(Value::as_u64).unwrap_or(0);
            let again = if cycle == 0 { String::new() } else { format!(", run {}", cycle + 1) };
            Some(format!("{} begins{again}", subtask(event, snapshot)?))
        }
        "subtask_settled" => {
            Some(format!("{} is {}{}", subtask(event, snapshot)?, text("settled")?, score(event, snapshot)))
        }
        "run_failed" => Some(format!("{} brought nothing: {}", subtask(event, snapshot)?, text("reason")?)),
        "approval_requested" => Some("a decision is needed: divisi approvals list".to_owned()),
        "resumed" => Some("going on".to_owned()),
        "revision_requested" => Some("working on the revision".to_owned()),
        "recovered" => Some("going on after an interruption".to_owned()),
        _ => None,
    }
}

fn number(event: &EventView) -> Option<u16> {
    event.data.get("subtask").and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok())
}

fn subtask(event: &EventView, snapshot: &Snapshot) -> Option<String> {
    let number = number(event)?;
    let known = snapshot.plan.subtasks.iter().find(|subtask| subtask.number == number);
    let told = |subtask: &divisi_api::SubtaskView| {
        format!("subtask {number} “{}” ({})", subtask.title, subtask.agent_type)
    };
    Some(known.map_or_else(|| format!("subtask {number}"), told))
}

fn score(event: &EventView, snapshot: &Snapshot) -> String {
    let known = number(event)
        .and_then(|number| snapshot.plan.subtasks.iter().find(|subtask| subtask.number == number));
    let score = known.and_then(|subtask| subtask.score_hundredths);
    score.map_or(String::new(), |score| format!(" with {}.{:02}", score / 100, score % 100))
}
