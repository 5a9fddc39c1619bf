//! Workspace budgets: a cap, what is reserved under it and what is spent.

use divisi_domain::id::WorkspaceId;
use divisi_domain::money::MicroUsd;
use rustc_hash::FxHashMap;

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

/// A capped workspace's account with its holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The totals.
    pub row: BudgetRow,
    /// What each key holds.
    pub holds: FxHashMap<String, MicroUsd>,
}

/// The accounts of all capped workspaces, with the rule of [`Reservation`]. Back ends with one writer keep it in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    by_workspace: FxHashMap<WorkspaceId, Account>,
}

/// Takes back what [`Accounts::apply`] did.
#[derive(Debug, Default)]
pub struct AccountsUndo {
    steps: Vec<UndoStep>,
}

#[derive(Debug)]
enum UndoStep {
    Hold { workspace: WorkspaceId, key: String, hold: Option<MicroUsd>, row: BudgetRow },
    Whole { workspace: WorkspaceId, account: Option<Account> },
}

impl Accounts {
    /// An account as read at start.
    pub fn restore(&mut self, workspace: WorkspaceId, account: Account) {
        self.by_workspace.insert(workspace, account);
    }

    /// The account of a capped workspace.
    pub fn get(&self, workspace: WorkspaceId) -> Option<&Account> {
        self.by_workspace.get(&workspace)
    }

    /// What settles all holds whose key begins with `prefix` at their whole amount.
    pub fn settlements(&self, workspace: WorkspaceId, prefix: &str) -> Vec<Reservation> {
        let holds = self.get(workspace).into_iter().flat_map(|account| &account.holds);
        let named = holds.filter(|(key, _)| key.starts_with(prefix));
        named.map(|(key, spent)| Reservation::Settle { workspace, key: key.clone(), spent: *spent }).collect()
    }

    /// Applies all changes in order. On refusal nothing has changed, and the workspace is named.
    pub fn apply(&mut self, changes: &[Reservation]) -> Result<AccountsUndo, WorkspaceId> {
        let mut undo = AccountsUndo::default();
        for change in changes {
            if !self.apply_one(change, &mut undo) {
                self.revert(undo);
                return Err(change.workspace());
            }
        }
        Ok(undo)
    }

    /// As before the change that gave `undo`; the latest one first.
    pub fn revert(&mut self, undo: AccountsUndo) {
        for step in undo.steps.into_iter().rev() {
            match step {
                UndoStep::Whole { workspace, account: Some(account) } => {
                    self.by_workspace.insert(workspace, account);
                }
                UndoStep::Whole { workspace, account: None } => {
                    self.by_workspace.remove(&workspace);
                }
                UndoStep::Hold { workspace, key, hold, row } => {
                    if let Some(account) = self.by_workspace.get_mut(&workspace) {
                        account.row = row;
                        account.set_hold(key, hold);
                    }
                }
            }
        }
    }

    fn apply_one(&mut self, change: &Reservation, undo: &mut AccountsUndo) -> bool {
        let workspace = change.workspace();
        if let Reservation::SetCap { cap, .. } = change {
            let account = self.by_workspace.get(&workspace).cloned();
            undo.steps.push(UndoStep::Whole { workspace, account });
            self.set_cap(workspace, *cap);
            return true;
        }
        let Some(account) = self.by_workspace.get_mut(&workspace) else { return true };
        let row = account.row;
        let (Reservation::Reserve { key, .. } | Reservation::Settle { key, .. }) = change else {
            return true;
        };
        let hold = account.holds.get(key).copied();
        let holds = match change {
            Reservation::Reserve { amount, .. } => account.reserve(key, *amount),
            Reservation::Settle { spent, .. } => account.settle(key, *spent),
            Reservation::SetCap { .. } => true,
        };
        if holds {
            undo.steps.push(UndoStep::Hold { workspace, key: key.clone(), hold, row });
        }
        holds
    }

    fn set_cap(&mut self, workspace: WorkspaceId, cap: Option<MicroUsd>) {
        let Some(cap) = cap else {
            self.by_workspace.remove(&workspace);
            return;
        };
        let fresh = || Account {
            row: BudgetRow { cap, spent: MicroUsd::ZERO, reserved: MicroUsd::ZERO },
            holds: FxHashMap::default(),
        };
        self.by_workspace.entry(workspace).or_insert_with(fresh).row.cap = cap;
    }
}

impl Account {
    /// `false`: refused.
    fn reserve(&mut self, key: &str, amount: MicroUsd) -> bool {
        let held = self.holds.get(key).copied();
        let without =
            BudgetRow { reserved: self.row.reserved.saturating_sub(held.unwrap_or_default()), ..self.row };
        if !without.allows(amount) {
            return false;
        }
        self.row.reserved = without.reserved + amount;
        self.holds.insert(key.to_owned(), amount);
        true
    }

    /// Always holds.
    fn settle(&mut self, key: &str, spent: MicroUsd) -> bool {
        let held = self.holds.remove(key);
        self.row.reserved = self.row.reserved.saturating_sub(held.unwrap_or_default());
        self.row.spent += spent;
        true
    }

    fn set_hold(&mut self, key: String, hold: Option<MicroUsd>) {
        match hold {
            Some(amount) => self.holds.insert(key, amount),
            None => self.holds.remove(&key),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

    fn reserve(key: &str, micro: u64) -> Reservation {
        Reservation::Reserve { workspace: WORKSPACE, key: key.into(), amount: MicroUsd(micro) }
    }

    fn settle(key: &str, micro: u64) -> Reservation {
        Reservation::Settle { workspace: WORKSPACE, key: key.into(), spent: MicroUsd(micro) }
    }

    fn cap(micro: Option<u64>) -> Reservation {
        Reservation::SetCap { workspace: WORKSPACE, cap: micro.map(MicroUsd) }
    }

    fn totals(accounts: &Accounts) -> Option<(u64, u64, u64)> {
        accounts
            .get(WORKSPACE)
            .map(|account| (account.row.cap.0, account.row.spent.0, account.row.reserved.0))
    }

    #[test]
    fn changes_add_up() {
        let rows = [
            (vec![reserve("a", 5)], None),
            (vec![cap(Some(10)), reserve("a", 6)], Some((10, 0, 6))),
            (vec![reserve("a", 10)], Some((10, 0, 10))),
            (vec![settle("a", 12), settle("b", 1)], Some((10, 13, 0))),
            (vec![cap(Some(20)), reserve("c", 7)], Some((20, 13, 7))),
        ];
        let mut accounts = Accounts::default();
        for (changes, expected) in rows {
            accounts.apply(&changes).unwrap();
            assert_eq!(totals(&accounts), expected);
        }
        assert_eq!(accounts.apply(&[reserve("d", 1)]).unwrap_err(), WORKSPACE);
        accounts.apply(&[cap(None), reserve("d", u64::MAX)]).unwrap();
        assert_eq!(totals(&accounts), None);
    }

    #[test]
    fn refused_or_undone_changes_leave_nothing() {
        let mut accounts = Accounts::default();
        accounts.apply(&[cap(Some(10)), reserve("a", 6)]).unwrap();
        let before = accounts.clone();
        assert!(accounts.apply(&[settle("a", 1), reserve("b", 2), reserve("c", 8)]).is_err());
        assert_eq!(accounts, before);
        let undo = accounts.apply(&[settle("a", 1), cap(None), cap(Some(3)), reserve("a", 2)]).unwrap();
        accounts.revert(undo);
        assert_eq!(accounts, before);
        assert!(accounts.apply(&[reserve("z", u64::MAX)]).is_err());
        assert_eq!(accounts, before);
    }
}
