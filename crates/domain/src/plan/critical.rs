//! How long a plan takes at least, and how long one worker alone would need.

use super::graph::order;
use super::node::Plan;
use crate::time::Millis;

/// The longest path by duration: no number of workers is faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriticalPath {
    /// The sum of the durations on the path.
    pub total: Millis,
    /// The nodes on it, from the first to the last.
    pub numbers: Vec<u16>,
}

/// The critical path, where node `n` takes `duration(n)`. Fan-out of a `map` counts once: its items
/// run side by side. Of equal paths the one through the lowest numbers.
pub fn critical_path(plan: &Plan, duration: impl Fn(u16) -> Millis) -> CriticalPath {
    let edges = plan.edges();
    let mut end = vec![0_u64; edges.len()];
    let mut before: Vec<Option<usize>> = vec![None; edges.len()];
    for at in order(&edges) {
        let latest = edges[at].iter().copied().reduce(|best, on| if end[on] > end[best] { on } else { best });
        before[at] = latest;
        end[at] = latest.map_or(0, |on| end[on]).saturating_add(duration(plan.nodes[at].number).0);
    }
    let last = (0..edges.len()).reduce(|best, at| if end[at] > end[best] { at } else { best });
    let mut numbers: Vec<u16> =
        std::iter::successors(last, |&at| before[at]).map(|at| plan.nodes[at].number).collect();
    numbers.reverse();
    CriticalPath { total: Millis(last.map_or(0, |at| end[at])), numbers }
}

/// The time of one worker alone: each node `width(n)` times (1, or the items of its `map`).
pub fn sequential(plan: &Plan, duration: impl Fn(u16) -> Millis, width: impl Fn(u16) -> u32) -> Millis {
    let spent = |number| duration(number).0.saturating_mul(u64::from(width(number)));
    Millis(plan.nodes.iter().fold(0, |sum, node| sum.saturating_add(spent(node.number))))
}
