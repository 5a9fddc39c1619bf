//! Which tools an agent type may call: an explicit list, nothing by default.

use std::collections::BTreeSet;

use divisi_domain::name::Name;

/// The tools of one agent type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPolicy {
    agent_type: Name,
    allowed: BTreeSet<Name>,
}

impl ToolPolicy {
    /// A policy that allows exactly `allowed`.
    pub fn new(agent_type: Name, allowed: impl IntoIterator<Item = Name>) -> Self {
        Self { agent_type, allowed: allowed.into_iter().collect() }
    }

    /// Whose policy it is.
    pub fn agent_type(&self) -> &Name {
        &self.agent_type
    }

    /// Whether the tool may be called.
    pub fn permits(&self, tool: &Name) -> bool {
        self.allowed.contains(tool)
    }

    /// The allowed tools, in the order of their names.
    pub fn allowed(&self) -> impl Iterator<Item = &Name> {
        self.allowed.iter()
    }
}
