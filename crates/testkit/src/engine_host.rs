//! The third host: the engine's own runner over a store in memory, driven by the scenario table. Its routes,
//! prices and agents stand in for what shared state says in the other hosts.

mod outline;
mod rows;

use std::collections::VecDeque;
use std::sync::Arc;

use divisi_domain::id::InputId;
use divisi_domain::model_step::Purpose;
use divisi_domain::money::{MicroUsd, Price, Usage};
use divisi_domain::name::Name;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::task::{Answer, Event, Input, Report, Task, effects};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{
    Action, Core, CoreInput, CoreLimits, Entropy, FlightKey, NewTask, Order, Refused, Reply, ReplyTo,
    Result as Ended, Side, TaskKey, Terms, TermsTable,
};
use divisi_engine::crew::{Crew, RouteTarget};
use divisi_engine::driver::{NewTask as Submitted, prepare, read_state, read_task};
use divisi_engine::journal::known_agents;
use divisi_llm::RateSeen;
use divisi_store::{BlobKey, MemoryStore, Store, blob_ref, commit_blocking};

use crate::app::TestApp;
use crate::chance::Chance;
use crate::machine::{Broken, rule};
use crate::scenarios::{Act, Deed, START, Scenario, TASK, WORKSPACE, target_of};

pub use outline::{Outline, agree};

/// Inputs that one scenario may take.
const STEPS_MAX: u32 = 20_000;
/// What a call reserves, in micro-USD: the price of as many input tokens.
const RESERVE: u32 = 100;

const KEY: TaskKey = TaskKey::new(WORKSPACE, TASK);

/// Scenarios in which the gateway's policy sends a call to another target than the script does: it keeps the pause that a
/// provider asked for, and does not ask a model under a cap again that took more than it was allowed.
const DECIDED_BY_THE_GATEWAY: [&str; 3] = [
    "a person need not wait as long as the provider asked for",
    "a target that asks for a long pause is passed over for the next",
    "an excess is booked",
];

/// Whether the runner can be told to do what the scenario says shared state does.
pub fn can_run(scenario: &Scenario) -> bool {
    let admits = |act: &Act| matches!(act.deed, Deed::Admit);
    let elsewhere = DECIDED_BY_THE_GATEWAY.contains(&scenario.name);
    scenario.admitted && !elsewhere && !scenario.script.holds_any() && !scenario.acts.iter().any(admits)
}

/// Drives a scenario to its end.
pub fn run(scenario: &Scenario) -> Result<Outline, Broken> {
    let mut host = Host::begin(scenario)?;
    for _ in 0..STEPS_MAX {
        if let Some(input) = host.results.pop_front() {
            host.step(input)?;
        } else if !host.pause()? {
            let task = host.task()?;
            rows::check(host.store.as_ref(), KEY, &task)?;
            return Ok(Outline::of(&task, &host.events));
        }
    }
    Err(Broken("it never comes to rest".to_owned()))
}

struct Seeded(Chance);

impl Entropy for Seeded {
    fn next(&mut self) -> u64 {
        self.0.next()
    }
}

struct Host<'a> {
    scenario: &'a Scenario,
    store: Arc<MemoryStore>,
    key: BlobKey,
    core: Core,
    now: Timestamp,
    results: VecDeque<CoreInput>,
    acts: VecDeque<Act>,
    events: Vec<Event>,
    reply: Option<Reply>,
    told: u64,
}

fn broken(error: impl std::fmt::Display) -> Broken {
    Broken(error.to_string())
}

/// A runner that knows the three priced models of the scenarios.
pub(crate) fn core(seed: u64) -> Core {
    let price = Price { input_per_million: 1_000_000, ..Price::default() };
    let mut terms = TermsTable::default();
    for index in 0..3 {
        let target = target_of(index);
        terms.set(target.provider, target.model, Terms::of(price, RESERVE));
    }
    Core::new(CoreLimits::default(), terms, Box::new(Seeded(Chance::seeded(seed))))
}

