//! Very many durable timers that become due in one moment, in the process that set them and in the next one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::id::{InputId, TaskId};
use divisi_domain::model_step::{FailureClass, Purpose};
use divisi_domain::task::{FailureReason, Report, Task, TaskPriority, TaskState};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{
    Action, Core, CoreInput, FlightKey, NewTask, Order, Reply, ReplyTo, Result as Ended, TaskKey,
};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{NewTask as Submitted, Prepared, prepare, read_state, read_task};
use divisi_engine::journal::known_agents;
use divisi_llm::RateSeen;
use divisi_store::{BlobKey, MemoryStore, Store, commit_blocking};

use super::tally::{Broken, Extent, Tally};
use crate::app::TestApp;
use crate::engine_host;
use crate::scenarios::{START, WORKSPACE, target_of};

/// Timers of the first case; a part of `make test`.
const TIMERS_FEW: u64 = 2_000;
/// Timers of every other case.
const TIMERS_MANY: u64 = 100_000;
/// How long the only model asks to be left alone.
const PAUSE: Millis = Millis::from_mins(60);
/// More than any waiting for one another takes.
const TICKS_MAX: usize = 10_000;
const KINDS: [&str; 3] =
    ["timer due with all others", "due in the process that set it", "due at the start of the next"];

/// A case: as many tasks as there are timers. Their model answers each first call by asking for the same pause, so that
/// all of them wait for the same moment; then it refuses, and each task ends. Every other case dies in between.
pub fn many_timers(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let mut tally = Tally::default();
    for case in extent.range() {
        let timers = if case == 0 { TIMERS_FEW } else { TIMERS_MANY };
        for dies in [false, true] {
            one(timers, dies, seed ^ case, &mut tally)
                .map_err(|error| Broken::at(format!("case {case}, {timers} timers, dies: {dies}"), error))?;
        }
    }
    for kind in KINDS {
        tally.inject(kind, 0);
    }
    Ok(tally)
}

fn one(timers: u64, dies: bool, seed: u64, tally: &mut Tally) -> Result<(), Broken> {
    let mut host = Host::begin(seed)?;
    for number in 0..timers {
        host.submit(number)?;
    }
    host.settle()?;
    host.all_rest(timers)?;
    host.asleep = false;
    host.attempts.clear();
    host.now = START + PAUSE + PAUSE;
    if dies {
        host.restart(timers, seed)?;
    } else {
        host.step(CoreInput::Tick)?;
    }
    host.settle()?;
    host.let_time_pass()?;
    host.all_ended(timers)?;
    tally.inject(KINDS[0], timers);
    tally.inject(KINDS[if dies { 2 } else { 1 }], timers);
    tally.see("task that went on and ended", timers);
    Ok(())
}

struct Host {
    store: Arc<MemoryStore>,
    key: BlobKey,
    crew: Arc<Crew>,
    core: Core,
    now: Timestamp,
    /// Attempts under way.
    flights: VecDeque<Box<Order>>,
    attempts: BTreeMap<TaskKey, u32>,
    /// Whether the model asks to be left alone.
    asleep: bool,
    refused: Option<String>,
}

fn task_id(number: u64) -> TaskId {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    TaskId::from_bytes(id)
}

/// The research crew on one model.
fn crew() -> Result<Crew, Broken> {
    let crew = TestApp::crew("research").ok_or_else(|| Broken("the crew does not parse".to_owned()))?;
    let mut crew = (*crew).clone();
    let target = target_of(0);
    for purpose in Purpose::ALL {
        let only = RouteTarget { provider: target.provider.clone(), model: target.model.clone() };
        crew.routes.insert(purpose, vec![only]);
    }
    crew.agents.iter_mut().for_each(|agent| agent.route.clear());
    Ok(crew)
}

impl Host {
    fn begin(seed: u64) -> Result<Self, Broken> {
        let store = Arc::new(MemoryStore::new());
        let key = store
            .open_workspace(WORKSPACE, BlobKey([7; 32]))
            .map_err(|error| Broken::at("a workspace", error))?;
        Ok(Self {
            store,
            key,
            crew: Arc::new(crew()?),
            core: engine_host::core(seed),
            now: START,
            flights: VecDeque::new(),
            attempts: BTreeMap::new(),
            asleep: true,
            refused: None,
        })
    }

    fn submit(&mut self, number: u64) -> Result<(), Broken> {
        let id = task_id(number);
        let mut input = [9; 16];
        input[..8].copy_from_slice(&number.to_be_bytes());
        let task = Submitted {
            workspace: WORKSPACE,
            input: InputId(input),
            id,
            title: "When is it due?".to_owned(),
            description: "When is it due?".to_owned(),
            constraints: Vec::new(),
            domain: None,
            documents: Vec::new(),
            crew: Arc::clone(&self.crew),
            mode: Mode::FullAutonomous,
            priority: TaskPriority::Medium,
            cap: None,
            deadline: None,
            plan_only: false,
            request: None,
        };
        let Prepared { submission, sides, .. } =
            prepare(&task, &self.key).map_err(|error| Broken::at("a submission", error))?;
        let (key, crew) = (TaskKey::new(WORKSPACE, id), Arc::clone(&self.crew));
        let (title, reply) = (task.title, ReplyTo(number));
        let new = NewTask { key, id: task.input, submission, crew, title, sides, reply };
        self.step(CoreInput::Submit(Box::new(new)))?;
        self.refused.take().map_or(Ok(()), |why| Err(Broken(why)))
    }

