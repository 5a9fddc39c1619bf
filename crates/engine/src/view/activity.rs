//! What is being done in a subtask at the moment, in a few words.

use divisi_domain::path::Node;
use divisi_domain::task::{Step, Task, call_request};

/// What the agent of a subtask does now; `None` where nothing of it is open.
pub fn activity(task: &Task, subtask: u16) -> Option<String> {
    task.steps.iter().rev().find_map(|(node, step)| describe(task, subtask, *node, step))
}

fn describe(task: &Task, wanted: u16, node: Node, step: &Step) -> Option<String> {
    let (text, number) = match node {
        Node::Model { subtask, turn, .. } => (format!("thinking, turn {turn}"), subtask),
        Node::Tool { subtask, .. } => {
            let tool = call_request(task, node).map_or("a tool", |call| call.tool.as_str());
            (format!("calling {tool}"), subtask)
        }
        Node::Review { subtask, .. } => ("in review".to_owned(), subtask),
        Node::Analyse
        | Node::Select
        | Node::Decompose { .. }
        | Node::Coordinate
        | Node::Synthesise { .. }
        | Node::FinalReview { .. } => return None,
    };
    let waiting = if step.in_flight() { "" } else { " (waiting)" };
    (number == wanted).then(|| text + waiting)
}
