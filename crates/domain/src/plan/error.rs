//! What is wrong with a draft, in sentences that a model or a person can act on. They hold text of the
//! draft: they go into a prompt or an answer, never into an event (store [`PlanError::code`] there).

use crate::name::Name;

/// One defect of a draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No subtask at all.
    #[error("The plan has no subtasks. Write at least one.")]
    Empty,
    /// More subtasks than allowed.
    #[error(
        "The plan has {count} subtasks and at most {max} are allowed. Merge subtasks that belong together."
    )]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: u16,
    },
    /// The longest path has too many subtasks.
    #[error(
        "The longest chain of dependencies has {depth} subtasks and at most {max} are allowed. Remove dependencies that are not needed, so that more subtasks can run side by side."
    )]
    TooDeep {
        /// Phases that there are.
        depth: usize,
        /// Phases that there may be.
        max: u16,
    },
    /// A subtask without a label.
    #[error("Subtask number {position} has no id. Give every subtask an id of its own.")]
    MissingId {
        /// Its place in the draft, from 1.
        position: usize,
    },
    /// Two subtasks with one label.
    #[error("The id '{id}' is used by {count} subtasks. Give every subtask an id of its own.")]
    DuplicateId {
        /// The label.
        id: String,
        /// How many bear it.
        count: usize,
    },
    /// A dependency that names no subtask.
    #[error(
        "Subtask '{id}' depends on '{reference}', which is no subtask of this plan. Use the id of another subtask or remove the dependency."
    )]
    UnknownReference {
        /// The label of the subtask.
        id: String,
        /// The label that it names.
        reference: String,
    },
    /// A subtask that depends on itself.
    #[error("Subtask '{id}' depends on itself. Remove that dependency.")]
    SelfEdge {
        /// The label of the subtask.
        id: String,
    },
    /// Subtasks that wait for each other.
    #[error(
        "The subtasks {} wait for each other in a circle, so that none could start. Remove one of these dependencies.",
        ring(ids)
    )]
    Cycle {
        /// Each waits for the next one, the last for the first.
        ids: Vec<String>,
    },
    /// An agent type that the crew does not have.
    #[error(
        "Subtask '{id}' is assigned to '{agent_type}', which is no specialist of this crew. Use one of: {}.",
        list(known)
    )]
    UnknownAgentType {
        /// The label of the subtask.
        id: String,
        /// What was written.
        agent_type: String,
        /// What could have been written.
        known: Vec<Name>,
    },
    /// An agent type of the crew that was not selected for this task.
    #[error(
        "Subtask '{id}' is assigned to '{agent_type}', which was not selected for this task. Use one of: {}.",
        list(selected)
    )]
    NotSelected {
        /// The label of the subtask.
        id: String,
        /// What was written.
        agent_type: Name,
        /// What could have been written.
        selected: Vec<Name>,
    },
    /// A capability that the assigned specialist lacks.
    #[error(
        "Subtask '{id}' needs the capability '{capability}', which its specialist '{agent_type}' does not have. Assign another specialist or name another capability."
    )]
    LacksCapability {
        /// The label of the subtask.
        id: String,
        /// The specialist.
        agent_type: Name,
        /// What was written.
        capability: String,
    },
    /// A selected specialist without work and without a reason for that.
    #[error(
        "The selected specialist '{agent_type}' has no subtask. Give it one, or list it under 'dropped_specialists' with a reason."
    )]
    UnusedSpecialist {
        /// The specialist.
        agent_type: Name,
    },
    /// A required capability that no subtask's specialist has.
    #[error(
        "The task requires the capability '{capability}', which no subtask's specialist has. Add a subtask for {}.",
        one_of(who)
    )]
    UncoveredCapability {
        /// The capability.
        capability: Name,
        /// Agent types that have it.
        who: Vec<Name>,
    },
}

impl PlanError {
    /// A stable code, safe to store.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooMany { .. } => "too_many",
            Self::TooDeep { .. } => "too_deep",
            Self::MissingId { .. } => "missing_id",
            Self::DuplicateId { .. } => "duplicate_id",
            Self::UnknownReference { .. } => "unknown_reference",
            Self::SelfEdge { .. } => "self_edge",
            Self::Cycle { .. } => "cycle",
            Self::UnknownAgentType { .. } => "unknown_agent_type",
            Self::NotSelected { .. } => "not_selected",
            Self::LacksCapability { .. } => "lacks_capability",
            Self::UnusedSpecialist { .. } => "unused_specialist",
            Self::UncoveredCapability { .. } => "uncovered_capability",
        }
    }
}

fn list(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn one_of(names: &[Name]) -> String {
    if names.is_empty() {
        return "a generalist".to_owned();
    }
    format!("one of: {}", list(names))
}

fn ring(ids: &[String]) -> String {
    let quoted = |id: &String| format!("'{id}'");
    let first = ids.first().map(quoted);
    ids.iter().map(quoted).chain(first).collect::<Vec<_>>().join(" → ")
}
