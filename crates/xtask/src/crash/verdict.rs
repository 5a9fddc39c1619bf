//! What must hold once everything has ended: the log, the rows, the money and the witness agree.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail, ensure};
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::money::MicroUsd;
use divisi_domain::task::{Event, Outcome, TaskState, decode};
use divisi_engine::core::TaskKey;
use divisi_engine::view::rebuild;
use divisi_store::{Maintenance, Reads};
use divisi_testkit::sim::{check_account, check_agents, check_task};
use serde::Serialize;

use super::witness::Attempt;

/// Events read at a time.
const EVENTS_MAX: usize = 10_000;

/// What was looked at.
#[derive(Debug, Default, Serialize)]
pub(super) struct Verdict {
    pub(super) tasks: u64,
    pub(super) events: u64,
    pub(super) blobs: u64,
    /// Attempts that the witness saw.
    pub(super) attempts: u64,
    /// Of these, attempts of effects that had been attempted before: calls that were made again.
    pub(super) attempts_again: u64,
    /// Attempts of effects after their result was recorded: must be 0.
    pub(super) recorded_steps_run_again: u64,
    pub(super) spent_micro_usd: u64,
}

/// What the logs say of attempts.
#[derive(Debug, Default)]
pub(super) struct Logged {
    started: BTreeSet<Attempt>,
    /// By effect, the attempt that was answered.
    answered: BTreeMap<String, u16>,
}

/// Holds the whole folder against what was promised.
pub(super) fn judge(
    store: &dyn Maintenance,
    workspace: WorkspaceId,
    acknowledged: &BTreeSet<TaskId>,
    seen: &[Attempt],
    cut_off: &BTreeSet<Attempt>,
) -> anyhow::Result<Verdict> {
    let verified = store.verify()?;
    ensure!(verified.damage.is_empty(), "the data folder is damaged: {:?}", verified.damage);
    let mut spent = MicroUsd::ZERO;
    let mut logged = Logged::default();
    for id in acknowledged {
        let key = TaskKey::new(workspace, *id);
        let task = check_task(store, key).map_err(anyhow::Error::msg)?;
        ensure!(
            task.state() == TaskState::Completed,
            "{id} ended as {}: {:?}",
            task.state().as_str(),
            task.ending
        );
        spent += task.ledger.spent();
        logged.read(store, key)?;
    }
    check_account(store, workspace, spent).map_err(anyhow::Error::msg)?;
    let rebuilt = rebuild::all(store, workspace)?;
    ensure!(rebuilt.agrees(), "rows are not what the logs give: {rebuilt:?}");
    check_agents(store, workspace).map_err(anyhow::Error::msg)?;
    let tasks = acknowledged.len() as u64;
    ensure!(rebuilt.tasks == tasks, "{} tasks are there, {tasks} were acknowledged", rebuilt.tasks);
    let again = logged.agree(seen, cut_off)?;
    Ok(Verdict {
        tasks,
        events: verified.events,
        blobs: verified.blobs,
        attempts: seen.len() as u64,
        attempts_again: again,
        recorded_steps_run_again: 0,
        spent_micro_usd: spent.0,
    })
}

impl Logged {
    fn read(&mut self, reads: &(impl Reads + ?Sized), key: TaskKey) -> anyhow::Result<()> {
        for stored in reads.events(&key.stream(), 0, EVENTS_MAX)? {
            match decode(stored.kind, stored.kind_version, &stored.body)? {
                Event::EffectStarted { path, attempt, .. } => {
                    self.started.insert((format!("{}/{path}", key.task), attempt));
                }
                Event::EffectEnded { path, attempt, outcome: Outcome::Answered(_), .. } => {
                    self.answered.insert(format!("{}/{path}", key.task), attempt);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Holds the witness's file against the logs; counts the attempts that were made again.
    fn agree(&self, seen: &[Attempt], cut_off: &BTreeSet<Attempt>) -> anyhow::Result<u64> {
        let mut known = BTreeSet::new();
        let mut again = 0;
        for attempt in seen {
            let (key, number) = attempt;
            ensure!(known.insert(attempt), "attempt {number} of {key} was performed twice");
            ensure!(
                self.started.contains(attempt),
                "attempt {number} of {key} was performed and is in no log"
            );
            let answered = self.answered.get(key).with_context(|| format!("{key} has no answer"))?;
            if number > answered {
                bail!("{key} was performed again (attempt {number}) after attempt {answered} was recorded");
            }
            // Nothing but a kill ends an attempt of the script without an answer.
            if number < answered {
                ensure!(
                    cut_off.contains(attempt),
                    "attempt {number} of {key} was made again though no kill cut it off"
                );
                again += 1;
            }
        }
        let unseen = self.answered.iter().find(|(key, number)| !known.contains(&((*key).clone(), **number)));
        ensure!(unseen.is_none(), "an answer is recorded that was never asked for: {unseen:?}");
        Ok(again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row<'a> = (&'a [(&'a str, u16)], Result<u64, &'a str>);

    fn attempts(list: &[(&str, u16)]) -> Vec<Attempt> {
        list.iter().map(|(key, number)| ((*key).to_owned(), *number)).collect()
    }

    #[test]
    fn the_witness_and_the_log_must_agree() {
        let logged = Logged {
            started: attempts(&[("t/a", 1), ("t/a", 2), ("t/a", 3), ("t/b", 1)]).into_iter().collect(),
            answered: BTreeMap::from([("t/a".to_owned(), 2), ("t/b".to_owned(), 1)]),
        };
        let cut: BTreeSet<Attempt> = attempts(&[("t/a", 1)]).into_iter().collect();
        let rows: [Row<'_>; 7] = [
            (&[("t/a", 1), ("t/a", 2), ("t/b", 1)], Ok(1)),
            (&[("t/a", 2), ("t/b", 1)], Ok(0)),
            (&[("t/a", 2), ("t/b", 1), ("t/b", 1)], Err("performed twice")),
            (&[("t/a", 2), ("t/b", 1), ("t/b", 2)], Err("in no log")),
            (&[("t/a", 2), ("t/a", 3), ("t/b", 1)], Err("after attempt 2 was recorded")),
            (&[("t/a", 2)], Err("never asked for")),
            (&[("t/a", 2), ("t/b", 1), ("t/c", 1)], Err("in no log")),
        ];
        for (seen, expected) in rows {
            let found = logged.agree(&attempts(seen), &cut).map_err(|error| error.to_string());
            match (found, expected) {
                (Ok(again), Ok(wanted)) => assert_eq!(again, wanted, "{seen:?}"),
                (Err(error), Err(part)) => assert!(error.contains(part), "{seen:?}: {error}"),
                (found, expected) => panic!("{seen:?}: {found:?}, not {expected:?}"),
            }
        }
        let without_cut = logged.agree(&attempts(&[("t/a", 1), ("t/a", 2), ("t/b", 1)]), &BTreeSet::new());
        assert!(without_cut.unwrap_err().to_string().contains("no kill cut it off"));
    }
}
