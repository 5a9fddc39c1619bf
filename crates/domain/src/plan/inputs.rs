//! What a subtask receives from those that it depends on.

use super::node::PlanNode;
use super::ready::Settled;

/// What one dependency hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Its accepted solution, the version that was accepted.
    Solution,
    /// Nothing: the input states that this subtask failed.
    FailedGap,
    /// Nothing: the input states that this subtask was skipped.
    SkippedGap,
}

/// One line of a subtask's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeInput {
    /// Number of the subtask it comes from.
    pub from: u16,
    /// What comes.
    pub received: Received,
}

/// The inputs of a node that is ready, by number of the dependency. `None` while one has not ended.
pub fn inputs(node: &PlanNode, settled: impl Fn(u16) -> Option<Settled>) -> Option<Vec<NodeInput>> {
    let one = |on: u16| {
        let received = match settled(on)? {
            Settled::Accepted => Received::Solution,
            Settled::Failed => Received::FailedGap,
            Settled::Skipped => Received::SkippedGap,
        };
        Some(NodeInput { from: on, received })
    };
    node.dependencies.iter().map(|edge| one(edge.on)).collect()
}
