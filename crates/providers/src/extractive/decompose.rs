//! The manager's plan, from the form of the question and the structure of the documents.

mod check;
mod parts;

use divisi_llm::inputs::{AgentTypeBrief, DecomposeInput};
use divisi_llm::outputs::{Decomposition, DroppedSpecialist, QuestionForm, SubtaskDraft};

use super::question::asks_titles;

/// Writes the plan. It is valid by construction: labels are unique, dependencies known, no chain is longer than two.
pub(super) fn decompose(input: &DecomposeInput) -> Decomposition {
    let form = input.analysis.question_form;
    let mut subtasks = match form {
        QuestionForm::List | QuestionForm::Lookup if asks_titles(&input.task) => parts::outline(input),
        QuestionForm::Compare => parts::compare(input),
        QuestionForm::Data => parts::data(input),
        QuestionForm::Summarise => parts::summarise(input),
        QuestionForm::List => parts::list(input),
        QuestionForm::HowTo => parts::how_to(input),
        QuestionForm::Lookup | QuestionForm::Explain | QuestionForm::YesNo => parts::by_aspect(input),
    };
    check::keep_within_limits(&mut subtasks, input);
    assign(&mut subtasks, input);
    cover(&mut subtasks, input);
    let dropped_specialists = dropped(&subtasks, input);
    Decomposition { subtasks, dropped_specialists }
}

/// Deals the subtasks to the specialists in turn, those of the best specialist first.
fn assign(subtasks: &mut [SubtaskDraft], input: &DecomposeInput) {
    let names: Vec<&str> = input.selection.specialists.iter().map(|one| one.agent_type.as_str()).collect();
    let names = if names.is_empty() {
        input.agent_types.iter().map(|one| one.name.as_str()).collect()
    } else {
        names
    };
    for (subtask, name) in subtasks.iter_mut().zip(names.iter().cycle()) {
        (*name).clone_into(&mut subtask.assigned_specialist);
    }
}

/// A plan without a specialist for something that the task needs is not accepted: one more subtask brings him in.
fn cover(subtasks: &mut Vec<SubtaskDraft>, input: &DecomposeInput) {
    for capability in &input.analysis.required_capabilities {
        let has = |agent: &AgentTypeBrief| agent.capabilities.iter().any(|own| own.as_str() == capability);
        let holders: Vec<&str> =
            input.agent_types.iter().filter(|agent| has(agent)).map(|agent| agent.name.as_str()).collect();
        let covered = subtasks.iter().any(|subtask| holders.contains(&subtask.assigned_specialist.as_str()));
        if let (false, Some(holder)) = (covered, holders.first())
            && subtasks.len() < usize::from(input.subtasks_max)
        {
            let mut beside = parts::background(input, subtasks.len() + 1);
            (*holder).clone_into(&mut beside.assigned_specialist);
            subtasks.push(beside);
        }
    }
}

fn dropped(subtasks: &[SubtaskDraft], input: &DecomposeInput) -> Vec<DroppedSpecialist> {
    let used = |name: &str| subtasks.iter().any(|subtask| subtask.assigned_specialist == name);
    let idle = input.selection.specialists.iter().filter(|one| !used(&one.agent_type));
    idle.map(|one| DroppedSpecialist {
        agent_type: one.agent_type.clone(),
        reason: format!("The question needs only {} subtasks.", subtasks.len()),
    })
    .collect()
}

#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod tests;
