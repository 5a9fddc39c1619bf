//! What must never be true, held against everything that the simulated process does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use divisi_domain::id::WorkspaceId;
use divisi_domain::money::MicroUsd;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Outcome, Stage, Task, TaskState, decode};
use divisi_engine::core::{Order, Reply, TaskKey};
use divisi_engine::driver::{read_state, read_task};
use divisi_engine::project;
use divisi_store::Reads;

use super::deadline::Deadline;
use super::outliving::{check_agents, check_slots, check_spending};
use super::people::People;
use super::report::Summary;
use super::tool::Posted;
use crate::app::WORKSPACE;

pub(super) type Check = Result<(), String>;

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Oracle {
    posted: Posted,
    answered: BTreeSet<(TaskKey, EffectPath)>,
    progress: BTreeMap<(TaskKey, u16), u8>,
    performed: BTreeSet<(TaskKey, EffectPath, u16)>,
}

impl Oracle {
    pub(super) fn new(posted: Posted) -> Self {
        Self { posted, ..Self::default() }
    }

    /// An attempt is performed only after its start is durable, once, and never for a step that has a result.
    pub fn performed(&mut self, reads: &dyn Reads, order: &Order) -> Check {
        let (path, attempt) = (order.wanted.path, order.wanted.attempt);
        if self.answered.contains(&(order.task, path)) {
            return Err(format!("{path} was performed again after its result was recorded"));
        }
        if !self.performed.insert((order.task, path, attempt)) {
            return Err(format!("attempt {attempt} of {path} was performed twice"));
        }
        let committed = read_state(reads, order.task).map_err(|error| error.to_string())?;
        let started = committed.is_some_and(|(task, _)| {
            task.step(path).is_some_and(|step| step.in_flight() && step.attempt() == attempt)
        });
        if started {
            Ok(())
        } else {
            Err(format!("attempt {attempt} of {path} was performed before it was durable"))
        }
    }

    /// What callers are told is durable.
    pub fn replied(&self, reads: &dyn Reads, reply: &Reply) -> Check {
        let Reply::Done { task, seq } = reply else { return Ok(()) };
        let last = reads.last_seq(&task.stream()).map_err(|error| error.to_string())?.unwrap_or(0);
        if last >= *seq {
            Ok(())
        } else {
            Err(format!("event {seq} was acknowledged, but the log ends at {last}"))
        }
    }

    /// What listeners are told is in the log, and the state in memory is what the log gives.
    pub fn published(
        &mut self,
        reads: &dyn Reads,
        key: TaskKey,
        events: &[Event],
        state: &Task,
        summary: &mut Summary,
    ) -> Check {
        summary.events += events.len() as u64;
        for event in events {
            if let Event::EffectEnded { path, outcome: Outcome::Answered(_), .. } = event {
                self.answered.insert((key, *path));
            }
        }
        let least = self.progress.entry((key, state.pass)).or_default();
        if state.progress < *least {
            return Err(format!("progress fell from {least} to {} in pass {}", state.progress, state.pass));
        }
        *least = state.progress;
        summary.reached.insert(format!("state {}", state.state().as_str()));
        let stored = read_state(reads, key).map_err(|error| error.to_string())?;
        let equal = stored.as_ref().is_some_and(|(stored, _)| stored.seq > state.seq || stored == state);
        if !equal {
            return Err("the state in memory is not what the log gives".to_owned());
        }
        stored.map_or(Ok(()), |(stored, _)| check_slots(reads, key, &stored))
    }

    /// After all harm has ended and people have answered everything.
    pub(super) fn at_the_end(&self, reads: &dyn Reads, people: &People, summary: &mut Summary) -> Check {
        for (call, times) in &*self.posted.lock().unwrap_or_else(PoisonError::into_inner) {
            if *times > 1 {
                return Err(format!("the tool call {call} with side effects was executed {times} times"));
            }
        }
        let mut ledgers = BTreeMap::new();
        for known in &people.tasks {
            let loaded = read_task(reads, known.key).map_err(|error| error.to_string())?;
            let Some(loaded) = loaded else {
                if known.acknowledged {
                    return Err(format!("{} was acknowledged and is lost", known.key.task));
                }
                continue;
            };
            summary.acknowledged += 1;
            let task = &loaded.task;
            check_loaded(reads, known.key, task, &loaded.title)?;
            ledgers.insert(known.key.task, task.ledger.spent());
            match task.state() {
                TaskState::Completed => summary.completed += 1,
                TaskState::Failed => summary.failed += 1,
                TaskState::Cancelled => summary.cancelled += 1,
                _ => {}
            }
        }
        check_agents(reads, WORKSPACE)?;
        check_spending(reads, WORKSPACE, &ledgers)?;
        check_account(reads, WORKSPACE, ledgers.into_values().sum())
    }
}

