//! Mends a plan where that takes nothing from what the manager meant: names that name nothing, and what it forgot to say.

use std::collections::BTreeSet;

use divisi_domain::plan::PlanRules;
use divisi_llm::outputs::{Decomposition, DroppedSpecialist, SubtaskDraft};

use super::cover::covered;

/// Why a specialist is dropped that the manager chose and then gave nothing to do.
const IDLE: &str = "The plan has no subtask for it.";

/// The plan with an own label for each subtask, with dependencies on other subtasks of the plan alone, with what is required
/// in the hands of who has it, and with every selected specialist used or dropped. Rings and unknown specialists are left as
/// they are: what was meant by these only the manager knows.
pub(super) fn mended(plan: &Decomposition, rules: &PlanRules) -> Decomposition {
    let mut plan = plan.clone();
    one_of_each(&mut plan.subtasks);
    covered(&mut plan, rules);
    for subtask in &mut plan.subtasks {
        let others = |label: &String| *label != subtask.id;
        subtask.dependencies.retain(others);
        subtask.required_dependencies.retain(others);
    }
    label(&mut plan.subtasks);
    let labels: BTreeSet<String> = plan.subtasks.iter().map(|subtask| subtask.id.clone()).collect();
    for subtask in &mut plan.subtasks {
        let own = subtask.id.clone();
        let names_another = |label: &String| *label != own && labels.contains(label);
        subtask.dependencies.retain(names_another);
        subtask.required_dependencies.retain(names_another);
    }
    for name in &rules.specialists {
        drop_idle(&mut plan, name.as_str());
    }
    plan
}

/// What is written twice, word by word and with the same label, is one subtask.
fn one_of_each(subtasks: &mut Vec<SubtaskDraft>) {
    let mut seen: Vec<SubtaskDraft> = Vec::new();
    subtasks.retain(|subtask| {
        let is_new = !seen.contains(subtask);
        if is_new {
            seen.push(subtask.clone());
        }
        is_new
    });
}

/// A label that is missing becomes the subtask's position; so does the second use of one, unless something depends on it.
fn label(subtasks: &mut [SubtaskDraft]) {
    let named: BTreeSet<String> = subtasks
        .iter()
        .flat_map(|subtask| subtask.dependencies.iter().chain(&subtask.required_dependencies).cloned())
        .collect();
    let mut used: BTreeSet<String> = subtasks.iter().map(|subtask| subtask.id.clone()).collect();
    let mut seen = BTreeSet::new();
    for (position, subtask) in (1..).zip(subtasks) {
        let is_blank = subtask.id.trim().is_empty();
        let is_double = !seen.insert(subtask.id.clone()) && !named.contains(&subtask.id);
        if is_blank || is_double {
            subtask.id = free(position, &used);
            used.insert(subtask.id.clone());
            seen.insert(subtask.id.clone());
        }
    }
}

/// `s3` for the third, or what is free behind it.
fn free(position: usize, used: &BTreeSet<String>) -> String {
    let mut label = format!("s{position}");
    while used.contains(&label) {
        label.push('x');
    }
    label
}

fn drop_idle(plan: &mut Decomposition, name: &str) {
    if plan.subtasks.iter().any(|subtask| subtask.assigned_specialist == name) {
        return;
    }
    let reasoned = |one: &DroppedSpecialist| one.agent_type == name && !one.reason.trim().is_empty();
    if !plan.dropped_specialists.iter().any(reasoned) {
        plan.dropped_specialists.retain(|one| one.agent_type != name);
        plan.dropped_specialists
            .push(DroppedSpecialist { agent_type: name.to_owned(), reason: IDLE.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;

    use super::*;

    fn plan(subtasks: &[(&str, &[&str])]) -> Decomposition {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let subtask = |(id, on): &(&str, &[&str])| SubtaskDraft {
            id: (*id).to_owned(),
            assigned_specialist: "researcher".to_owned(),
            dependencies: texts(on),
            required_dependencies: texts(on),
            ..SubtaskDraft::default()
        };
        Decomposition { subtasks: subtasks.iter().map(subtask).collect(), ..Decomposition::default() }
    }

    type Drafts<'a> = &'a [(&'a str, &'a [&'a str])];

    #[test]
    fn names_that_name_nothing_go_and_all_others_stay() {
        let rows: [(Drafts<'_>, Drafts<'_>); 10] = [
            (&[("", &[])], &[("s1", &[])]),
            (&[("", &[]), (" ", &["s1"]), ("s2", &[])], &[("s1", &[]), ("s2x", &["s1"]), ("s2", &[])]),
            (&[("a", &["document_search", "a"]), ("b", &["a"])], &[("a", &[]), ("b", &["a"])]),
            (&[("a", &[]), ("a", &["b"]), ("b", &[])], &[("a", &[]), ("s2", &["b"]), ("b", &[])]),
            // The same twice is one, and what depends on its own label on nothing.
            (&[("a", &[]), ("a", &[]), ("b", &["a"])], &[("a", &[]), ("b", &["a"])]),
            (&[("a", &["a"]), ("a", &["a"])], &[("a", &[])]),
            (&[("a", &["a"]), ("a", &["a", "b"]), ("b", &[])], &[("a", &[]), ("s2", &["b"]), ("b", &[])]),
            // Which of the two is meant nobody knows.
            (
                &[("a", &[]), ("a", &["c"]), ("b", &["a"]), ("c", &[])],
                &[("a", &[]), ("a", &["c"]), ("b", &["a"]), ("c", &[])],
            ),
            (&[("a", &["b"]), ("b", &["a"])], &[("a", &["b"]), ("b", &["a"])]),
            (&[("a", &[]), ("b", &["a"])], &[("a", &[]), ("b", &["a"])]),
        ];
        for (written, expected) in rows {
            assert_eq!(mended(&plan(written), &PlanRules::default()), plan(expected), "{written:?}");
        }
    }

    #[test]
    fn a_specialist_without_work_is_dropped_with_a_reason() {
        let [researcher, idle, told] = ["researcher", "idle", "told"].map(Name::from_static);
        let dropped = |name: &str, reason: &str| DroppedSpecialist {
            agent_type: name.to_owned(),
            reason: reason.to_owned(),
        };
        let mut written = plan(&[("a", &[])]);
        written.dropped_specialists = vec![dropped("idle", " "), dropped("told", "It knows no law.")];
        let rules = PlanRules { specialists: vec![researcher, idle, told], ..PlanRules::default() };
        let mended = mended(&written, &rules);
        assert_eq!(mended.dropped_specialists, [dropped("told", "It knows no law."), dropped("idle", IDLE)]);
    }
}
