//! Chaos: a task to which anything is told in any order. Every rule of [`crate::machine`] must hold after each
//! input, and whatever was done to it, a task must come to an end once people and providers behave.

mod races;
mod told;

use std::collections::VecDeque;

use divisi_domain::approval::Mode;
use divisi_domain::id::InputId;
use divisi_domain::money::MicroUsd;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Envelope, Input, OnBudget, RULES, Submission, Task, effects};
use divisi_domain::time::{Millis, Timestamp};

use crate::chance::Chance;
use crate::machine::{Broken, Committed, Stream, check_quiet, rule};
use crate::scenarios::{Deed, Reply, START, Script, TASK, submission};

pub use races::{Race, race};

/// Rounds in which a task must come to its end once everything behaves.
const ROUNDS_MAX: u32 = 2_000;
/// Ended attempts that are remembered to be told again.
const REMEMBERED_MAX: usize = 32;

/// A task in chaos.
#[derive(Debug)]
pub struct Chaos {
    stream: Stream,
    chance: Chance,
    script: Script,
    now: Timestamp,
    inputs: u64,
    told: VecDeque<(InputId, Input)>,
}

/// Tells a task `steps` things of `seed`, then lets it come to its end.
pub fn run(seed: u64, steps: usize) -> Result<Stream, Broken> {
    let mut chaos = Chaos::begin(seed)?;
    for _ in 0..steps {
        chaos.step()?;
    }
    let upto = chaos.chance.below(chaos.stream.entries().len() + 1);
    chaos.stream.check_replay(upto)?;
    chaos.stream.check_spent()?;
    chaos.calm_down()?;
    let upto = chaos.chance.below(chaos.stream.entries().len() + 1);
    chaos.stream.check_replay(upto)?;
    chaos.stream.check_spent()?;
    Ok(chaos.stream)
}

impl Chaos {
    fn begin(seed: u64) -> Result<Self, Broken> {
        let mut chance = Chance::seeded(seed);
        let submission = any_submission(&mut chance);
        let script = Script::new(told::any_plan(&mut chance), 100);
        let (stream, told) = (Stream::new(TASK), VecDeque::new());
        let mut chaos = Self { stream, chance, script, now: START, inputs: 0, told };
        chaos.tell(Input::Submit(Box::new(submission)))?;
        Ok(chaos)
    }

    fn task(&self) -> Result<&Task, Broken> {
        self.stream.task().ok_or_else(|| Broken("there is no task".to_owned()))
    }

