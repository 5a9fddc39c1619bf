//! The plan as data, pinned per task. Titles and texts of its subtasks lie in the draft's blob.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::money::MicroUsd;
use crate::name::Name;

/// How urgent a subtask is; orders what is ready.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// After the others.
    #[n(0)]
    Low,
    /// The usual.
    #[default]
    #[n(1)]
    Medium,
    /// Before the others.
    #[n(2)]
    High,
}

/// How much a task or subtask asks of whoever does it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Complexity {
    /// One question, one source.
    #[n(0)]
    Simple,
    /// The usual.
    #[default]
    #[n(1)]
    Moderate,
    /// Several questions, several sources.
    #[n(2)]
    Complex,
}

impl Complexity {
    /// The name in API, rules and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Moderate => "moderate",
            Self::Complex => "complex",
        }
    }
}

/// What the planner expects of a subtask. Shown to people; it steers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(default)]
pub struct Estimate {
    /// Tokens, input and output.
    #[n(0)]
    pub tokens: u64,
    /// Seconds of work.
    #[n(1)]
    pub seconds: u64,
    /// Money.
    #[n(2)]
    #[serde(rename = "cost_micro_usd")]
    pub cost: MicroUsd,
}

/// An edge: the subtask whose solution is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(array)]
pub struct Dependency {
    /// Number of the subtask depended on.
    #[n(0)]
    pub on: u16,
    /// Without that solution there is nothing to do: a failed one skips this subtask.
    #[n(1)]
    pub required: bool,
}

/// One subtask of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PlanNode {
    /// Unique in the task and never reused, not even by a later plan.
    #[n(0)]
    pub number: u16,
    /// Who does it.
    #[n(1)]
    pub agent_type: Name,
    /// What the agent must be able to do; `None` asks only for the type.
    #[n(2)]
    pub capability: Option<Name>,
    /// Orders what is ready.
    #[n(3)]
    pub priority: Priority,
    /// As the planner saw it.
    #[n(4)]
    pub complexity: Complexity,
    /// Sorted by number, each once.
    #[n(5)]
    pub dependencies: Vec<Dependency>,
    /// As the planner saw it.
    #[n(6)]
    pub estimate: Estimate,
}

/// A plan that validated: numbers unique and ascending, references known, no cycle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Plan {
    /// Sorted by number. Node `i` of the draft has the number `first_number + i`.
    #[n(0)]
    pub nodes: Vec<PlanNode>,
}

impl Plan {
    /// The node with this number.
    pub fn node(&self, number: u16) -> Option<&PlanNode> {
        self.position(number).and_then(|at| self.nodes.get(at))
    }

    /// The sum of what the planner expects of every node.
    pub fn estimate(&self) -> Estimate {
        self.nodes.iter().fold(Estimate::default(), |sum, node| Estimate {
            tokens: sum.tokens.saturating_add(node.estimate.tokens),
            seconds: sum.seconds.saturating_add(node.estimate.seconds),
            cost: sum.cost + node.estimate.cost,
        })
    }

    pub(super) fn position(&self, number: u16) -> Option<usize> {
        self.nodes.binary_search_by_key(&number, |node| node.number).ok()
    }

    /// The edges as positions: `result[i]` are the nodes that node `i` waits for.
    pub(super) fn edges(&self) -> Vec<Vec<usize>> {
        let known = |edge: &Dependency| self.position(edge.on);
        self.nodes.iter().map(|node| node.dependencies.iter().filter_map(known).collect()).collect()
    }
}
