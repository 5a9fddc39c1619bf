//! The circuit breaker of one target, (provider, model, key): spec/workflow.md, Retries. Five failures
//! in a row open it for 1.5 s × 1.5ⁿ, at most 60 s; then one probe at a time is let through, three
//! successes close it and one failure opens it again. It is asked each time, so an open circuit is
//! always probed in the end.

use std::collections::VecDeque;

use divisi_domain::model_step::FailureClass;
use divisi_domain::time::{Millis, Timestamp};

/// Failures in a row that open the circuit.
pub const OPEN_AFTER_FAILURES: u8 = 5;
/// Successful probes that close it.
pub const PROBES_TO_CLOSE: u8 = 3;
/// The first open time, in microseconds.
const OPEN_MICROS_FIRST: i64 = 1_500_000;
/// The longest open time, in microseconds.
const OPEN_MICROS_MAX: i64 = 60_000_000;
/// A probe without an outcome for so long is given up: its caller is gone.
const PROBE_MILLIS_MAX: Millis = Millis::from_mins(20);
/// Model steps remembered so that each counts once.
const STEPS_REMEMBERED_MAX: usize = 64;

/// Names a model step over all of its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepKey(pub u64);

/// The open time after the circuit opened `n` times before without closing, in microseconds.
pub fn open_micros(n: u32) -> i64 {
    let mut micros = OPEN_MICROS_FIRST;
    for _ in 0..n {
        if micros >= OPEN_MICROS_MAX {
            break;
        }
        micros = micros * 3 / 2;
    }
    micros.min(OPEN_MICROS_MAX)
}

/// What the breaker would answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A call may go.
    Ready,
    /// None may go before.
    OpenUntil(Timestamp),
    /// A probe is on its way; ask again when it has ended.
    Probing,
}

/// A call that was let through. It is handed back with its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    era: u32,
    probe: Option<u32>,
}

impl Permit {
    /// Whether the call is a probe of a half-open circuit.
    pub const fn is_probe(&self) -> bool {
        self.probe.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Closed { failures: u8 },
    Open { until_micros: i64 },
    HalfOpen { successes: u8, probe: Option<Probe> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Probe {
    number: u32,
    since: Timestamp,
}

/// What an outcome says about the target itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Up,
    Down,
    Nothing,
}

/// The breaker of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    /// Times that it opened since it was last closed.
    openings: u32,
    /// Changes with each opening and closing: outcomes of calls let through before count for nothing.
    era: u32,
    probes: u32,
    counted: VecDeque<StepKey>,
}

impl Default for Breaker {
    fn default() -> Self {
        let state = State::Closed { failures: 0 };
        Self { state, openings: 0, era: 0, probes: 0, counted: VecDeque::new() }
    }
}

impl Breaker {
    /// What [`Self::admit`] would answer; changes nothing.
    pub fn gate(&self, now: Timestamp) -> Gate {
        match &self.state {
            State::Open { until_micros } if micros(now) < *until_micros => {
                Gate::OpenUntil(whole_millis(*until_micros))
            }
            State::HalfOpen { probe: Some(probe), .. } if now.since(probe.since) < PROBE_MILLIS_MAX => {
                Gate::Probing
            }
            State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. } => Gate::Ready,
        }
    }

    /// Lets a call through, or not.
    pub fn admit(&mut self, now: Timestamp) -> Result<Permit, Gate> {
        let gate = self.gate(now);
        if gate != Gate::Ready {
            return Err(gate);
        }
        let successes = match self.state {
            State::Closed { .. } => return Ok(Permit { era: self.era, probe: None }),
            State::Open { .. } => 0,
            State::HalfOpen { successes, .. } => successes,
        };
        self.probes = self.probes.wrapping_add(1);
        let probe = Probe { number: self.probes, since: now };
        self.state = State::HalfOpen { successes, probe: Some(probe) };
        Ok(Permit { era: self.era, probe: Some(probe.number) })
    }

