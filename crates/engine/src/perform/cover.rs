//! Who covers what a task requires: rules that a plan can keep, and a plan that keeps them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use divisi_domain::name::Name;
use divisi_domain::plan::PlanRules;
use divisi_llm::outputs::Decomposition;

/// Makes the rules such that a plan can keep them. The generalist stands in for what no selected specialist has, and what more
/// specialists than a plan may have subtasks would have to cover is not all asked for.
pub(super) fn made_possible(rules: &mut PlanRules) {
    stand_in(rules);
    let usable = usable(rules);
    let mut open: BTreeSet<Name> = rules.required_capabilities.iter().cloned().collect();
    let mut covered = BTreeSet::new();
    for _ in 0..rules.subtasks_max {
        let gain = |who: &Name| open.iter().filter(|capability| holds(rules, who, capability)).count();
        let rank =
            |(at, who): &(usize, &Name)| (gain(who), rules.generalist.as_ref() != Some(*who), Reverse(*at));
        let Some((_, best)) = usable.iter().enumerate().max_by_key(rank) else { break };
        let gained: BTreeSet<Name> =
            open.iter().filter(|capability| holds(rules, best, capability)).cloned().collect();
        if gained.is_empty() {
            break;
        }
        open.retain(|capability| !gained.contains(capability));
        covered.extend(gained);
    }
    rules.required_capabilities.retain(|capability| covered.contains(capability));
}

fn stand_in(rules: &mut PlanRules) {
    let Some(generalist) = rules.generalist.clone().filter(|name| usable(rules).contains(name)) else {
        return;
    };
    let selected = usable(rules);
    let required = rules.required_capabilities.iter();
    let nobodys =
        required.filter(|capability| !selected.iter().any(|who| holds(rules, who, capability))).cloned();
    let nobodys: Vec<Name> = nobodys.collect();
    rules.agent_types.entry(generalist).or_default().extend(nobodys);
}

/// Has what is required covered: a subtask that its specialist can be spared for goes to one who has what lacks; where none
/// can, and there is room, the last subtask is worked on by that one as well. What is to be done is as the manager wrote it.
pub(super) fn covered(plan: &mut Decomposition, rules: &PlanRules) {
    for capability in &rules.required_capabilities {
        if is_covered(plan, rules, capability, None) {
            continue;
        }
        let Some(able) = usable(rules).into_iter().find(|who| holds(rules, who, capability)) else {
            continue;
        };
        match spare(plan, rules, &able) {
            Some(at) => able.as_str().clone_into(&mut plan.subtasks[at].assigned_specialist),
            None if plan.subtasks.len() < usize::from(rules.subtasks_max) => {
                let Some(mut twin) = plan.subtasks.last().cloned() else { continue };
                able.as_str().clone_into(&mut twin.assigned_specialist);
                twin.id.clear();
                plan.subtasks.push(twin);
            }
            None => continue,
        }
        plan.dropped_specialists.retain(|dropped| dropped.agent_type != able.as_str());
    }
}

/// The last subtask that may go to another specialist, so that all that is covered stays so; of one who has more than one, if
/// there is such.
fn spare(plan: &Decomposition, rules: &PlanRules, able: &Name) -> Option<usize> {
    let spared = |at: &usize| {
        let required = rules.required_capabilities.iter();
        let mut now = required.filter(|capability| is_covered(plan, rules, capability, None));
        now.all(|capability| holds(rules, able, capability) || is_covered(plan, rules, capability, Some(*at)))
    };
    let has_more = |at: &usize| {
        let of_it = |one: usize| &plan.subtasks[one].assigned_specialist;
        (0..plan.subtasks.len()).any(|other| other != *at && of_it(other) == of_it(*at))
    };
    let all = || (0..plan.subtasks.len()).rev().filter(spared);
    all().find(has_more).or_else(|| all().next())
}

/// Whether the specialist of a subtask has it, of another one than `without`.
fn is_covered(plan: &Decomposition, rules: &PlanRules, capability: &Name, without: Option<usize>) -> bool {
    let mut others = plan.subtasks.iter().enumerate().filter(|(at, _)| Some(*at) != without);
    others.any(|(_, one)| one.assigned_specialist.parse().is_ok_and(|who| holds(rules, &who, capability)))
}

