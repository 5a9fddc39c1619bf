//! What must hold of what outlives tasks: agents with their slots and statistics, and what a workspace has spent.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_domain::path::Node;
use divisi_domain::task::Task;
use divisi_engine::core::TaskKey;
use divisi_engine::journal::{agent_row, spending};
use divisi_store::Reads;

use super::oracle::Check;

/// Slots that are held by nobody of this process.
pub(super) const ELSEWHERE: &str = "elsewhere/";

/// A task's attempts in flight hold their slots, nothing else of it does, and no agent has more than it has.
pub(super) fn check_slots(reads: &dyn Reads, key: TaskKey, task: &Task) -> Check {
    let broken = |error: divisi_store::StoreError| error.to_string();
    let flying = task.flying.iter().filter(|(attempt, _)| matches!(attempt.path.node, Node::Model { .. }));
    let mut wanted = BTreeSet::new();
    for (attempt, flying) in flying {
        let agent = flying.agent.ok_or_else(|| format!("{} is made by nobody", attempt.path))?;
        wanted.insert((agent, format!("{}/{}/{}", key.task, attempt.path, attempt.attempt)));
    }
    let own = format!("{}/", key.task);
    let mut held = BTreeSet::new();
    for row in reads.agents(key.workspace).map_err(broken)? {
        let holders = reads.leases(key.workspace, row.agent).map_err(broken)?;
        if holders.len() > usize::try_from(row.slots).unwrap_or(usize::MAX) {
            return Err(format!("{} has {} slots, and {holders:?} hold them", row.agent_type, row.slots));
        }
        held.extend(holders.into_iter().filter(|one| one.starts_with(&own)).map(|one| (row.agent, one)));
    }
    if held == wanted {
        return Ok(());
    }
    Err(format!("attempts in flight are {wanted:?}, slots are held by {held:?}"))
}

/// Once nothing runs: no slot is held, and the row of every agent is what its stream gives.
pub fn check_agents(reads: &dyn Reads, workspace: WorkspaceId) -> Check {
    for row in reads.agents(workspace).map_err(|error| error.to_string())? {
        let holders = reads.leases(workspace, row.agent).map_err(|error| error.to_string())?;
        if !holders.is_empty() {
            return Err(format!("nothing runs, and {holders:?} hold slots of {}", row.agent_type));
        }
        let fresh = agent_row(reads, workspace, row.agent).map_err(|error| error.to_string())?;
        if fresh.as_ref() != Some(&row) {
            return Err(format!("the row of an agent is not what its stream gives:\n{row:?}\n{fresh:?}"));
        }
    }
    Ok(())
}

/// Once nothing runs, what the workspace's stream says of each task is what the task's ledger says.
pub fn check_spending(
    reads: &dyn Reads,
    workspace: WorkspaceId,
    ledgers: &BTreeMap<TaskId, MicroUsd>,
) -> Check {
    let told = spending(reads, workspace).map_err(|error| error.to_string())?;
    let sum = |task| told.get(task).into_iter().flatten().map(|spent| spent.charged).sum::<MicroUsd>();
    for (task, spent) in ledgers {
        if sum(task) != *spent {
            return Err(format!("the workspace was told that {task} cost {}, it cost {spent}", sum(task)));
        }
    }
    match told.keys().find(|task| !ledgers.contains_key(task)) {
        Some(task) => Err(format!("the workspace was told of {task}, which nobody knows")),
        None => Ok(()),
    }
}