/// The research crew with the agent type of all scenarios, on routes of three targets.
fn crew() -> Result<Crew, Broken> {
    let crew = TestApp::crew("research").ok_or_else(|| broken("the crew does not parse"))?;
    let mut crew = (*crew).clone();
    for purpose in Purpose::ALL {
        let target = |index| {
            let target = target_of(index);
            RouteTarget { provider: target.provider, model: target.model }
        };
        crew.routes.insert(purpose, (0..3).map(target).collect());
    }
    for agent in &mut crew.agents {
        agent.route.clear();
        agent.slots = 9;
    }
    if let Some(first) = crew.agents.first_mut() {
        first.name = Name::from_static("researcher");
    }
    Ok(crew)
}

impl<'a> Host<'a> {
    fn begin(scenario: &'a Scenario) -> Result<Self, Broken> {
        let store = Arc::new(MemoryStore::new());
        let key = store.open_workspace(WORKSPACE, BlobKey([7; 32])).map_err(broken)?;
        let (results, events, acts) = (VecDeque::new(), Vec::new(), scenario.acts.iter().cloned().collect());
        let (now, reply, told) = (START, None, 0);
        let mut host = Self { scenario, store, key, core: core(1), now, results, acts, events, reply, told };
        let submit = host.submission()?;
        host.step(submit)?;
        Ok(host)
    }

    fn submission(&mut self) -> Result<CoreInput, Broken> {
        let crew = Arc::new(crew()?);
        let of = &self.scenario.submission;
        let task = Submitted {
            workspace: WORKSPACE,
            input: InputId([1; 16]),
            id: TASK,
            title: self.scenario.name.to_owned(),
            description: self.scenario.name.to_owned(),
            constraints: Vec::new(),
            domain: None,
            documents: Vec::new(),
            crew: Arc::clone(&crew),
            mode: of.mode,
            priority: of.priority,
            cap: of.cap,
            deadline: of.deadline,
            plan_only: of.plan_only,
            request: None,
        };
        let prepared = prepare(&task, &self.key).map_err(broken)?;
        let mut submission = prepared.submission;
        submission.policy = of.policy.clone();
        let (title, sides, reply) = (task.title, prepared.sides, ReplyTo(0));
        let new = NewTask { key: KEY, id: task.input, submission, crew, title, sides, reply };
        Ok(CoreInput::Submit(Box::new(new)))
    }

