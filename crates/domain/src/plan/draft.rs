//! What a model or a person wrote, before it is believed. Everything is text and optional.

use serde::{Deserialize, Serialize};

use super::node::{Complexity, Estimate, Priority};

/// A plan as written. Fields that validation does not read (titles, texts) are ignored here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanDraft {
    /// In the order written, which becomes the order of the numbers.
    pub subtasks: Vec<DraftSubtask>,
    /// Selected specialists that the plan deliberately does not use.
    pub dropped: Vec<DroppedSpecialist>,
}

/// One subtask as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DraftSubtask {
    /// A label for the references of this draft; it is only that.
    pub id: String,
    /// The agent type.
    #[serde(alias = "agent_type")]
    pub assigned_specialist: String,
    /// The capability that it needs, if it needs a particular one.
    pub capability: Option<String>,
    /// Labels of the subtasks whose solutions it receives.
    pub dependencies: Vec<DraftDependency>,
    /// How urgent.
    pub priority: Priority,
    /// How hard.
    pub complexity: Complexity,
    /// What it may take.
    pub estimate: Estimate,
}

/// An edge as written: a bare label, or a label with its flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DraftDependency {
    /// The solution helps, but is not needed.
    Label(String),
    /// The solution may be needed.
    Edge {
        /// Label of the subtask depended on.
        id: String,
        /// Whether the subtask is skipped without it.
        #[serde(default)]
        required: bool,
    },
}

impl DraftDependency {
    /// The label of the subtask depended on.
    pub fn label(&self) -> &str {
        match self {
            Self::Label(id) | Self::Edge { id, .. } => id,
        }
    }

    /// Whether the subtask is skipped without it.
    pub fn required(&self) -> bool {
        match self {
            Self::Label(_) => false,
            Self::Edge { required, .. } => *required,
        }
    }
}

/// A selected specialist that the plan does without.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DroppedSpecialist {
    /// The agent type.
    #[serde(alias = "type")]
    pub agent_type: String,
    /// Why; an empty reason is none.
    pub reason: String,
}
