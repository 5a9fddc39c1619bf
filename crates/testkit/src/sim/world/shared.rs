//! Someone else uses what the tasks of a workspace share: slots of agents, room under the cap.

use divisi_domain::money::MicroUsd;
use divisi_domain::time::Millis;
use divisi_store::{Batch, LeaseChange, Reads};

use super::{Happening, World};
use crate::sim::outliving::ELSEWHERE;

/// A cap that no run reaches: with it, the workspace has an account that must balance.
pub(super) const ROOMY: MicroUsd = MicroUsd(u32::MAX as u64);

pub(super) fn cap_of_workspace(cap: MicroUsd) -> Batch {
    let set = divisi_store::Reservation::SetCap { workspace: crate::app::WORKSPACE, cap: Some(cap) };
    Batch { reservations: vec![set], ..Batch::default() }
}

impl World {
    /// Someone else takes what tasks share, and gives it back later.
    pub(super) fn meddle(&mut self) {
        if !self.harm || !self.chance.happens(2) {
            return;
        }
        let (taken, back) = if self.chance.happens(50) { self.take_slots() } else { self.lower_cap() };
        let _ = divisi_store::commit_blocking(self.store.as_ref(), taken);
        let after = Millis(self.chance.next() % 20_000);
        self.later(after, Happening::Elsewhere(back));
    }

    /// All free slots of an agent.
    fn take_slots(&mut self) -> (Batch, Batch) {
        let workspace = crate::app::WORKSPACE;
        let rows = self.store.agents(workspace).unwrap_or_default();
        let Some(row) = self.chance.pick(&rows) else { return Default::default() };
        let (agent, slots_max) = (row.agent, row.slots);
        let held = self.store.leases(workspace, agent).map_or(0, |holders| holders.len());
        let free = usize::try_from(slots_max).unwrap_or(0).saturating_sub(held);
        let holders: Vec<String> =
            (0..free).map(|number| format!("{ELSEWHERE}{}/{number}", self.next_order)).collect();
        let take =
            |holder: &String| LeaseChange::Take { workspace, agent, holder: holder.clone(), slots_max };
        let release = |holder: &String| LeaseChange::Release { workspace, agent, holder: holder.clone() };
        let batch = |leases| Batch { leases, ..Batch::default() };
        (batch(holders.iter().map(take).collect()), batch(holders.iter().map(release).collect()))
    }

    /// No room is left under the workspace's cap.
    fn lower_cap(&self) -> (Batch, Batch) {
        let account = self.store.budget(crate::app::WORKSPACE).ok().flatten();
        let spent = account.map_or(MicroUsd::ZERO, |account| account.spent + account.reserved);
        (cap_of_workspace(spent), cap_of_workspace(ROOMY))
    }
}