    fn tell(&mut self, input: Input) -> Result<Committed, Broken> {
        self.inputs += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.inputs.to_be_bytes());
        self.tell_as(InputId(id), input)
    }

    fn tell_as(&mut self, id: InputId, input: Input) -> Result<Committed, Broken> {
        self.told.push_back((id, input.clone()));
        if self.told.len() > REMEMBERED_MAX {
            self.told.pop_front();
        }
        let entropy = self.chance.next();
        let committed = self.stream.commit(&Envelope { id, at: self.now, entropy, input })?;
        let task = self.task()?;
        check_quiet(task, &effects(task, self.now), self.now)?;
        Ok(committed)
    }

    fn step(&mut self) -> Result<(), Broken> {
        match self.chance.below(20) {
            0..6 => self.start_something(),
            6..12 => self.end_something(),
            12 => self.say_again(),
            13 => self.tell_foreign(),
            14..17 => self.person(),
            17 if self.chance.happens(60) => self.time_passes(),
            18 if self.chance.happens(30) => self.crash(),
            _ => self.tell(Input::Admit).map(drop),
        }
    }

    fn start_something(&mut self) -> Result<(), Broken> {
        let wanted = effects(self.task()?, self.now).start;
        let Some(wanted) = self.chance.pick(&wanted).cloned() else { return Ok(()) };
        self.script.set_reserve(20 + u64::try_from(self.chance.below(200)).unwrap_or(0));
        let input = match self.chance.below(20) {
            0 => told::deferral(&mut self.chance, wanted.path, self.now),
            1 => Input::NoCapableAgent { path: wanted.path },
            _ => self.script.start(&wanted),
        };
        self.tell(input).map(drop)
    }

    fn end_something(&mut self) -> Result<(), Broken> {
        let in_flight = effects(self.task()?, self.now).in_flight;
        let Some((path, attempt)) = self.chance.pick(&in_flight).copied() else { return Ok(()) };
        let reply = told::any_reply(&mut self.chance, path.node);
        let ended = self.script.end_with(&reply, path, attempt);
        ended.map_or(Ok(()), |input| self.tell(input).map(drop))
    }

    /// Tells something again: under its own id nothing may come of it.
    fn say_again(&mut self) -> Result<(), Broken> {
        let at = self.chance.below(self.told.len());
        let Some((id, input)) = self.told.get(at).cloned() else { return Ok(()) };
        if self.chance.happens(50) {
            return self.tell(input).map(drop);
        }
        let before = self.stream.entries().len();
        let recorded = self.stream.entries().iter().any(|entry| entry.input == id);
        let again = self.tell_as(id, input)?;
        let after = self.stream.entries().len();
        rule(!recorded || before == after, || format!("said twice, done twice: {again:?}"))
    }

    fn tell_foreign(&mut self) -> Result<(), Broken> {
        let input = told::foreign(&mut self.chance, &self.script, self.now);
        self.tell(input).map(drop)
    }

    fn person(&mut self) -> Result<(), Broken> {
        let ended = self.task()?.is_terminal();
        let deed = told::any_deed(&mut self.chance, ended);
        let input = deed.input(self.task()?);
        input.map_or(Ok(()), |input| self.tell(input).map(drop))
    }

    fn time_passes(&mut self) -> Result<(), Broken> {
        let span = Millis(self.chance.next() % 400_000);
        self.now = self.now + span;
        self.tell(Input::TimerDue).map(drop)
    }

    fn crash(&mut self) -> Result<(), Broken> {
        let last_seen = self.now;
        self.now = self.now + Millis(self.chance.next() % 4_000_000);
        let in_flight = effects(self.task()?, self.now).in_flight;
        let alone = in_flight.len() == 1;
        self.tell(Input::Recovered { last_seen })?;
        for (path, attempt) in in_flight {
            self.tell(Input::Interrupted { path, attempt, alone })?;
        }
        Ok(())
    }

    /// Everyone behaves: the task must end.
    fn calm_down(&mut self) -> Result<(), Broken> {
        for _ in 0..ROUNDS_MAX {
            if self.task()?.is_terminal() {
                return Ok(());
            }
            self.behave()?;
        }
        Err(Broken(format!("it does not come to an end: {:?}", self.task()?.stage)))
    }

    fn behave(&mut self) -> Result<(), Broken> {
        self.tell(Input::Admit)?;
        self.tell(Input::ChangeCap { cap: None })?;
        self.tell(Input::Resume { rules: RULES })?;
        if let Some(input) = Deed::Approve.input(self.task()?) {
            self.tell(input)?;
        }
        for path in self.unknown()? {
            self.tell(Input::Resolve { path, resolution: divisi_domain::task::Resolution::Skip })?;
        }
        for wanted in effects(self.task()?, self.now).start {
            self.tell(self.script.start(&wanted))?;
        }
        for (path, attempt) in effects(self.task()?, self.now).in_flight {
            if let Some(input) = self.script.end_with(&Reply::Good, path, attempt) {
                self.tell(input)?;
            }
        }
        let idle = effects(self.task()?, self.now);
        let quiet = idle.start.is_empty() && idle.in_flight.is_empty();
        let due = idle.overdue.then_some(self.now).or(idle.wake_at);
        if let Some(at) = due.filter(|_| quiet) {
            self.now = self.now.max(at);
            self.tell(Input::TimerDue)?;
        }
        Ok(())
    }

    fn unknown(&self) -> Result<Vec<EffectPath>, Broken> {
        let task = self.task()?;
        let tools = task.steps.iter().filter(|(_, step)| !step.in_flight());
        Ok(tools.map(|(node, _)| task.path(*node)).collect())
    }
}

fn any_submission(chance: &mut Chance) -> Submission {
    let mut submission = submission();
    submission.mode = *chance.pick(&Mode::ALL).unwrap_or(&Mode::Manual);
    submission.plan_only = chance.happens(10);
    submission.cap = chance.happens(40).then(|| MicroUsd(400 + chance.next() % 2_000));
    submission.deadline = chance.happens(20).then(|| START + Millis(chance.next() % 5_000_000));
    let targets = u8::try_from(1 + chance.below(4)).unwrap_or(1);
    let policy = &mut submission.policy;
    policy.on_budget = if chance.happens(50) { OnBudget::Wait } else { OnBudget::Finish };
    policy.route_targets = vec![targets; 8];
    let small = |chance: &mut Chance, bound| u8::try_from(chance.below(bound)).unwrap_or(0);
    policy.limits.subtask_cycles_max = small(chance, 3);
    policy.limits.agent_turns_max = 1 + small(chance, 4);
    policy.limits.final_review_rounds_max = small(chance, 3);
    policy.limits.plan_repair_rounds_max = small(chance, 3);
    submission
}
