//! The simulated world: one process that lives and dies over a store that does not.

mod harsh;
mod scarce;
mod setup;
mod shared;
mod watched;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::task::{WaitKind, encode};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{
    Action, Core, CoreInput, CoreLimits, Entropy, FlightKey, Order, Reply, ReplyTo, Result as Ended, TaskKey,
    TermsTable, Ticket,
};
use divisi_engine::crew::Crew;
use divisi_engine::driver::read_task;
use divisi_engine::journal::known_agents;
use divisi_engine::perform::{Means, perform};
use divisi_llm::policy::InputSize;
use divisi_llm::{NoSink, Provider};
use divisi_providers::Scripted;
use divisi_providers::scripted::Script;
use divisi_store::{Batch, BlobKey, CommitOutcome, MemoryStore, Reads, Refusal, Store, StoreError};
use divisi_tools::calls::ToolRegistry;
use divisi_tools::corpus::Corpus;
use futures::FutureExt;

use super::chaos_provider::{ChaosProvider, Rates};
use super::gateway::Watch;
use super::oracle::Oracle;
use super::people::People;
use super::report::{Injection, Summary};
use super::tool::{PostNote, Posted};
use crate::chance::Chance;
use setup::{crew, terms_of};
use watched::Ground;

/// Models of the simulated provider: every route has all three.
const MODELS: [&str; 3] = ["dear", "cheap", "spare"];
/// Steps after which a run is called endless.
const STEPS_MAX: u64 = 200_000;
/// Looks that people take after the harm has ended, before a task that has not ended is said to hang.
const LOOKS_MAX: u32 = 600;
/// When the world stops doing harm and everything must come to an end.
const HARM_ENDS: Timestamp = Timestamp::from_millis(1_700_000_000_000 + 3_600_000);
/// How often people look once the harm has ended.
const CALM_LOOK: Millis = Millis(5_000);
pub(super) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// Tasks submitted.
    pub tasks: usize,
    /// Crashes at most.
    pub crashes_max: u64,
    /// Deaths in five recoveries in a row, clocks that are years off or stand still, a step that kills the process.
    pub harsh: bool,
    /// Three model services with bad weather and tight limits, watched call by call.
    pub gateway: bool,
    /// A bug to plant.
    #[cfg(feature = "planted")]
    pub planted: Option<divisi_engine::core::Planted>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tasks: 3,
            crashes_max: 4,
            harsh: false,
            gateway: false,
            #[cfg(feature = "planted")]
            planted: None,
        }
    }
}

/// A promise that broke, and the seed that shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed} at {at_ms} ms: {what}\nreproduce: cargo xtask sim{} --seed {seed}", if *.gateway { " --gateway" } else { "" })]
pub struct Violation {
    /// The seed.
    pub seed: u64,
    /// Simulated milliseconds since the start.
    pub at_ms: i64,
    /// Which promise, and what was seen.
    pub what: String,
    /// Whether it was a history of the gateway.
    pub gateway: bool,
}

/// What will happen, and when.
enum Happening {
    Apply {
        ticket: Ticket,
        batch: Arc<Batch>,
        epoch: u64,
    },
    Answer {
        ticket: Ticket,
        outcome: Result<CommitOutcome, StoreError>,
        epoch: u64,
    },
    Done {
        flight: FlightKey,
        attempt: u16,
        result: Box<Ended>,
        epoch: u64,
    },
    Measured {
        flight: FlightKey,
        attempt: u16,
        size: InputSize,
        epoch: u64,
    },
    Tick {
        epoch: u64,
    },
    Person,
    /// Somebody asks the process to stop.
    Stop {
        epoch: u64,
    },
    /// What is in flight is not waited for any more.
    CutOff {
        epoch: u64,
    },
    /// The process that was asked to stop is gone.
    Gone {
        epoch: u64,
    },
    Crash,
    Start,
    /// Someone else changes what tasks share.
    Elsewhere(Batch),
}

struct Seeded(Chance);

impl Entropy for Seeded {
    fn next(&mut self) -> u64 {
        self.0.next()
    }
}

