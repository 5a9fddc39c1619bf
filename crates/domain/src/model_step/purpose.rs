use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::path::Node;

/// What a model call is for. Routes, temperatures, schemas and prompts are chosen by purpose.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Purpose {
    /// The manager analyses the task.
    #[n(0)]
    Analyse,
    /// The manager selects specialists.
    #[n(1)]
    Select,
    /// The manager writes the plan.
    #[n(2)]
    Decompose,
    /// A specialist works on a subtask.
    #[n(3)]
    Work,
    /// The manager reviews a solution.
    #[n(4)]
    Review,
    /// The coordinator collects.
    #[n(5)]
    Coordinate,
    /// The analyst writes the report.
    #[n(6)]
    Synthesise,
    /// The manager reviews the report.
    #[n(7)]
    FinalReview,
}

impl Purpose {
    /// All purposes, in the order of the workflow.
    pub const ALL: [Self; 8] = [
        Self::Analyse,
        Self::Select,
        Self::Decompose,
        Self::Work,
        Self::Review,
        Self::Coordinate,
        Self::Synthesise,
        Self::FinalReview,
    ];

    /// The name in configuration, tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Analyse => "analyse",
            Self::Select => "select",
            Self::Decompose => "decompose",
            Self::Work => "work",
            Self::Review => "review",
            Self::Coordinate => "coordinate",
            Self::Synthesise => "synthesise",
            Self::FinalReview => "final_review",
        }
    }

    /// What a model is called for at `node`; `None` where the node is a tool call.
    pub const fn of(node: Node) -> Option<Self> {
        match node {
            Node::Analyse => Some(Self::Analyse),
            Node::Select => Some(Self::Select),
            Node::Decompose { .. } => Some(Self::Decompose),
            Node::Model { .. } => Some(Self::Work),
            Node::Tool { .. } => None,
            Node::Review { .. } => Some(Self::Review),
            Node::Coordinate => Some(Self::Coordinate),
            Node::Synthesise { .. } => Some(Self::Synthesise),
            Node::FinalReview { .. } => Some(Self::FinalReview),
        }
    }
}
