//! Deaths and clocks. Only harsh histories have a process that dies in five recoveries in a row, a clock that is years
//! off or stands still, and a step that kills the process each time it is tried.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use divisi_domain::model_step::FailureClass;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{Order, Result as Ended, TaskKey};

use super::{HARM_ENDS, Happening, Violation, World};
use crate::sim::report::Injection;

/// Deaths of a storm: the process dies so often in a row before it has recovered.
const STORM_DEATHS: u32 = 5;
const YEARS_10_MILLIS: i64 = 10 * 365 * 24 * 3_600_000;
/// How long a clock stands still, at most.
const FROZEN_MAX: Millis = Millis::from_mins(10);
const FROZEN_LOOK: Millis = Millis::from_secs(10);
/// How often a step that kills the process may be tried on one path: 3 deaths beside others, 5 alone, and some that a
/// death of another cause made uncountable.
const POISON_TRIES_MAX: u32 = 12;
/// Tries that count.
const POISON_COUNTS: u32 = 5;
/// Once all harm has ended, every task must have ended within this time.
const CALM_MAX: Millis = Millis::from_mins(10);

#[derive(Debug, Default)]
pub(super) struct Harsh {
    /// Deaths that the storm still has.
    storm: u32,
    stormed: bool,
    frozen: Option<(Timestamp, Timestamp)>,
    /// The next look of a process whose clock stands still.
    look_at: Option<Timestamp>,
    poisoned: BTreeMap<(TaskKey, EffectPath), u32>,
    ended_at: Option<Timestamp>,
}

impl World {
    pub(super) fn crash(&mut self) {
        if self.harm && (self.crashes < self.options.crashes_max || self.storming()) {
            self.die();
        }
    }

    pub(super) fn die(&mut self) {
        self.crashes += 1;
        let during = if self.core.is_none() { Injection::CrashInRecovery } else { Injection::Crash };
        self.summary.inject(during);
        self.end_of_process();
    }

    /// The process that was asked to stop has ended.
    pub(super) fn stopped(&mut self) {
        self.crashes += 1;
        self.summary.inject(Injection::OrderlyStop);
        self.end_of_process();
    }

    fn end_of_process(&mut self) {
        self.harsh.look_at = None;
        self.core = None;
        self.epoch += 1;
        if let Some(watch) = &mut self.watch {
            watch.died();
        }
        self.in_flight.clear();
        self.people.connection_lost();
        self.nobody_waits();
        self.jump();
        let down = Millis(20 + self.chance.next() % 60_000);
        self.later(down, Happening::Start);
        if self.chance.happens(25) {
            let soon = Millis(down.0 + self.chance.next() % 5);
            self.later(soon, Happening::Crash);
        }
        self.storm(down);
    }

    /// While the process is down its clock may be set.
    fn jump(&mut self) {
        if self.jump_far() {
            return;
        }
        match self.chance.below(4) {
            0 => {
                self.skew -= i64::try_from(self.chance.next() % 3_600_000).unwrap_or(0);
                self.summary.inject(Injection::ClockBack);
            }
            1 => {
                self.skew += i64::try_from(self.chance.next() % 3_600_000).unwrap_or(0);
                self.summary.inject(Injection::ClockForward);
            }
            _ => {}
        }
    }

    /// Whether the process dies again before it has recovered.
    const fn storming(&self) -> bool {
        self.harsh.storm > 0
    }

    /// Once in a history, a death is followed by others, each within a few milliseconds of the next start.
    fn storm(&mut self, down: Millis) {
        if !self.options.harsh {
            return;
        }
        if !self.harsh.stormed && self.chance.happens(40) {
            self.harsh.stormed = true;
            self.harsh.storm = STORM_DEATHS;
        } else if self.harsh.storm > 0 {
            self.harsh.storm -= 1;
            if self.harsh.storm == 0 {
                self.summary.inject(Injection::FiveDeathsInRecovery);
            }
        }
        if self.harsh.storm > 0 {
            let soon = Millis(down.0 + self.chance.next() % 25);
            self.later(soon, Happening::Crash);
        }
    }

    /// Sets the clock far off, or stops it. `false`: neither.
    fn jump_far(&mut self) -> bool {
        if !self.options.harsh {
            return false;
        }
        match self.chance.below(5) {
            0 => {
                self.skew += YEARS_10_MILLIS;
                self.summary.inject(Injection::ClockTenYearsForward);
            }
            1 => {
                self.skew -= YEARS_10_MILLIS;
                self.summary.inject(Injection::ClockTenYearsBack);
            }
            2 => {
                let until = self.now + Millis(self.chance.next() % FROZEN_MAX.0);
                self.harsh.frozen = Some((self.now, until));
                self.summary.inject(Injection::ClockFrozen);
            }
            _ => return false,
        }
        true
    }

    /// What an ideal clock shows, unless the process's own stands still.
    pub(super) fn passed(&self) -> Timestamp {
        match self.harsh.frozen {
            Some((since, until)) if self.harm && self.now < until => since,
            _ => self.now,
        }
    }

    /// How long the process sleeps; `None`: it will look anyway. On a clock that stands still it looks again and again.
    pub(super) fn rest_until(&mut self, at: Timestamp) -> Option<Millis> {
        if self.passed() == self.now {
            return Some(at.since(self.clock()));
        }
        if self.harsh.look_at.is_some_and(|look| look > self.now) {
            return None;
        }
        self.harsh.look_at = Some(self.now + FROZEN_LOOK);
        Some(FROZEN_LOOK)
    }

    /// Kills the process instead of performing a step of a model that is poison.
    pub(super) fn poisoned(&mut self, order: &Order) -> Result<bool, Violation> {
        let path = order.wanted.path;
        let first = order.task.task.as_bytes().last() == Some(&0);
        let poison = self.options.harsh
            && self.harm
            && first
            && self.seed.is_multiple_of(3)
            && matches!(path.node, Node::Model { subtask: 1, .. });
        if !poison {
            return Ok(false);
        }
        let tries = self.harsh.poisoned.entry((order.task, path)).or_default();
        *tries += 1;
        let tries = *tries;
        if tries > POISON_TRIES_MAX {
            return Err(self.violation(format!("{path} killed the process and was tried {tries} times")));
        }
        if tries == POISON_COUNTS {
            self.summary.reached.insert("a step that kills was tried 5 times".to_owned());
        }
        self.summary.inject(Injection::PoisonStep);
        self.die();
        Ok(true)
    }

    /// A step that panics fails, as it does in the driver.
    pub(super) fn survived(step: impl FnOnce() -> Option<Ended>) -> Option<Ended> {
        let panicked = |_| Some(divisi_engine::perform::failed(FailureClass::Panicked));
        catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(panicked)
    }

    pub(super) const fn noticed_end(&mut self) {
        self.harsh.ended_at = Some(self.now);
    }

    /// Once the harm has ended people look until everything has, or should have.
    pub(super) fn people_look_again(&self) -> bool {
        !self.harm && self.now < HARM_ENDS + CALM_MAX && self.people.has_work(self.store.as_ref())
    }

    /// Faults have stopped: every task has ended soon after.
    pub(super) fn check_liveness(&self) -> Result<(), Violation> {
        let late = self.harsh.ended_at.filter(|at| *at > HARM_ENDS + CALM_MAX);
        match late {
            None => Ok(()),
            Some(at) => {
                let after = at.since(HARM_ENDS);
                Err(self.violation(format!("a task ended only {} s after all harm", after.0 / 1_000)))
            }
        }
    }
}
