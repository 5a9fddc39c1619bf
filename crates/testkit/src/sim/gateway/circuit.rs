//! What a circuit breaker must do, followed from outside: after five steps in a row that a target failed nobody calls it for
//! a while, then one call at a time, until three were answered.

use std::collections::VecDeque;

use divisi_domain::model_step::FailureClass;
use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::policy::breaker::{OPEN_AFTER_FAILURES, PROBES_TO_CLOSE, open_micros};

use super::Call;

/// Steps that count once, as many as are remembered.
const STEPS_REMEMBERED: usize = 64;
/// A probe whose end nobody tells is given up then.
const PROBE_MAX: Millis = Millis::from_mins(20);

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Closed { failures: u8 },
    Open { since: Timestamp, until_micros: i64 },
    HalfOpen { answered: u8, probe: Option<(Call, Timestamp)> },
}

/// One target's.
#[derive(Debug, Clone)]
pub(super) struct Circuit {
    state: State,
    openings: u32,
    /// When it last opened or closed: what was let through before says nothing any more.
    turned: Option<Timestamp>,
    counted: VecDeque<Call>,
}

/// What happened to it, for those who want to know that everything did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    Opened,
    Probed,
    Closed,
}

impl Default for Circuit {
    fn default() -> Self {
        let state = State::Closed { failures: 0 };
        Self { state, openings: 0, turned: None, counted: VecDeque::new() }
    }
}

impl Circuit {
    /// A call was let through at `at`. What came in the same millisecond may have come before or after.
    pub(super) fn starts(&mut self, call: Call, at: Timestamp) -> Result<Option<Turned>, String> {
        let micros = at.as_millis().saturating_mul(1_000);
        match &mut self.state {
            State::Closed { .. } => Ok(None),
            State::Open { since, .. } if at <= *since => Ok(None),
            State::Open { until_micros, .. } if micros < *until_micros => Err(format!(
                "a call went at {} ms to a target whose circuit is open until {until_micros} µs",
                at.as_millis()
            )),
            State::Open { .. } => {
                self.state = State::HalfOpen { answered: 0, probe: Some((call, at)) };
                Ok(Some(Turned::Probed))
            }
            State::HalfOpen { probe: Some((other, since)), .. }
                if *other != call && at > *since && at.since(*since) < PROBE_MAX =>
            {
                Err(format!(
                    "a call went at {} ms to a target that is being probed since {}",
                    at.as_millis(),
                    since.as_millis()
                ))
            }
            State::HalfOpen { probe, .. } => {
                if self.turned.is_none_or(|turned| at > turned) && probe.is_none() {
                    *probe = Some((call, at));
                }
                Ok(None)
            }
        }
    }

    /// The call that was let through at `began` ended.
    pub(super) fn ends(
        &mut self,
        call: Call,
        began: Timestamp,
        how: Option<FailureClass>,
        now: Timestamp,
    ) -> Option<Turned> {
        let stale = self.turned.is_some_and(|turned| began <= turned);
        match &mut self.state {
            State::HalfOpen { answered, probe: probe @ Some(_) }
                if probe.as_ref().is_some_and(|(known, _)| *known == call) =>
            {
                *probe = None;
                match verdict(how) {
                    Some(true) => {
                        *answered += 1;
                        if *answered >= PROBES_TO_CLOSE {
                            self.state = State::Closed { failures: 0 };
                            (self.openings, self.turned) = (0, Some(now));
                            return Some(Turned::Closed);
                        }
                        None
                    }
                    Some(false) => Some(self.open(now)),
                    None => None,
                }
            }
            State::Closed { failures } if !stale => match verdict(how) {
                Some(true) => {
                    *failures = 0;
                    None
                }
                Some(false) => self.count(call, now),
                None => None,
            },
            State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. } => None,
        }
    }

    /// The call was cut: it says nothing.
    pub(super) fn cut(&mut self, call: &Call) {
        if let State::HalfOpen { probe, .. } = &mut self.state
            && probe.as_ref().is_some_and(|(known, _)| known == call)
        {
            *probe = None;
        }
    }

    fn count(&mut self, call: Call, now: Timestamp) -> Option<Turned> {
        let step = Call { attempt: 0, ..call };
        if self.counted.contains(&step) {
            return None;
        }
        self.counted.push_back(step);
        if self.counted.len() > STEPS_REMEMBERED {
            self.counted.pop_front();
        }
        let State::Closed { failures } = &mut self.state else { return None };
        *failures += 1;
        (*failures >= OPEN_AFTER_FAILURES).then(|| self.open(now))
    }

    fn open(&mut self, now: Timestamp) -> Turned {
        let until_micros = now.as_millis().saturating_mul(1_000).saturating_add(open_micros(self.openings));
        self.openings += 1;
        self.turned = Some(now);
        self.state = State::Open { since: now, until_micros };
        Turned::Opened
    }
}

/// Whether the target is up; `None` where nothing is said of it.
const fn verdict(how: Option<FailureClass>) -> Option<bool> {
    match how {
        None
        | Some(
            FailureClass::Unparsable
            | FailureClass::ContextTooLong
            | FailureClass::Refused
            | FailureClass::BadRequest,
        ) => Some(true),
        Some(
            FailureClass::Overloaded
            | FailureClass::Connection
            | FailureClass::TimedOut
            | FailureClass::Truncated
            | FailureClass::Unauthorized
            | FailureClass::UnknownModel,
        ) => Some(false),
        Some(
            FailureClass::RateLimited
            | FailureClass::QuotaSpent
            | FailureClass::Panicked
            | FailureClass::ToolFailed,
        ) => None,
    }
}
