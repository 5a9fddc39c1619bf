//! Keeps a plan within the limits it was given.

use divisi_llm::inputs::DecomposeInput;
use divisi_llm::outputs::SubtaskDraft;

/// Cuts what is too many and dependencies that may not be.
pub(super) fn keep_within_limits(subtasks: &mut Vec<SubtaskDraft>, input: &DecomposeInput) {
    let max = usize::from(input.subtasks_max.max(1));
    if subtasks.len() > max {
        // The one that depends on the others comes last and is kept.
        let last = subtasks.pop();
        subtasks.truncate(max - 1);
        subtasks.extend(last);
    }
    let labels: Vec<String> = subtasks.iter().map(|subtask| subtask.id.clone()).collect();
    for subtask in subtasks {
        let own = subtask.id.clone();
        let keep = |label: &String| input.depth_max > 1 && *label != own && labels.contains(label);
        subtask.dependencies.retain(keep);
        subtask.required_dependencies.retain(keep);
    }
}