/// The world of one seed.
pub struct World {
    pub(super) seed: u64,
    options: Options,
    pub(super) chance: Chance,
    pub(super) now: Timestamp,
    /// What the process's own clock shows beyond the world's, in milliseconds.
    skew: i64,
    pub(super) store: Arc<MemoryStore>,
    pub(super) core: Option<Core>,
    epoch: u64,
    happenings: BTreeMap<(Timestamp, u64), Happening>,
    next_order: u64,
    means: Means,
    corpus: Arc<Corpus>,
    terms: TermsTable,
    pub(super) key: BlobKey,
    pub(super) crew: Arc<Crew>,
    pub(super) people: People,
    oracle: Oracle,
    injected: Arc<Mutex<Vec<Injection>>>,
    calm: Arc<AtomicBool>,
    pub(super) summary: Summary,
    crashes: u64,
    in_flight: BTreeMap<FlightKey, u16>,
    trace: DefaultHasher,
    pub(super) harm: bool,
    looks: u32,
    /// The process's timer, while it is set.
    armed: Option<(u64, Timestamp)>,
    harsh: harsh::Harsh,
    scarce: scarce::Scarce,
    watch: Option<Watch>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("seed", &self.seed).field("now", &self.now).finish_non_exhaustive()
    }
}

impl World {
    /// The world of `seed`.
    pub fn new(seed: u64, options: &Options) -> Self {
        let mut chance = Chance::seeded(seed);
        let store = Arc::new(MemoryStore::new());
        let injected = Arc::new(Mutex::new(Vec::new()));
        let posted: Posted = Arc::default();
        let calm: Arc<AtomicBool> = Arc::default();
        let price =
            Price { input_per_million: 3_000_000, output_per_million: 15_000_000, ..Price::default() };
        let script = Script { seed, revise_percent: 30, price, plan_subtasks: 3, ..Script::default() };
        let name = Name::from_static("simulated");
        let rates = Rates { fault: 40 + chance.next() % 120, nonsense: 20 + chance.next() % 40, tool: 150 };
        let inner = Scripted::new(script.clone());
        let (noted, calms, harsh) = (Arc::clone(&injected), Arc::clone(&calm), options.harsh);
        let provider =
            ChaosProvider { seed, name: name.clone(), inner, rates, injected: noted, harsh, calm: calms };
        let mut providers: BTreeMap<Name, Arc<dyn Provider>> = BTreeMap::new();
        providers.insert(name.clone(), Arc::new(provider));
        let mut tools = ToolRegistry::with_built_ins().unwrap_or_default();
        let _ = tools.register(Arc::new(PostNote::new(Arc::clone(&posted))));
        let ground = Ground { providers, terms: terms_of(seed, &name, price), crew: crew(), watch: None };
        let ground = ground.watched(seed, options, &script, &calm);
        let key = store.open_workspace(crate::app::WORKSPACE, BlobKey([7; 32])).unwrap_or(BlobKey([7; 32]));
        let _ = divisi_store::commit_blocking(store.as_ref(), shared::cap_of_workspace(shared::ROOMY));
        let reads: Arc<dyn Reads> = store.clone();
        let people = People::new(options.tasks, &mut chance);
        let mut world = Self {
            seed,
            options: options.clone(),
            chance,
            now: START,
            skew: 0,
            means: Means { reads, providers: Arc::new(ground.providers), tools: Arc::new(tools) },
            corpus: Arc::new(Corpus::default()),
            terms: ground.terms,
            key,
            crew: Arc::new(ground.crew),
            store,
            core: None,
            epoch: 0,
            happenings: BTreeMap::new(),
            next_order: 0,
            people,
            oracle: Oracle::new(posted),
            injected,
            calm,
            summary: Summary { seeds: 1, ..Summary::default() },
            crashes: 0,
            in_flight: BTreeMap::new(),
            trace: DefaultHasher::new(),
            harm: true,
            looks: 0,
            armed: None,
            harsh: harsh::Harsh::default(),
            scarce: scarce::Scarce::default(),
            watch: ground.watch,
        };
        world.later(Millis(0), Happening::Start);
        world.later(Millis(1), Happening::Person);
        world
    }

    /// Runs to the end.
    pub fn run(mut self) -> Result<Summary, Violation> {
        for _ in 0..STEPS_MAX {
            if self.harm && self.now >= HARM_ENDS {
                self.stop_harm();
            }
            let Some(((at, _), happening)) = self.happenings.pop_first() else { break };
            self.now = self.now.max(at);
            self.watch.iter().for_each(|watch| watch.clock.store(self.now.as_millis(), Ordering::Relaxed));
            self.happen(happening)?;
            self.collect_injections();
            self.cancellations_get_through()?;
            if self.happenings.is_empty() {
                self.go_on();
            }
        }
        if !self.happenings.is_empty() {
            return Err(self.violation(format!("no end after {STEPS_MAX} steps")));
        }
        self.finish()
    }

