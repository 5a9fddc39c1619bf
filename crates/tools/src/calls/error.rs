//! Why a call did not answer. Every variant is told to the model; none stops the task by itself.

use divisi_domain::name::Name;
use serde_json::{Value, json};

/// A refused or failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// The model named a tool that does not exist. Nothing was performed.
    #[error("There is no tool '{name}'. Use one of: {}.", .known.join(", "))]
    UnknownTool {
        /// What the model wrote, shortened.
        name: String,
        /// The tools this agent may call.
        known: Vec<String>,
    },
    /// The tool exists, the agent type may not call it. Nothing was performed.
    #[error("An agent of type '{agent_type}' may not call '{name}'. Use one of: {}.", .known.join(", "))]
    NotAllowed {
        /// The tool.
        name: Name,
        /// Who asked.
        agent_type: Name,
        /// The tools this agent may call.
        known: Vec<String>,
    },
    /// The arguments do not fit the schema. Nothing was performed.
    #[error("The arguments of '{name}' do not fit its schema: {}.", .problems.join("; "))]
    InvalidArguments {
        /// The tool.
        name: Name,
        /// One sentence for each misfit, bounded.
        problems: Vec<String>,
    },
    /// The arguments fit the schema and name something that is not there.
    #[error("{sentence}")]
    Refused {
        /// What is wrong and what to do.
        sentence: String,
    },
    /// The tool could not do its work; the same call may succeed later.
    #[error("'{name}' could not answer: {sentence}")]
    Failed {
        /// The tool.
        name: Name,
        /// What happened.
        sentence: String,
    },
}

impl ToolError {
    /// A [`ToolError::Refused`].
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused { sentence: sentence.into() }
    }

    /// The stable code of the variant.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTool { .. } => "unknown_tool",
            Self::NotAllowed { .. } => "tool_not_allowed",
            Self::InvalidArguments { .. } => "invalid_arguments",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "tool_failed",
        }
    }

    /// Whether the same call may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// What the model reads in place of an answer: `{"error":{"code":…,"message":…}}`.
    pub fn for_model(&self) -> Value {
        json!({ "error": { "code": self.code(), "message": self.to_string() } })
    }
}
