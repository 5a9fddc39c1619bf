//! Workspace budgets: a cap, what is reserved under it and what is spent.

use divisi_domain::id::WorkspaceId;
use divisi_domain::money::MicroUsd;

/// A change of a workspace's budget.
///
/// A workspace without a cap has no budget row: then `Reserve` always holds and nothing is written, so an uncapped
/// workspace pays nothing for the check. Spend counts from the moment the first cap was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// Holds `amount` if spent + reserved + amount ≤ cap, else the batch is refused. The same key again replaces its amount.
    Reserve {
        /// Whose budget.
        workspace: WorkspaceId,
        /// What holds it: task, effect path and attempt. At most [`crate::limits::KEY_BYTES_MAX`] bytes.
        key: String,
        /// An upper bound of the cost.
        amount: MicroUsd,
    },
    /// Ends the hold of `key` (no hold is fine) and books `spent`, also where that exceeds the cap. Never refused.
    Settle {
        /// Whose budget.
        workspace: WorkspaceId,
        /// As it was reserved.
        key: String,
        /// The cost.
        spent: MicroUsd,
    },
    /// Sets, changes or (with `None`) removes the cap. Removing it forgets spend and holds. Never refused.
    SetCap {
        /// Whose budget.
        workspace: WorkspaceId,
        /// The new cap.
        cap: Option<MicroUsd>,
    },
}

impl Reservation {
    /// Whose budget it changes.
    pub const fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Reserve { workspace, .. }
            | Self::Settle { workspace, .. }
            | Self::SetCap { workspace, .. } => *workspace,
        }
    }
}

/// A capped workspace's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetRow {
    /// The cap.
    pub cap: MicroUsd,
    /// Settled since the first cap was set.
    pub spent: MicroUsd,
    /// The sum of all holds.
    pub reserved: MicroUsd,
}

impl BudgetRow {
    /// Whether `amount` more fits under the cap.
    pub fn allows(&self, amount: MicroUsd) -> bool {
        self.spent
            .checked_add(self.reserved)
            .and_then(|held| held.checked_add(amount))
            .is_some_and(|sum| sum <= self.cap)
    }
}