    fn task(&self) -> Result<Task, Broken> {
        let state = read_state(self.store.as_ref(), KEY).map_err(broken)?;
        state.map(|(task, _)| task).ok_or_else(|| broken("there is no task"))
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
                let loaded = read_task(self.store.as_ref(), task).map_err(broken)?;
                return Ok(Some(CoreInput::Loaded { task, loaded: loaded.map(Box::new) }));
            }
            Action::Perform(order) => {
                let result = self.perform(&order);
                self.results.extend(result);
            }
            Action::Publish { events, .. } => self.events.extend(events),
            Action::Reply { to: ReplyTo(0), .. }
            | Action::Abort(_)
            | Action::Held { .. }
            | Action::Measure(_) => {}
            Action::Reply { reply, .. } => self.reply = Some(reply),
            Action::Stop(error) | Action::Quarantined { error, .. } => return Err(broken(error)),
        }
        Ok(None)
    }

    /// What the attempt brings, in the shape that the runner knows.
    fn perform(&self, order: &Order) -> Option<CoreInput> {
        let (path, attempt) = (order.wanted.path, order.wanted.attempt);
        let Input::Ended { report, usage, cost, sent, generated, .. } =
            self.scenario.script.end(path, attempt)?
        else {
            return None;
        };
        let tokens = |cost: MicroUsd| Usage { input_tokens: cost.0, ..Usage::default() };
        let usage = usage.and_then(|_| cost.map(tokens));
        let (report, sides) = self.with_content(path, report);
        let rate = RateSeen::default();
        let titles = Vec::new();
        let (tokens, context_tokens, asked) = (None, None, true);
        let result =
            Ended { report, usage, tokens, rate, context_tokens, asked, sent, generated, sides, titles };
        let flight = FlightKey { task: order.task, path };
        Some(CoreInput::Ended { flight, attempt, result: Box::new(result) })
    }

    /// A plan's content is read back for its titles: it must be there.
    fn with_content(&self, path: EffectPath, report: Report) -> (Report, Vec<Side>) {
        match (path.node, report) {
            (Node::Decompose { .. }, Report::Answered(Answer::Plan { draft, rules, errors, .. })) => {
                let side = self.plan_content();
                let answer = Answer::Plan { content: side.blob, draft, rules, errors };
                (Report::Answered(answer), vec![side])
            }
            (_, report) => (report, Vec::new()),
        }
    }

    fn plan_content(&self) -> Side {
        let bytes: Arc<[u8]> = Arc::from(*br#"{"subtasks":[]}"#);
        Side { blob: blob_ref(&self.key, &bytes), bytes, answers: None }
    }

    /// Nothing can move: an act, or time. False where the scenario is over.
    fn pause(&mut self) -> Result<bool, Broken> {
        let task = self.task()?;
        if let Some(act) = self.acts.front().filter(|act| act.when.holds(&task, self.now)).cloned() {
            self.acts.pop_front();
            self.perform_act(&act, &task)?;
            return Ok(true);
        }
        if task.is_terminal() {
            return rule(self.acts.is_empty(), || format!("never done: {:?}", self.acts)).map(|()| false);
        }
        let stuck = || Broken(format!("stuck in {:?}, {:?}", task.stage, effects(&task, self.now)));
        let wake_at = self.core.wake_at().ok_or_else(stuck)?;
        self.now = self.now.max(wake_at);
        self.step(CoreInput::Tick)?;
        Ok(true)
    }

    fn perform_act(&mut self, act: &Act, task: &Task) -> Result<(), Broken> {
        if let Deed::Crash(down) = act.deed {
            return self.crash(down);
        }
        let mut input =
            act.deed.input(task).ok_or_else(|| broken(format!("{:?} is impossible", act.deed)))?;
        let mut sides = Vec::new();
        // A task that waits for a person is read back from the store: what a plan is made of must be there.
        if let Input::EditPlan { content, .. } = &mut input {
            let side = self.plan_content();
            *content = side.blob;
            sides.push(side);
        }
        self.told += 1;
        let mut id = [2; 16];
        id[..8].copy_from_slice(&self.told.to_be_bytes());
        let (id, reply) = (InputId(id), ReplyTo(self.told));
        self.reply = None;
        self.step(CoreInput::Command { task: KEY, id, input: Box::new(input), sides, reply })?;
        match (self.reply.take(), act.refused) {
            (Some(Reply::Done { .. }), None) => Ok(()),
            (Some(Reply::Refused(Refused::Machine(refusal))), Some(why)) => {
                rule(why(&refusal), || format!("{:?} is refused with {refusal:?}", act.deed))
            }
            (reply, _) => Err(broken(format!("{:?} gives {reply:?}", act.deed))),
        }
    }

    /// The process dies now and another one starts `down` later.
    fn crash(&mut self, down: Millis) -> Result<(), Broken> {
        let last_seen = self.now;
        self.now = self.now + down;
        self.told += 1;
        // Another process draws other ids.
        self.core = core(1_000 + self.told);
        self.results.clear();
        let loaded = read_task(self.store.as_ref(), KEY).map_err(broken)?;
        let tasks = loaded.map(|loaded| (KEY, loaded)).into_iter().collect();
        let agents = known_agents(self.store.as_ref()).map_err(broken)?;
        self.step(CoreInput::Recover { agents, tasks, last_seen })
    }
}
