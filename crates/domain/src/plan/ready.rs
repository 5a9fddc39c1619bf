//! What may run and what never will (spec/workflow.md, Subtasks). No barriers: a node waits only for
//! its own dependencies.

use minicbor::{Decode, Encode};

use super::graph::order;
use super::node::{Plan, PlanNode};

/// How a subtask ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Settled {
    /// Its solution was accepted.
    #[n(0)]
    Accepted,
    /// No cycle is left, or it was quarantined.
    #[n(1)]
    Failed,
    /// Something that it requires failed or was skipped.
    #[n(2)]
    Skipped,
}

/// What follows from the ends so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readiness {
    /// Unsettled and every dependency settled, none in the way. High priority first, then by number.
    /// Those that run already are among them.
    pub ready: Vec<u16>,
    /// Unsettled, and a required dependency failed or is skipped (transitively). Ascending.
    pub skipped: Vec<u16>,
    /// Unsettled, and some dependency still may end. Ascending.
    pub waiting: Vec<u16>,
}

enum Place {
    Ready,
    Skipped,
    Waiting,
}

/// Splits what is not settled yet. `settled` tells how a number ended, if it did.
pub fn readiness(plan: &Plan, settled: impl Fn(u16) -> Option<Settled>) -> Readiness {
    let mut ends: Vec<Option<Settled>> = plan.nodes.iter().map(|node| settled(node.number)).collect();
    let mut found = Readiness::default();
    for at in order(&plan.edges()) {
        if ends[at].is_some() {
            continue;
        }
        let node = &plan.nodes[at];
        match place(plan, node, &ends) {
            Place::Ready => found.ready.push(node.number),
            Place::Waiting => found.waiting.push(node.number),
            Place::Skipped => {
                ends[at] = Some(Settled::Skipped);
                found.skipped.push(node.number);
            }
        }
    }
    found
        .ready
        .sort_by_key(|&number| (plan.node(number).map(|node| std::cmp::Reverse(node.priority)), number));
    found.skipped.sort_unstable();
    found.waiting.sort_unstable();
    found
}

fn place(plan: &Plan, node: &PlanNode, ends: &[Option<Settled>]) -> Place {
    let end = |on| plan.position(on).and_then(|at| ends[at]);
    let lost = |on| matches!(end(on), Some(Settled::Failed | Settled::Skipped));
    if node.dependencies.iter().any(|edge| edge.required && lost(edge.on)) {
        return Place::Skipped;
    }
    if node.dependencies.iter().all(|edge| end(edge.on).is_some()) {
        return Place::Ready;
    }
    Place::Waiting
}