fn holds(rules: &PlanRules, who: &Name, capability: &Name) -> bool {
    rules.agent_types.get(who).is_some_and(|own| own.contains(capability))
}

fn usable(rules: &PlanRules) -> Vec<Name> {
    if rules.specialists.is_empty() {
        return rules.agent_types.keys().cloned().collect();
    }
    rules.specialists.clone()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use divisi_llm::outputs::{DroppedSpecialist, SubtaskDraft};

    use super::*;

    fn names(texts: &[&str]) -> Vec<Name> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn rules(selected: &[&str], required: &[&str], subtasks_max: u16) -> PlanRules {
        let crew: [(&str, &[&str]); 3] =
            [("researcher", &["search", "facts"]), ("chemist", &["chemistry"]), ("generalist", &["general"])];
        let types: BTreeMap<Name, BTreeSet<Name>> = crew
            .into_iter()
            .map(|(who, held)| (who.parse().unwrap(), names(held).into_iter().collect()))
            .collect();
        let mut rules = PlanRules {
            specialists: names(selected),
            required_capabilities: names(required),
            agent_types: types,
            generalist: Some(Name::from_static("generalist")),
            subtasks_max,
            ..PlanRules::default()
        };
        made_possible(&mut rules);
        rules
    }

    /// Selected specialists, required capabilities, subtasks at most, and what is asked for then.
    type Possible<'a> = (&'a [&'a str], &'a [&'a str], u16, &'a [&'a str]);

    #[test]
    fn a_plan_can_keep_its_rules() {
        let rows: [Possible<'_>; 6] = [
            (&["researcher", "generalist"], &["search", "general"], 2, &["search", "general"]),
            // One subtask has one specialist.
            (&["generalist", "researcher"], &["general", "search", "facts"], 1, &["search", "facts"]),
            (&["researcher", "generalist"], &["general", "search"], 1, &["search"]),
            // Nobody who was selected has it, and the generalist takes what is left.
            (&["researcher", "generalist"], &["chemistry", "search"], 2, &["chemistry", "search"]),
            (&["researcher"], &["chemistry", "search"], 2, &["search"]),
            (&[], &["chemistry", "search", "dance"], 3, &["chemistry", "search", "dance"]),
        ];
        for (selected, required, most, expected) in rows {
            let rules = rules(selected, required, most);
            assert_eq!(rules.required_capabilities, names(expected), "{selected:?} {required:?}");
        }
    }

    /// Specialists of a plan as written, selected ones, required capabilities, and the specialists of the plan as it is then.
    type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], &'a [&'a str]);

    #[test]
    fn what_is_required_goes_to_who_has_it() {
        let both = ["researcher", "generalist"];
        let all = ["researcher", "chemist", "generalist"];
        let rows: [Row<'_>; 6] = [
            (&["researcher", "researcher"], &both, &["search", "general"], &["researcher", "generalist"]),
            (&["researcher"], &both, &["search", "general"], &["researcher", "generalist"]),
            (&["researcher"], &both, &["general"], &["generalist"]),
            (&["generalist"], &both, &["search", "facts"], &["researcher"]),
            (
                &["researcher", "researcher", "chemist"],
                &all,
                &["search", "chemistry", "general"],
                &["researcher", "generalist", "chemist"],
            ),
            (&["researcher", "generalist"], &both, &["search"], &["researcher", "generalist"]),
        ];
        for (written, selected, required, expected) in rows {
            let subtask = |who: &&str| SubtaskDraft {
                assigned_specialist: (*who).to_owned(),
                title: "Find it".to_owned(),
                ..SubtaskDraft::default()
            };
            let dropped = DroppedSpecialist { agent_type: "generalist".to_owned(), reason: "e".to_owned() };
            let mut plan = Decomposition {
                subtasks: written.iter().map(subtask).collect(),
                dropped_specialists: vec![dropped],
            };
            covered(&mut plan, &rules(selected, required, 3));
            let now: Vec<&str> = plan.subtasks.iter().map(|one| one.assigned_specialist.as_str()).collect();
            assert_eq!(now, expected, "{written:?} {required:?}");
            assert!(plan.subtasks.iter().all(|one| one.title == "Find it"));
            let gained = expected.contains(&"generalist") && !written.contains(&"generalist");
            assert_eq!(plan.dropped_specialists.is_empty(), gained, "{written:?}");
        }
    }
}
