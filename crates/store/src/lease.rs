//! Agent slots as leases.

use divisi_domain::id::{AgentId, WorkspaceId};

/// A change of an agent's slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseChange {
    /// Takes a slot if fewer than `slots_max` are taken, else the batch is refused. A holder that has one keeps it.
    Take {
        /// The tenant.
        workspace: WorkspaceId,
        /// Whose slot.
        agent: AgentId,
        /// Who takes it: task, effect path and attempt. At most [`crate::limits::KEY_BYTES_MAX`] bytes.
        holder: String,
        /// The agent's slots.
        slots_max: u32,
    },
    /// Frees the holder's slot; none taken is fine. Never refused.
    Release {
        /// The tenant.
        workspace: WorkspaceId,
        /// Whose slot.
        agent: AgentId,
        /// As it was taken.
        holder: String,
    },
}

impl LeaseChange {
    /// The agent with its workspace.
    pub const fn agent(&self) -> (WorkspaceId, AgentId) {
        match self {
            Self::Take { workspace, agent, .. } | Self::Release { workspace, agent, .. } => {
                (*workspace, *agent)
            }
        }
    }

    /// Who takes or frees.
    pub fn holder(&self) -> &str {
        match self {
            Self::Take { holder, .. } | Self::Release { holder, .. } => holder,
        }
    }
}
