//! Agent slots as leases.

use std::collections::BTreeSet;

use divisi_domain::id::{AgentId, WorkspaceId};
use rustc_hash::FxHashMap;

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

/// The taken slots of every agent, with the rule of [`LeaseChange`]. Back ends with one writer keep it in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slots {
    taken: FxHashMap<(WorkspaceId, AgentId), BTreeSet<String>>,
}

/// Takes back what [`Slots::apply`] did.
#[derive(Debug, Default)]
pub struct SlotsUndo {
    changed: Vec<((WorkspaceId, AgentId), String, bool)>,
}

impl Slots {
    /// A slot that is taken already, as read at start.
    pub fn restore(&mut self, workspace: WorkspaceId, agent: AgentId, holder: String) {
        self.taken.entry((workspace, agent)).or_default().insert(holder);
    }

    /// The holders of an agent's slots, sorted.
    pub fn holders(&self, workspace: WorkspaceId, agent: AgentId) -> Vec<String> {
        self.taken
            .get(&(workspace, agent))
            .map(|holders| holders.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// What frees the slots of all holders whose name begins with `prefix`.
    pub fn releases(&self, workspace: WorkspaceId, prefix: &str) -> Vec<LeaseChange> {
        let of = self.taken.iter().filter(|((tenant, _), _)| *tenant == workspace);
        let named = of.flat_map(|((_, agent), holders)| {
            let begins = holders.iter().filter(|holder| holder.starts_with(prefix));
            begins.map(|holder| LeaseChange::Release { workspace, agent: *agent, holder: holder.clone() })
        });
        named.collect()
    }

    /// Applies all releases, then all takes in order. On refusal nothing has changed, and the agent is named.
    pub fn apply(&mut self, changes: &[LeaseChange]) -> Result<SlotsUndo, AgentId> {
        let mut undo = SlotsUndo::default();
        for change in changes {
            if let LeaseChange::Release { holder, .. } = change {
                self.set(change.agent(), holder, false, &mut undo);
            }
        }
        for change in changes {
            let LeaseChange::Take { holder, slots_max, .. } = change else { continue };
            let key = change.agent();
            let (held, count) =
                self.taken.get(&key).map_or((false, 0), |holders| (holders.contains(holder), holders.len()));
            if !held && count >= usize::try_from(*slots_max).unwrap_or(usize::MAX) {
                self.revert(undo);
                return Err(key.1);
            }
            self.set(key, holder, true, &mut undo);
        }
        Ok(undo)
    }

    /// As before the change that gave `undo`; the latest one first.
    pub fn revert(&mut self, undo: SlotsUndo) {
        for (key, holder, was_held) in undo.changed.into_iter().rev() {
            self.set(key, &holder, was_held, &mut SlotsUndo::default());
        }
    }

    fn set(&mut self, key: (WorkspaceId, AgentId), holder: &str, held: bool, undo: &mut SlotsUndo) {
        let holders = self.taken.entry(key).or_default();
        let changed = if held { holders.insert(holder.to_owned()) } else { holders.remove(holder) };
        if holders.is_empty() {
            self.taken.remove(&key);
        }
        if changed {
            undo.changed.push((key, holder.to_owned(), !held));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(holder: &str, slots_max: u32) -> LeaseChange {
        let (workspace, agent) = (WorkspaceId::from_bytes([1; 16]), AgentId::from_bytes([2; 16]));
        LeaseChange::Take { workspace, agent, holder: holder.into(), slots_max }
    }

    fn release(holder: &str) -> LeaseChange {
        let (workspace, agent) = (WorkspaceId::from_bytes([1; 16]), AgentId::from_bytes([2; 16]));
        LeaseChange::Release { workspace, agent, holder: holder.into() }
    }

    #[test]
    fn a_refused_change_leaves_nothing() {
        let mut slots = Slots::default();
        slots.apply(&[take("a", 2)]).unwrap();
        let before = slots.clone();
        assert!(slots.apply(&[release("a"), take("b", 2), take("c", 2), take("d", 2)]).is_err());
        assert_eq!(slots, before);
    }

    #[test]
    fn an_undone_change_leaves_nothing() {
        let mut slots = Slots::default();
        slots.apply(&[take("a", 2)]).unwrap();
        let before = slots.clone();
        let undo = slots.apply(&[release("a"), take("b", 2), take("a", 2), release("x")]).unwrap();
        assert_ne!(slots, before);
        slots.revert(undo);
        assert_eq!(slots, before);
    }
}
