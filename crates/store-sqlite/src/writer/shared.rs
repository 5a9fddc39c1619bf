//! Slots and budgets: decided in memory by the store's own rules, written through.

use divisi_domain::id::{AgentId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_store::budget::{Account, Accounts};
use divisi_store::lease::Slots;
use divisi_store::{BudgetRow, LeaseChange, Refusal, Reservation};
use rusqlite::{Connection, Result};

use super::Writer;

#[derive(Debug, Default)]
pub(super) struct Shared {
    slots: Slots,
    accounts: Accounts,
}

impl Shared {
    /// As the database has it; also what to go back to after a rollback.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let mut shared = Self::default();
        let mut leases = connection.prepare_cached(
            "SELECT w.uuid, s.uuid, l.holder FROM leases l JOIN streams s ON s.id = l.agent
             JOIN workspaces w ON w.id = s.workspace",
        )?;
        let mut rows = leases.query([])?;
        while let Some(row) = rows.next()? {
            let (workspace, agent) = (WorkspaceId::from_bytes(row.get(0)?), AgentId::from_bytes(row.get(1)?));
            shared.slots.restore(workspace, agent, row.get(2)?);
        }
        shared.load_budgets(connection)?;
        Ok(shared)
    }

    fn load_budgets(&mut self, connection: &Connection) -> Result<()> {
        let money = |micro: i64| MicroUsd(micro.cast_unsigned());
        let mut budgets = connection.prepare_cached(
            "SELECT w.uuid, b.workspace, b.cap, b.spent FROM budgets b JOIN workspaces w ON w.id = b.workspace",
        )?;
        let mut rows = budgets.query([])?;
        while let Some(row) = rows.next()? {
            let mut holds =
                connection.prepare_cached("SELECT holder, amount FROM budget_holds WHERE workspace = ?1")?;
            let holds =
                holds.query_map([row.get::<_, i64>(1)?], |hold| Ok((hold.get(0)?, money(hold.get(1)?))))?;
            let holds: rustc_hash::FxHashMap<String, MicroUsd> = holds.collect::<Result<_>>()?;
            let reserved = holds.values().copied().sum();
            let account = Account {
                row: BudgetRow { cap: money(row.get(2)?), spent: money(row.get(3)?), reserved },
                holds,
            };
            self.accounts.restore(WorkspaceId::from_bytes(row.get(0)?), account);
        }
        Ok(())
    }

    /// Takes slots and money in memory, both or nothing.
    pub(super) fn take(&mut self, leases: &[LeaseChange], reservations: &[Reservation]) -> Option<Refusal> {
        let undo = match self.slots.apply(leases) {
            Ok(undo) => undo,
            Err(agent) => return Some(Refusal::LeaseUnavailable { agent }),
        };
        match self.accounts.apply(reservations) {
            Ok(_) => None,
            Err(workspace) => {
                self.slots.revert(undo);
                Some(Refusal::ReservationRefused { workspace })
            }
        }
    }
}

impl Writer<'_> {
    /// Writes what [`Shared::take`] granted, in the same order.
    pub(super) fn write_shared(
        &mut self,
        leases: &[LeaseChange],
        reservations: &[Reservation],
    ) -> Result<()> {
        for lease in leases {
            if let LeaseChange::Release { workspace, agent, holder } = lease {
                let key = self.keys.agent(self.connection, *workspace, *agent)?;
                self.statements.free_lease.execute((key, holder))?;
            }
        }
        for lease in leases {
            if let LeaseChange::Take { workspace, agent, holder, .. } = lease {
                let key = self.keys.agent(self.connection, *workspace, *agent)?;
                self.statements.take_lease.execute((key, holder))?;
            }
        }
        reservations.iter().try_for_each(|reservation| self.write_reservation(reservation))
    }

    /// Frees the slots and settles the holds of all holders whose name begins with `prefix`.
    pub(crate) fn free_all(&mut self, workspace: WorkspaceId, prefix: &str) -> Result<()> {
        let leases = self.shared.slots.releases(workspace, prefix);
        let settled = self.shared.accounts.settlements(workspace, prefix);
        // What frees and settles is never refused.
        let refused = self.shared.take(&leases, &settled);
        debug_assert!(refused.is_none());
        self.write_shared(&leases, &settled)
    }

    /// Writes what the change has come to after the whole batch, whatever it was when it was applied.
    fn write_reservation(&mut self, reservation: &Reservation) -> Result<()> {
        let workspace = self.keys.workspace(self.connection, reservation.workspace())?;
        let account = self.shared.accounts.get(reservation.workspace());
        if let Reservation::SetCap { cap: None, .. } = reservation {
            self.connection
                .prepare_cached("DELETE FROM budgets WHERE workspace = ?1")?
                .execute([workspace])?;
            self.connection
                .prepare_cached("DELETE FROM budget_holds WHERE workspace = ?1")?
                .execute([workspace])?;
        }
        let Some(account) = account else { return Ok(()) };
        if let Reservation::Reserve { key, .. } | Reservation::Settle { key, .. } = reservation {
            write_hold(self.connection, workspace, key, account.holds.get(key))?;
        }
        write_budget(self.connection, workspace, &account.row)
    }
}

fn write_hold(connection: &Connection, workspace: i64, key: &str, hold: Option<&MicroUsd>) -> Result<()> {
    let Some(amount) = hold else {
        let sql = "DELETE FROM budget_holds WHERE workspace = ?1 AND holder = ?2";
        return connection.prepare_cached(sql)?.execute((workspace, key)).map(|_| ());
    };
    let sql = "INSERT OR REPLACE INTO budget_holds (workspace, holder, amount) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute((workspace, key, amount.0.cast_signed())).map(|_| ())
}

fn write_budget(connection: &Connection, workspace: i64, row: &BudgetRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO budgets (workspace, cap, spent) VALUES (?1, ?2, ?3)
             ON CONFLICT (workspace) DO UPDATE SET cap = ?2, spent = ?3",
        )?
        .execute((workspace, row.cap.0.cast_signed(), row.spent.0.cast_signed()))?;
    Ok(())
}