/// Holds a task that should have ended against everything promised of it, and returns its state.
pub fn check_task(reads: &dyn Reads, key: TaskKey) -> Result<Task, String> {
    let loaded = read_task(reads, key).map_err(|error| error.to_string())?;
    let loaded = loaded.ok_or_else(|| format!("{} was acknowledged and is lost", key.task))?;
    check_loaded(reads, key, &loaded.task, &loaded.title)?;
    Ok(loaded.task)
}

fn check_loaded(reads: &dyn Reads, key: TaskKey, task: &Task, title: &str) -> Check {
    check_end(task)?;
    check_log(reads, key)?;
    check_rows(reads, key, task, title)
}

/// Once nothing runs, a workspace's account has nothing reserved and `spent` spent. Without a cap there is no account.
pub fn check_account(reads: &dyn Reads, workspace: WorkspaceId, spent: MicroUsd) -> Check {
    let account = reads.budget(workspace).map_err(|error| error.to_string())?;
    match account {
        Some(account) if account.reserved != MicroUsd::ZERO => {
            Err(format!("{} is still reserved in the workspace's account", account.reserved))
        }
        Some(account) if account.spent != spent => {
            Err(format!("the workspace's account says {}, its tasks spent {spent}", account.spent))
        }
        _ => Ok(()),
    }
}

fn check_end(task: &Task) -> Check {
    if !task.is_terminal() {
        let wait = task.waiting_for(task.updated_at);
        return Err(format!("{} hangs in {} (waits for {wait:?})", task.id, task.state().as_str()));
    }
    if task.ledger.reserved() != MicroUsd::ZERO {
        return Err(format!("{} ended with {} reserved", task.id, task.ledger.reserved()));
    }
    let over = task.ledger.cap().is_some_and(|cap| task.ledger.spent() > cap + task.ledger.excess());
    if over {
        return Err(format!("{} spent {} over its cap", task.id, task.ledger.spent()));
    }
    if let Some(reason) = task.ending.as_ref().and_then(|ending| ending.reason)
        && reason.code() == "stuck"
    {
        return Err(format!("{} got stuck", task.id));
    }
    Ok(())
}

/// Gapless; one terminal event a pass; nothing starts after it; a recorded result is never followed by a new attempt.
fn check_log(reads: &dyn Reads, key: TaskKey) -> Check {
    let events = reads.events(&key.stream(), 0, 10_000).map_err(|error| error.to_string())?;
    let mut over = false;
    let mut answered = BTreeSet::new();
    let mut deadline = Deadline::default();
    for (place, stored) in (1..).zip(&events) {
        if stored.seq != place {
            return Err(format!("event {place} is missing: the log goes on with {}", stored.seq));
        }
        let event =
            decode(stored.kind, stored.kind_version, &stored.body).map_err(|error| error.to_string())?;
        deadline.follow(&event, stored.at)?;
        match &event {
            Event::Resumed { .. } | Event::RevisionRequested { .. } => over = false,
            Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled if over => {
                return Err(format!("event {place} ends a pass that has ended"));
            }
            Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled => over = true,
            Event::EffectStarted { path, .. } if over || answered.contains(path) => {
                return Err(format!("event {place} starts {path}, which is over"));
            }
            Event::EffectEnded { path, outcome: Outcome::Answered(_), .. } => {
                answered.insert(*path);
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_rows(reads: &dyn Reads, key: TaskKey, task: &Task, title: &str) -> Check {
    let row = reads.task(key.workspace, key.task).map_err(|error| error.to_string())?;
    let expected = project::task_row(key, task, title, task.updated_at);
    let row = row.ok_or_else(|| format!("{} has no row", key.task))?;
    if row != expected {
        return Err(format!("the row of {} is not what the log gives:\n{row:?}\n{expected:?}", key.task));
    }
    let cost: MicroUsd = reads
        .usage(key.workspace, key.task)
        .map_err(|error| error.to_string())?
        .iter()
        .map(|usage| usage.cost)
        .sum();
    if cost != task.ledger.spent() {
        return Err(format!(
            "usage rows of {} sum to {cost}, its ledger to {}",
            key.task,
            task.ledger.spent()
        ));
    }
    let stage_of_row = task.stage == Stage::Completed;
    if stage_of_row != row.completion.is_some() {
        return Err(format!("the row of {} does not tell how complete it is", key.task));
    }
    Ok(())
}
