//! What is asked in which mode.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::automation::{Action, Facts, Rules, Value};
use crate::name::Name;

/// How much a task asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing.
    #[n(0)]
    FullAutonomous,
    /// The plan. A workspace's default.
    #[default]
    #[n(1)]
    Assisted,
    /// The plan, each tool call with side effects, and the publication.
    #[n(2)]
    Manual,
    /// What the automation rules say, for each of these.
    #[n(3)]
    Hybrid,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::FullAutonomous, Self::Assisted, Self::Manual, Self::Hybrid];

    /// The name in API, configuration and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FullAutonomous => "full_autonomous",
            Self::Assisted => "assisted",
            Self::Manual => "manual",
            Self::Hybrid => "hybrid",
        }
    }
}

/// What a question would be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A plan that validated.
    Plan,
    /// A tool call; one without side effects is never asked for.
    Tool {
        /// Whether it changes anything outside of the task.
        side_effects: bool,
    },
    /// The result.
    Publication,
}

impl Asked {
    /// The fact `subject` of the automation rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Tool { .. } => "tool",
            Self::Publication => "publication",
        }
    }
}

/// Whether a person is asked. `rules` and `facts` matter in [`Mode::Hybrid`] only, where the fact
/// `subject` is added to what the caller knows.
pub fn asks(mode: Mode, asked: Asked, rules: &Rules, facts: &Facts) -> bool {
    match (mode, asked) {
        (Mode::FullAutonomous, _) | (_, Asked::Tool { side_effects: false }) => false,
        (Mode::Assisted, asked) => asked == Asked::Plan,
        (Mode::Manual, _) => true,
        (Mode::Hybrid, asked) => {
            let mut facts = facts.clone();
            facts.insert(Name::from_static("subject"), Value::Text(Name::from_static(asked.as_str())));
            rules.decide(&facts).action == Action::RequireApproval
        }
    }
}