    /// A call was answered.
    pub fn succeeded(&mut self, permit: Permit) {
        self.ended(permit, Verdict::Up, None, Timestamp::default());
    }

    /// A call of `step` failed. A step counts once, whatever its retries; a quota (429) never counts; an
    /// answer that was merely no good (refused, malformed, too long) shows that the target is up.
    pub fn failed(&mut self, permit: Permit, step: StepKey, class: FailureClass, now: Timestamp) {
        self.ended(permit, verdict(class), Some(step), now);
    }

    /// A call ended without saying anything of the target: cancelled, or never sent.
    pub fn abandoned(&mut self, permit: Permit) {
        self.ended(permit, Verdict::Nothing, None, Timestamp::default());
    }

    /// Planted: a probe is under way and nobody knows of it.
    #[cfg(feature = "planted")]
    pub(crate) fn forget_probe(&mut self) {
        if let State::HalfOpen { probe, .. } = &mut self.state {
            *probe = None;
        }
    }

    fn ended(&mut self, permit: Permit, verdict: Verdict, step: Option<StepKey>, now: Timestamp) {
        if permit.era != self.era {
            return;
        }
        match (&mut self.state, verdict) {
            (State::Closed { failures }, Verdict::Up) => *failures = 0,
            (State::Closed { .. }, Verdict::Down) => self.count(step, now),
            (State::HalfOpen { probe: Some(probe), .. }, _) if Some(probe.number) == permit.probe => {
                self.probed(verdict, now);
            }
            (State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. }, _) => {}
        }
    }

    fn count(&mut self, step: Option<StepKey>, now: Timestamp) {
        if let Some(step) = step {
            if self.counted.contains(&step) {
                return;
            }
            self.counted.push_back(step);
            if self.counted.len() > STEPS_REMEMBERED_MAX {
                self.counted.pop_front();
            }
        }
        if let State::Closed { failures } = &mut self.state {
            *failures += 1;
            if *failures >= OPEN_AFTER_FAILURES {
                self.open(now);
            }
        }
    }

    fn probed(&mut self, verdict: Verdict, now: Timestamp) {
        let State::HalfOpen { successes, probe } = &mut self.state else { return };
        *probe = None;
        match verdict {
            Verdict::Nothing => {}
            Verdict::Down => self.open(now),
            Verdict::Up => {
                *successes += 1;
                if *successes >= PROBES_TO_CLOSE {
                    self.close();
                }
            }
        }
    }

    fn open(&mut self, now: Timestamp) {
        let until_micros = micros(now).saturating_add(open_micros(self.openings));
        self.openings = self.openings.saturating_add(1);
        self.era = self.era.wrapping_add(1);
        self.state = State::Open { until_micros };
    }

    fn close(&mut self) {
        self.openings = 0;
        self.era = self.era.wrapping_add(1);
        self.state = State::Closed { failures: 0 };
    }
}

/// Rounded up: a circuit opens no earlier than it says.
fn whole_millis(micros: i64) -> Timestamp {
    Timestamp::from_millis(micros.div_euclid(1_000) + i64::from(micros.rem_euclid(1_000) != 0))
}

fn micros(at: Timestamp) -> i64 {
    at.as_millis().saturating_mul(1_000)
}

const fn verdict(class: FailureClass) -> Verdict {
    match class {
        FailureClass::Overloaded
        | FailureClass::Connection
        | FailureClass::TimedOut
        | FailureClass::Truncated
        | FailureClass::Unauthorized
        | FailureClass::UnknownModel => Verdict::Down,
        FailureClass::Unparsable
        | FailureClass::ContextTooLong
        | FailureClass::Refused
        | FailureClass::BadRequest => Verdict::Up,
        FailureClass::RateLimited
        | FailureClass::QuotaSpent
        | FailureClass::Panicked
        | FailureClass::ToolFailed => Verdict::Nothing,
    }
}

#[cfg(test)]
mod tests;
