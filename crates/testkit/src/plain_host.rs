//! The straightforward host: each input once, results in the order of their starts.

use std::collections::{BTreeSet, VecDeque};

use divisi_domain::id::InputId;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Envelope, Event, Input, Refusal, Task, Wanted, effects};
use divisi_domain::time::{Millis, Timestamp};

use crate::chance::number_of;
use crate::machine::{Broken, Committed, Stream, check_quiet, rule};
use crate::scenarios::{Act, Deed, Run, START, Scenario, TASK};

/// Commits that one scenario may take.
const COMMITS_MAX: u32 = 5_000;

/// Snapshots of a finished run that are checked against its tail.
const REPLAYS_MAX: usize = 8;

/// What came of an attempt to start an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Started {
    /// This one is in flight.
    Attempt(EffectPath, u16),
    /// Something else was recorded.
    Something,
    /// Nothing was recorded.
    Nothing,
}

/// A scenario on its way.
#[derive(Debug)]
pub(crate) struct Journey<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) stream: Stream,
    pub(crate) now: Timestamp,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) acts: VecDeque<Act>,
    held: BTreeSet<EffectPath>,
    commits: u32,
}

impl<'a> Journey<'a> {
    /// Submits the task and, unless it is queued, admits it.
    pub(crate) fn begin(scenario: &'a Scenario) -> Result<Self, Broken> {
        let mut journey = Self {
            scenario,
            stream: Stream::new(TASK),
            now: START,
            refusals: Vec::new(),
            acts: scenario.acts.iter().cloned().collect(),
            held: BTreeSet::new(),
            commits: 0,
        };
        journey.tell(Input::Submit(Box::new(scenario.submission.clone())))?;
        if scenario.admitted {
            journey.tell(Input::Admit)?;
        }
        Ok(journey)
    }

    pub(crate) fn task(&self) -> Result<&Task, Broken> {
        self.stream.task().ok_or_else(|| Broken("there is no task".to_owned()))
    }

    /// Commits an input with an id of its own.
    pub(crate) fn tell(&mut self, input: Input) -> Result<Committed, Broken> {
        let id = self.fresh_input();
        self.tell_as(id, input)
    }

    pub(crate) fn fresh_input(&mut self) -> InputId {
        self.commits += 1;
        let mut id = [0; 16];
        id[..4].copy_from_slice(&self.commits.to_be_bytes());
        InputId(id)
    }

    pub(crate) fn tell_as(&mut self, id: InputId, input: Input) -> Result<Committed, Broken> {
        rule(self.commits < COMMITS_MAX, || "it never comes to rest".to_owned())?;
        // Jitter depends on what it is for, not on when it is asked for.
        let entropy = match &input {
            Input::Ended { path, attempt, .. } => number_of(&format!("{path}#{attempt}")),
            _ => 0,
        };
        self.stream.commit(&Envelope { id, at: self.now, entropy, input })
    }

    /// Attempts that may start now.
    pub(crate) fn startable(&self) -> Result<Vec<Wanted>, Broken> {
        Ok(effects(self.task()?, self.now).start)
    }

    /// Tries to start an attempt.
    pub(crate) fn start(&mut self, wanted: &Wanted) -> Result<Started, Broken> {
        let held = self.scenario.script.holds(wanted, self.now).filter(|_| self.held.insert(wanted.path));
        let input = held.unwrap_or_else(|| self.scenario.script.start(wanted));
        let Committed::Done(events) = self.tell(input)? else { return Ok(Started::Nothing) };
        let started = |event: &Event| match event {
            Event::EffectStarted { path, attempt, .. } => Some(Started::Attempt(*path, *attempt)),
            _ => None,
        };
        let otherwise = if events.is_empty() { Started::Nothing } else { Started::Something };
        Ok(events.iter().find_map(started).unwrap_or(otherwise))
    }

    /// The input that reports the end of an attempt, as of now; `None` where it hangs.
    pub(crate) fn result(&self, path: EffectPath, attempt: u16) -> Option<Input> {
        self.scenario.script.end(path, attempt)
    }

    /// Nothing can move: an act, or time. False where the scenario is over.
    pub(crate) fn pause(&mut self) -> Result<bool, Broken> {
        let task = self.task()?;
        let wanted = effects(task, self.now);
        if wanted.overdue {
            self.tell(Input::TimerDue)?;
            return Ok(true);
        }
        check_quiet(task, &wanted, self.now)?;
        if let Some(act) = self.acts.front().filter(|act| act.when.holds(task, self.now)).cloned() {
            self.acts.pop_front();
            self.perform(&act)?;
            return Ok(true);
        }
        if task.is_terminal() {
            return rule(self.acts.is_empty(), || format!("never done: {:?}", self.acts)).map(|()| false);
        }
        let state = || format!("stuck in {:?}, waits for {:?}", task.stage, task.waiting_for(self.now));
        let wake_at = wanted.wake_at.ok_or_else(|| Broken(state()))?;
        self.now = self.now.max(wake_at);
        self.tell(Input::TimerDue)?;
        Ok(true)
    }

    fn perform(&mut self, act: &Act) -> Result<(), Broken> {
        if let Deed::Crash(down) = act.deed {
            return self.crash(down);
        }
        let input = act.deed.input(self.task()?);
        let input = input.ok_or_else(|| Broken(format!("{:?} is impossible now", act.deed)))?;
        match (self.tell(input)?, act.refused) {
            (Committed::Done(_), None) => Ok(()),
            (Committed::Refused(refusal), Some(why)) => {
                rule(why(&refusal), || format!("{:?} is refused with {refusal:?}", act.deed))?;
                self.refusals.push(refusal);
                Ok(())
            }
            (other, _) => Err(Broken(format!("{:?} gives {other:?}", act.deed))),
        }
    }

    /// The process dies now and comes back `down` later.
    fn crash(&mut self, down: Millis) -> Result<(), Broken> {
        let last_seen = self.now;
        self.now = self.now + down;
        let in_flight = effects(self.task()?, self.now).in_flight;
        let alone = in_flight.len() == 1;
        self.tell(Input::Recovered { last_seen })?;
        for (path, attempt) in in_flight {
            self.tell(Input::Interrupted { path, attempt, alone })?;
        }
        Ok(())
    }

    pub(crate) fn end(self) -> Result<Run, Broken> {
        let events = self.stream.entries().len();
        for part in 0..=REPLAYS_MAX {
            self.stream.check_replay(events * part / REPLAYS_MAX)?;
        }
        Run::of(&self.stream, self.refusals)
    }
}

/// Drives a scenario to its end.
pub fn run(scenario: &Scenario) -> Result<Run, Broken> {
    let mut journey = Journey::begin(scenario)?;
    let mut results: VecDeque<Input> = VecDeque::new();
    loop {
        let mut moved = false;
        for wanted in journey.startable()? {
            match journey.start(&wanted)? {
                Started::Attempt(path, attempt) => results.extend(journey.result(path, attempt)),
                Started::Something => {}
                Started::Nothing => continue,
            }
            moved = true;
        }
        if let Some(result) = results.pop_front() {
            journey.tell(result)?;
        } else if !moved && !journey.pause()? {
            return journey.end();
        }
    }
}