    /// Until nothing moves without time.
    fn settle(&mut self) -> Result<(), Broken> {
        while let Some(order) = self.flights.pop_front() {
            let (class, retry_after) = if self.asleep {
                (FailureClass::RateLimited, Some(PAUSE))
            } else {
                (FailureClass::Refused, None)
            };
            let report = Report::Failed { class, content: None, retry_after };
            let result = Ended {
                report,
                usage: None,
                tokens: None,
                rate: RateSeen::default(),
                context_tokens: None,
                asked: true,
                sent: true,
                generated: false,
                sides: Vec::new(),
                titles: Vec::new(),
            };
            let flight = FlightKey { task: order.task, path: order.wanted.path };
            let attempt = order.wanted.attempt;
            self.step(CoreInput::Ended { flight, attempt, result: Box::new(result) })?;
        }
        Ok(())
    }

    /// Retries of a target are rationed: those that were asked before may have to wait for one another.
    fn let_time_pass(&mut self) -> Result<(), Broken> {
        for _ in 0..TICKS_MAX {
            let Some(at) = self.core.wake_at() else { return Ok(()) };
            self.now = self.now.max(at);
            self.step(CoreInput::Tick)?;
            self.settle()?;
        }
        Err(Broken(format!("something is due still after {TICKS_MAX} ticks")))
    }

    fn step(&mut self, input: CoreInput) -> Result<(), Broken> {
        let mut actions: VecDeque<Action> = self.core.step(input, self.now).into();
        while let Some(action) = actions.pop_front() {
            if let Some(input) = self.act(action)? {
                actions.extend(self.core.step(input, self.now));
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<Option<CoreInput>, Broken> {
        match action {
            Action::Commit { ticket, batch } | Action::Retry { ticket, batch, .. } => {
                let outcome = commit_blocking(self.store.as_ref(), batch);
                return Ok(Some(CoreInput::Committed { ticket, outcome }));
            }
            Action::Load(task) => {
                let loaded =
                    read_task(self.store.as_ref(), task).map_err(|error| Broken::at("reading", error))?;
                return Ok(Some(CoreInput::Loaded { task, loaded: loaded.map(Box::new) }));
            }
            Action::Perform(order) => {
                *self.attempts.entry(order.task).or_default() += 1;
                self.flights.push_back(order);
            }
            Action::Reply { reply: Reply::Refused(why), .. } => self.refused = Some(why.to_string()),
            Action::Reply { .. }
            | Action::Publish { .. }
            | Action::Held { .. }
            | Action::Abort(_)
            | Action::Measure(_) => {}
            Action::Stop(error) | Action::Quarantined { error, .. } => {
                return Err(Broken::at("the store", error));
            }
        }
        Ok(None)
    }

    fn task(&self, number: u64) -> Result<Task, Broken> {
        let key = TaskKey::new(WORKSPACE, task_id(number));
        let state = read_state(self.store.as_ref(), key).map_err(|error| Broken::at("reading", error))?;
        state.map(|(task, _)| task).ok_or_else(|| Broken(format!("task {number} is lost")))
    }

    /// Every task waits, with a time at which it goes on.
    fn all_rest(&self, timers: u64) -> Result<(), Broken> {
        let due = START + PAUSE;
        for number in 0..timers {
            let task = self.task(number)?;
            let wake_at = divisi_domain::task::effects(&task, self.now).wake_at;
            if task.waiting_for(self.now).is_none() || wake_at.is_none_or(|at| at < due) {
                return Err(Broken(format!(
                    "task {number} rests until {wake_at:?}, not until {due:?} or later"
                )));
            }
        }
        Ok(())
    }

    /// The process dies, and the next one starts when all timers are due.
    fn restart(&mut self, timers: u64, seed: u64) -> Result<(), Broken> {
        self.core = engine_host::core(seed ^ u64::MAX);
        let mut tasks = Vec::new();
        for number in 0..timers {
            let key = TaskKey::new(WORKSPACE, task_id(number));
            let loaded = read_task(self.store.as_ref(), key).map_err(|error| Broken::at("reading", error))?;
            tasks.extend(loaded.map(|loaded| (key, loaded)));
        }
        let agents = known_agents(self.store.as_ref()).map_err(|error| Broken::at("the agents", error))?;
        self.step(CoreInput::Recover { agents, tasks, last_seen: START })
    }

    /// Every task was asked for once more, and ended with that.
    fn all_ended(&self, timers: u64) -> Result<(), Broken> {
        for number in 0..timers {
            let (task, key) = (self.task(number)?, TaskKey::new(WORKSPACE, task_id(number)));
            let reason = task.ending.as_ref().and_then(|ending| ending.reason);
            let asked = self.attempts.get(&key).copied().unwrap_or_default();
            let refused = Some(FailureReason::NoAnswer(FailureClass::Refused));
            if task.state() != TaskState::Failed || reason != refused || asked != 1 {
                return Err(Broken(format!(
                    "task {number}: {:?}, {reason:?}, asked {asked} times",
                    task.state()
                )));
            }
        }
        Ok(())
    }
}
