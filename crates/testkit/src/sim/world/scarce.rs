//! What runs out: space on the disk, for minutes; the time that a user gives; the money under a cap. Of a full disk it is
//! promised that a cancellation still goes through.

use std::collections::{BTreeMap, BTreeSet};

use divisi_domain::task::{Event, FailureReason, Input, Task, WaitKind};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{Loaded, Refused, Reply, ReplyTo, TaskKey, Ticket};
use divisi_store::{Batch, StoreError};

use super::{HARM_ENDS, Happening, Violation, World};
use crate::sim::report::Injection;

/// Of so many commits one finds the disk full, and the disk stays so.
const COMMITS_PER_WINDOW: u64 = 300;
/// How long the disk is full.
const FULL_MIN: Millis = Millis::from_secs(30);
const FULL_MAX: Millis = Millis::from_mins(5);
/// How long a cancellation may take while the disk is full.
const CANCEL_MAX: Millis = Millis::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Scarce {
    full: Option<(Timestamp, Timestamp)>,
    cancelled: bool,
    /// Cancellations asked for while the disk is full that have no answer yet.
    asked: BTreeMap<ReplyTo, Timestamp>,
    /// Commits given again: the store knows them, and a full disk changes nothing about its answer.
    repeated: BTreeSet<Ticket>,
}

impl World {
    fn disk_is_full(&self) -> bool {
        self.harm && self.scarce.full.is_some_and(|(_, until)| self.now < until)
    }

    /// Answers a commit that there is no space for. `false`: there is, or it may use the reserve.
    pub(super) fn refused_for_space(&mut self, ticket: Ticket, batch: &Batch) -> bool {
        if self.harm && self.scarce.full.is_none() && self.chance.next().is_multiple_of(COMMITS_PER_WINDOW) {
            let length = FULL_MIN.0 + self.chance.next() % (FULL_MAX.0 - FULL_MIN.0);
            self.scarce.full = Some((self.now, (self.now + Millis(length)).min(HARM_ENDS)));
            self.summary.inject(Injection::DiskFull);
        }
        if !self.disk_is_full() || batch.essential || self.scarce.repeated.contains(&ticket) {
            return false;
        }
        let (wait, epoch) = (Millis(self.chance.next() % 10), self.epoch);
        self.later(wait, Happening::Answer { ticket, outcome: Err(StoreError::Full), epoch });
        true
    }

    pub(super) fn given_again(&mut self, ticket: Ticket) {
        self.scarce.repeated.insert(ticket);
    }

    /// Once while the disk is full, somebody cancels a task.
    pub(in crate::sim) fn cancels_on_a_full_disk(&mut self) -> bool {
        let cancels = self.disk_is_full() && !self.scarce.cancelled && self.chance.happens(40);
        self.scarce.cancelled |= cancels;
        cancels
    }

    /// Remembers a cancellation that must get through.
    pub(in crate::sim) fn asked_on_a_full_disk(&mut self, input: &Input, reply: ReplyTo) {
        if matches!(input, Input::Cancel) && self.disk_is_full() {
            self.scarce.asked.insert(reply, self.now);
        }
    }

    pub(super) fn answered_on_a_full_disk(&mut self, to: ReplyTo, reply: &Reply) -> Result<(), Violation> {
        let Some(since) = self.scarce.asked.remove(&to) else { return Ok(()) };
        match reply {
            Reply::Refused(Refused::Store(error)) => {
                Err(self.violation(format!("a cancellation on a full disk was refused: {error}")))
            }
            Reply::Done { .. } if self.disk_is_full() => {
                self.summary.inject(Injection::CancelWhileFull);
                self.in_time(since)
            }
            _ => Ok(()),
        }
    }

    /// No cancellation waits for space.
    pub(super) fn cancellations_get_through(&self) -> Result<(), Violation> {
        self.scarce.asked.values().try_for_each(|since| self.in_time(*since))
    }

    fn in_time(&self, since: Timestamp) -> Result<(), Violation> {
        if self.now <= since + CANCEL_MAX || !self.disk_is_full() {
            return Ok(());
        }
        Err(self.violation(format!("a cancellation waits on a full disk for {} ms", self.now.since(since).0)))
    }

    /// Nobody waits for an answer of a dead process.
    pub(super) fn nobody_waits(&mut self) {
        self.scarce.asked.clear();
    }

    /// Notes whose time or money ran out.
    pub(super) fn noticed(&mut self, events: &[Event], state: &Task) {
        for event in events {
            match event {
                Event::WaitStarted(WaitKind::Budget)
                | Event::Failed { reason: FailureReason::BudgetExhausted }
                | Event::Completed { reason: Some(FailureReason::BudgetExhausted), .. } => {
                    self.summary.inject(Injection::TaskCapReached);
                }
                Event::Failed { reason: FailureReason::DeadlineExceeded } => {
                    let over = state.deadline().is_some_and(|deadline| deadline <= state.updated_at);
                    if over {
                        self.summary.inject(Injection::UserDeadline);
                    }
                }
                _ => {}
            }
        }
    }

    /// Notes whose time ran out while no process ran.
    pub(super) fn noticed_recovery(&mut self, tasks: &[(TaskKey, Loaded)], last_seen: Timestamp) {
        let clock = self.clock();
        let missed = |(_, loaded): &&(TaskKey, Loaded)| {
            loaded.task.deadline().is_some_and(|deadline| last_seen < deadline && deadline <= clock)
        };
        for _ in tasks.iter().filter(missed) {
            self.summary.inject(Injection::DeadlineWhileDown);
        }
    }
}
