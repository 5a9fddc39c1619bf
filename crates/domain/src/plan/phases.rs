//! Phases, computed from the edges.

use super::graph::levels;
use super::node::Plan;

/// The numbers of each phase, ascending. A node stands one phase after the latest of those that it
/// waits for, so `result.len()` is the depth of the plan. Phases are for people: nothing waits at
/// their ends.
pub fn phases(plan: &Plan) -> Vec<Vec<u16>> {
    let levels = levels(&plan.edges());
    let depth = levels.iter().flatten().max().map_or(0, |deepest| deepest + 1);
    let mut phases = vec![Vec::new(); depth];
    for (node, level) in plan.nodes.iter().zip(levels) {
        if let Some(level) = level {
            phases[level].push(node.number);
        }
    }
    phases
}
