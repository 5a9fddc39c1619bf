//! Whatever is drafted.

use proptest::prelude::*;

use super::*;

fn any_draft() -> impl Strategy<Value = PlanDraft> {
    prop::collection::vec(prop::collection::vec((0_u8..14, any::<bool>()), 0..4), 1..14).prop_map(|rows| {
        let edge = |(on, required): (u8, bool)| DraftDependency::Edge { id: on.to_string(), required };
        let one = |(at, edges): (usize, Vec<(u8, bool)>)| DraftSubtask {
            id: at.to_string(),
            dependencies: edges.into_iter().map(edge).collect(),
            ..subtask("", &[])
        };
        PlanDraft { subtasks: rows.into_iter().enumerate().map(one).collect(), dropped: Vec::new() }
    })
}

proptest! {
    /// A draft with a cycle never passes, and the cycle named is one: each edge of it is in the draft.
    #[test]
    fn named_cycles_are_cycles(draft in any_draft()) {
        let depends = |id: &str, on: &str| {
            let edges = draft.subtasks.iter().filter(|one| one.id == id).flat_map(|one| &one.dependencies);
            edges.into_iter().any(|edge| edge.label() == on)
        };
        match validate(&draft, &PlanRules { depth_max: 100, ..rules() }) {
            Ok(plan) => {
                let phases = phases(&plan);
                let phase = |number| phases.iter().position(|phase| phase.contains(&number)).unwrap();
                for node in &plan.nodes {
                    prop_assert!(node.dependencies.iter().all(|edge| phase(edge.on) < phase(node.number)));
                }
            }
            Err(errors) => for error in errors {
                if let PlanError::Cycle { ids } = error {
                    prop_assert!(ids.len() > 1);
                    for at in 0..ids.len() {
                        prop_assert!(depends(&ids[at], &ids[(at + 1) % ids.len()]));
                    }
                }
            }
        }
    }

    /// Whatever fails, a plan comes to its end: while something is not settled, something is ready or
    /// is to be skipped, and nothing becomes ready before its dependencies ended.
    #[test]
    fn a_plan_never_gets_stuck(draft in any_draft(), fates in prop::collection::vec(any::<bool>(), 14)) {
        let Ok(plan) = validate(&draft, &PlanRules { depth_max: 100, ..rules() }) else { return Ok(()) };
        let mut ends: BTreeMap<u16, Settled> = BTreeMap::new();
        while ends.len() < plan.nodes.len() {
            let found = readiness(&plan, |number| ends.get(&number).copied());
            prop_assert!(!found.ready.is_empty() || !found.skipped.is_empty());
            prop_assert_eq!(
                found.ready.len() + found.skipped.len() + found.waiting.len() + ends.len(),
                plan.nodes.len()
            );
            ends.extend(found.skipped.iter().map(|&number| (number, Settled::Skipped)));
            if let Some(&number) = found.ready.first() {
                let node = plan.node(number).unwrap();
                prop_assert!(node.dependencies.iter().all(|edge| ends.contains_key(&edge.on)));
                let end = if fates[usize::from(number) - 1] { Settled::Accepted } else { Settled::Failed };
                ends.insert(number, end);
            }
        }
        for node in &plan.nodes {
            let lost = |edge: &Dependency| edge.required && ends[&edge.on] != Settled::Accepted;
            prop_assert_eq!(node.dependencies.iter().any(lost), ends[&node.number] == Settled::Skipped);
        }
    }
}