    fn stop_harm(&mut self) {
        self.harm = false;
        self.calm.store(true, Ordering::Relaxed);
        self.later(Millis(1), Happening::Person);
    }

    /// Nothing is planned any more: people look at what waits for them, until nothing does.
    fn go_on(&mut self) {
        if self.harm {
            self.now = HARM_ENDS;
            self.stop_harm();
        } else if self.people.has_work(self.store.as_ref()) && self.looks < LOOKS_MAX {
            self.looks += 1;
            self.later(Millis(1_000), Happening::Person);
        }
    }

    fn finish(mut self) -> Result<Summary, Violation> {
        self.check_liveness()?;
        let verdict = self.oracle.at_the_end(self.store.as_ref(), &self.people, &mut self.summary);
        verdict.and_then(|()| self.series_are_short()).map_err(|what| self.violation(what))?;
        self.summary.trace = self.trace.finish();
        Ok(self.summary)
    }

    fn violation(&self, what: String) -> Violation {
        let gateway = self.options.gateway;
        Violation { seed: self.seed, at_ms: self.now.as_millis() - START.as_millis(), what, gateway }
    }

    fn later(&mut self, after: Millis, happening: Happening) {
        self.next_order += 1;
        // Equal times happen in an order that the seed chooses.
        let order = (self.chance.next() << 24) | (self.next_order & 0xff_ffff);
        self.happenings.insert((self.now + after, order), happening);
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Violation> {
        match happening {
            Happening::Apply { ticket, batch, epoch } if epoch == self.epoch => self.apply(ticket, batch),
            // A batch on its way when the process died: the disk may or may not have seen it.
            Happening::Apply { batch, .. } => self.apply_after_death(batch),
            Happening::Answer { ticket, outcome, epoch } if epoch == self.epoch => {
                return self.step(CoreInput::Committed { ticket, outcome });
            }
            Happening::Answer { .. } => self.summary.inject(Injection::CrashAfterCommit),
            Happening::Done { flight, attempt, result, epoch } if epoch == self.epoch => {
                return self.landed(flight, attempt, *result);
            }
            Happening::Done { .. } => self.summary.inject(Injection::CrashInFlight),
            Happening::Measured { flight, attempt, size, epoch } if epoch == self.epoch => {
                return self.step(CoreInput::Measured { flight, attempt, size });
            }
            Happening::Tick { epoch } if epoch == self.epoch => {
                self.armed = None;
                return self.step(CoreInput::Tick);
            }
            Happening::Person => return self.person(),
            Happening::Stop { epoch } if epoch == self.epoch => {
                let patience = Millis(self.chance.next() % 5_000);
                self.later(patience, Happening::CutOff { epoch });
                return self.step(CoreInput::Drain);
            }
            Happening::CutOff { epoch } if epoch == self.epoch => {
                let last = Millis(self.chance.next() % 60);
                self.later(last, Happening::Gone { epoch });
                return self.step(CoreInput::CutOff);
            }
            Happening::Gone { epoch } if epoch == self.epoch => self.stopped(),
            Happening::Measured { .. }
            | Happening::Tick { .. }
            | Happening::Stop { .. }
            | Happening::CutOff { .. }
            | Happening::Gone { .. } => {}
            Happening::Crash => self.crash(),
            Happening::Start => return self.start(),
            Happening::Elsewhere(batch) => {
                let _ = divisi_store::commit_blocking(self.store.as_ref(), batch);
            }
        }
        Ok(())
    }

    fn clock(&self) -> Timestamp {
        Timestamp::from_millis(self.passed().as_millis() + self.skew)
    }

    /// Tells the core something and carries out what it asks for.
    pub(super) fn step(&mut self, input: CoreInput) -> Result<(), Violation> {
        let clock = self.clock();
        let Some(core) = self.core.as_mut() else { return Ok(()) };
        let mut actions: VecDeque<Action> = core.step(input, clock).into();
        while let Some(action) = actions.pop_front() {
            if let Some(more) = self.act(action)? {
                let clock = self.clock();
                let Some(core) = self.core.as_mut() else { return Ok(()) };
                actions.extend(core.step(more, clock));
            }
        }
        self.arm();
        Ok(())
    }

    fn arm(&mut self) {
        let Some(at) = self.core.as_ref().and_then(Core::wake_at) else { return };
        let epoch = self.epoch;
        if self.armed == Some((epoch, at)) {
            return;
        }
        let Some(rest) = self.rest_until(at) else { return };
        self.armed = Some((epoch, at));
        self.later(rest, Happening::Tick { epoch });
    }

    fn act(&mut self, action: Action) -> Result<Option<CoreInput>, Violation> {
        match action {
            Action::Commit { ticket, batch } => {
                let epoch = self.epoch;
                let wait = Millis(self.chance.next() % 20);
                self.later(wait, Happening::Apply { ticket, batch, epoch });
            }
            Action::Retry { ticket, batch, .. } => {
                self.given_again(ticket);
                let epoch = self.epoch;
                self.later(Millis(500), Happening::Apply { ticket, batch, epoch });
            }
            Action::Perform(order) => self.perform(&order)?,
            Action::Measure(order) => {
                self.summary.reached.insert("a prompt was measured".to_owned());
                let flight = FlightKey { task: order.task, path: order.wanted.path };
                let (attempt, epoch) = (order.wanted.attempt, self.epoch);
                let size = divisi_engine::perform::measure(&order, &self.means, &self.corpus);
                let wait = Millis(self.chance.next() % 100);
                self.later(wait, Happening::Measured { flight, attempt, size, epoch });
            }
            Action::Abort(flight) => {
                self.in_flight.remove(&flight);
                self.saw(|watch, _| watch.aborted(flight));
                self.summary.reached.insert("an attempt was aborted".to_owned());
            }
            Action::Reply { to, reply } => self.replied(to, &reply)?,
            Action::Held { wait, .. } => {
                if wait.is_some_and(|wait| wait.kind == WaitKind::Quota) {
                    self.summary.reached.insert("a call waited for its provider's allowance".to_owned());
                }
            }
            Action::Publish { task, first_seq, at, events, state } => {
                for (seq, event) in (first_seq..).zip(&events) {
                    (task, seq, at.as_millis(), encode(event)).hash(&mut self.trace);
                }
                if state.is_terminal() {
                    self.noticed_end();
                }
                self.noticed(&events, &state);
                let told =
                    self.oracle.published(self.store.as_ref(), task, &events, &state, &mut self.summary);
                told.map_err(|what| self.violation(what))?;
                self.watched(|watch, summary| watch.published(task, &events, &state, summary))?;
            }
            Action::Load(task) => {
                let loaded = read_task(self.store.as_ref(), task)
                    .map_err(|error| self.violation(error.to_string()))?;
                return Ok(Some(CoreInput::Loaded { task, loaded: loaded.map(Box::new) }));
            }
            Action::Stop(error) | Action::Quarantined { error, .. } => {
                return Err(self.violation(format!("the store broke: {error}")));
            }
        }
        Ok(None)
    }

    fn replied(&mut self, to: ReplyTo, reply: &Reply) -> Result<(), Violation> {
        self.people.answered(to, reply);
        self.answered_on_a_full_disk(to, reply)?;
        let told = self.oracle.replied(self.store.as_ref(), reply);
        told.map_err(|what| self.violation(what))
    }

    fn perform(&mut self, order: &Order) -> Result<(), Violation> {
        let told = self.oracle.performed(self.store.as_ref(), order);
        told.map_err(|what| self.violation(what))?;
        self.summary.attempts += 1;
        self.watched(|watch, summary| watch.starts(order, summary))?;
        if self.poisoned(order)? {
            return Ok(());
        }
        (order.task, order.wanted.path, order.wanted.attempt).hash(&mut self.trace);
        let flight = FlightKey { task: order.task, path: order.wanted.path };
        let attempt = order.wanted.attempt;
        let mut sink = NoSink;
        let ended = Self::survived(|| perform(order, &self.means, &self.corpus, &mut sink).now_or_never());
        let Some(result) = ended else {
            return Err(self.violation("an effect waited in the simulation".to_owned()));
        };
        self.in_flight.insert(flight, attempt);
        let epoch = self.epoch;
        let latency = Millis(1 + self.chance.next() % 4_000);
        if self.harm && self.chance.happens(3) {
            self.summary.inject(Injection::DuplicateResult);
            let again = Millis(latency.0 + self.chance.next() % 2_000);
            self.later(again, Happening::Done { flight, attempt, result: Box::new(result.clone()), epoch });
        }
        self.later(latency, Happening::Done { flight, attempt, result: Box::new(result), epoch });
        Ok(())
    }

    fn landed(&mut self, flight: FlightKey, attempt: u16, result: Ended) -> Result<(), Violation> {
        self.in_flight.remove(&flight);
        let clock = self.clock();
        self.saw(|watch, summary| watch.ends(flight, attempt, &result, clock, summary));
        self.step(CoreInput::Ended { flight, attempt, result: Box::new(result) })
    }

    fn apply(&mut self, ticket: Ticket, batch: Arc<Batch>) {
        if self.refused_for_space(ticket, &batch) {
            return;
        }
        let epoch = self.epoch;
        let draw = if self.harm { self.chance.below(1_000) } else { 999 };
        let lost = |cause: &str| Err(StoreError::Unanswered { cause: cause.to_owned() });
        let outcome = match draw {
            0..8 if !batch.essential => {
                self.summary.inject(Injection::StoreFull);
                Err(StoreError::Full)
            }
            8..18 => {
                self.summary.inject(Injection::CommitLost);
                lost("not applied")
            }
            18..30 => {
                self.summary.inject(Injection::AnswerLost);
                let _ = divisi_store::commit_blocking(self.store.as_ref(), batch);
                lost("applied")
            }
            _ => divisi_store::commit_blocking(self.store.as_ref(), batch),
        };
        match &outcome {
            Ok(CommitOutcome::Refused(Refusal::LeaseUnavailable { .. })) => {
                self.summary.inject(Injection::SlotRefused);
            }
            Ok(CommitOutcome::Refused(Refusal::ReservationRefused { .. })) => {
                self.summary.inject(Injection::CapRefused);
            }
            _ => {}
        }
        let wait = Millis(self.chance.next() % 10);
        self.later(wait, Happening::Answer { ticket, outcome, epoch });
        self.meddle();
        if self.harm && self.crashes < self.options.crashes_max && self.chance.happens(1) {
            let after = Millis(self.chance.next() % 50);
            let epoch = self.epoch;
            let ends = if self.chance.happens(30) { Happening::Stop { epoch } } else { Happening::Crash };
            self.later(after, ends);
        }
    }

    fn apply_after_death(&mut self, batch: Arc<Batch>) {
        // The process that wrote it is gone, and only a file that it still owned could have taken it.
        if self.core.is_none() && self.chance.happens(50) {
            let _ = divisi_store::commit_blocking(self.store.as_ref(), batch);
            self.summary.inject(Injection::CrashAfterCommit);
        } else {
            self.summary.inject(Injection::CrashBeforeCommit);
        }
    }

    fn start(&mut self) -> Result<(), Violation> {
        if self.core.is_some() {
            return Ok(());
        }
        let limits = CoreLimits {
            running_tasks_max: 2 + self.chance.below(3),
            effects_in_flight_max: 2 + self.chance.below(5),
            snapshot_events: 10 + self.chance.next() % 60,
            ..CoreLimits::default()
        };
        let entropy = Box::new(Seeded(Chance::seeded(self.chance.next())));
        #[cfg_attr(not(feature = "planted"), expect(unused_mut, reason = "only a planted bug changes it"))]
        let mut core = Core::new(limits, self.terms_now()?, entropy);
        #[cfg(feature = "planted")]
        if let Some(bug) = self.options.planted {
            core.plant(bug);
        }
        self.core = Some(core);
        self.epoch += 1;
        let last_seen = self.store.last_seen().ok().flatten().unwrap_or(self.now);
        // As the driver does: the wall clock is believed, never below the log.
        let behind = last_seen.since(self.clock());
        self.skew += i64::try_from(behind.0).unwrap_or(0);
        let mut tasks = Vec::new();
        let open = self.store.open_tasks(None, 1_000).map_err(|error| self.violation(error.to_string()))?;
        for open in open {
            let key = TaskKey::new(open.workspace, open.task);
            let loaded =
                read_task(self.store.as_ref(), key).map_err(|error| self.violation(error.to_string()))?;
            tasks.extend(loaded.map(|loaded| (key, loaded)));
        }
        self.noticed_recovery(&tasks, last_seen);
        let agents = known_agents(self.store.as_ref()).map_err(|error| self.violation(error.to_string()))?;
        self.step(CoreInput::Recover { agents, tasks, last_seen })
    }

    fn person(&mut self) -> Result<(), Violation> {
        let busy = super::people::act(self)?;
        if busy {
            let wait = Millis(1 + self.chance.next() % 30_000);
            self.later(wait, Happening::Person);
        } else if self.people_look_again() {
            self.later(CALM_LOOK, Happening::Person);
        }
        Ok(())
    }

    fn collect_injections(&mut self) {
        let injected = std::mem::take(&mut *self.injected.lock().unwrap_or_else(PoisonError::into_inner));
        for kind in injected {
            self.summary.inject(kind);
        }
    }
}
