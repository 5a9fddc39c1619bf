//! One process over a store that outlives it: everything happens in the order in which it was asked for, and the
//! process dies at the commits that a plan names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use divisi_domain::id::{InputId, TaskId};
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Task, effects};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{
    Action, Core, CoreInput, CoreLimits, Entropy, FlightKey, NewTask, Order, Reply, ReplyTo, Result as Ended,
    TaskKey, TermsTable, Ticket,
};
use divisi_engine::driver::{
    AttachedDocument, Corpora, NewTask as Submitted, Prepared, prepare, read_state, read_task,
};
use divisi_engine::journal::known_agents;
use divisi_engine::perform::{Means, perform};
use divisi_llm::{NoSink, Provider};
use divisi_store::{Batch, BlobKey, MemoryStore, Reads, Reservation, Store, commit_blocking};
use divisi_testkit::app::WORKSPACE;
use divisi_testkit::chance::Chance;
use divisi_testkit::sim::{Oracle, Summary, check_account, check_agents, check_spending, check_task};
use divisi_tools::calls::ToolRegistry;
use divisi_tools::documents::{ParseLimits, parse};
use futures::FutureExt;

/// Steps after which a run is called endless.
const STEPS_MAX: usize = 20_000;
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const KEY: TaskKey = TaskKey::new(WORKSPACE, TaskId::from_bytes([9; 16]));
const INPUT: InputId = InputId([8; 16]);
const DOCUMENT: &str = "licence.txt";

/// Where a process dies: at its `commit`th commit, counted from 1 since it started, which the disk has or has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) commit: usize,
    pub(crate) applied: bool,
}

/// The job that is done over and over.
pub(crate) struct Job {
    pub(crate) question: &'static str,
    pub(crate) text: &'static str,
    pub(crate) crew: Arc<divisi_engine::crew::Crew>,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) terms: TermsTable,
}

/// What a job came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) report: Vec<u8>,
    /// Commits of each process, in order.
    pub(crate) commits: Vec<usize>,
    /// Attempts performed.
    pub(crate) attempts: usize,
    /// Attempts that were performed and whose outcome a death kept from being recorded, over all deaths.
    pub(crate) interrupted: usize,
}

enum Happening {
    Commit { ticket: Ticket, batch: Arc<Batch> },
    Done { flight: FlightKey, attempt: u16, result: Box<Ended> },
}

struct Seeded(Chance);

impl Entropy for Seeded {
    fn next(&mut self) -> u64 {
        self.0.next()
    }
}

pub(crate) struct Host<'j> {
    job: &'j Job,
    store: Arc<MemoryStore>,
    means: Means,
    corpora: Corpora,
    key: BlobKey,
    core: Core,
    now: Timestamp,
    queue: VecDeque<Happening>,
    deaths: VecDeque<Death>,
    commits: Vec<usize>,
    acknowledged: bool,
    oracle: Oracle,
    summary: Summary,
    performed: BTreeSet<(EffectPath, u16)>,
    interrupted: BTreeSet<(EffectPath, u16)>,
}

impl<'j> Host<'j> {
    pub(crate) fn new(job: &'j Job, deaths: &[Death]) -> Self {
        let store = Arc::new(MemoryStore::new());
        let key = store.open_workspace(WORKSPACE, BlobKey([7; 32])).unwrap();
        // A cap that nothing reaches: with it the workspace has an account that must balance.
        let cap = Reservation::SetCap { workspace: WORKSPACE, cap: Some(MicroUsd(1 << 40)) };
        commit_blocking(store.as_ref(), Batch { reservations: vec![cap], ..Batch::default() }).unwrap();
        let providers: BTreeMap<Name, Arc<dyn Provider>> =
            BTreeMap::from([(job.provider.name().clone(), Arc::clone(&job.provider))]);
        let reads: Arc<dyn Reads> = store.clone();
        let tools = Arc::new(ToolRegistry::with_built_ins().unwrap());
        Self {
            job,
            store,
            means: Means { reads, providers: Arc::new(providers), tools },
            corpora: Corpora::default(),
            key,
            core: core(&job.terms, 0),
            now: START,
            queue: VecDeque::new(),
            deaths: deaths.iter().copied().collect(),
            commits: Vec::new(),
            acknowledged: false,
            oracle: Oracle::default(),
            summary: Summary::default(),
            performed: BTreeSet::new(),
            interrupted: BTreeSet::new(),
        }
    }

    /// Lives and dies until the task has ended; an error says which promise broke.
    pub(crate) fn run(mut self) -> Result<Outcome, String> {
        self.start()?;
        for _ in 0..STEPS_MAX {
            self.now = self.now + Millis(1);
            let input = match self.queue.pop_front() {
                Some(Happening::Commit { ticket, batch }) => match self.commit(ticket, batch)? {
                    Some(input) => input,
                    None => continue,
                },
                Some(Happening::Done { flight, attempt, result }) => {
                    CoreInput::Ended { flight, attempt, result }
                }
                None => {
                    let Some(at) = self.core.wake_at() else { return self.finish() };
                    self.now = self.now.max(at);
                    CoreInput::Tick
                }
            };
            self.step(input)?;
        }
        Err(format!("no end after {STEPS_MAX} steps"))
    }

    fn finish(self) -> Result<Outcome, String> {
        let task = check_task(self.store.as_ref(), KEY)?;
        check_account(self.store.as_ref(), WORKSPACE, task.ledger.spent())?;
        check_agents(self.store.as_ref(), WORKSPACE)?;
        let ledgers = BTreeMap::from([(KEY.task, task.ledger.spent())]);
        check_spending(self.store.as_ref(), WORKSPACE, &ledgers)?;
        if !self.deaths.is_empty() {
            return Err(format!("the process never came to {:?}", self.deaths));
        }
        let report = self.report(&task)?;
        Ok(Outcome {
            report,
            commits: self.commits,
            attempts: self.performed.len(),
            interrupted: self.interrupted.len(),
        })
    }

    fn report(&self, task: &Task) -> Result<Vec<u8>, String> {
        let ending = task.ending.as_ref().ok_or("no ending")?;
        let blob = ending.content.ok_or_else(|| format!("no report: {ending:?}"))?;
        let bytes = self.store.blob(&KEY.stream(), &blob).map_err(|error| error.to_string())?;
        Ok(bytes.ok_or("the report is lost")?.to_vec())
    }

    fn start(&mut self) -> Result<(), String> {
        self.commits.push(0);
        self.core = core(&self.job.terms, self.commits.len() as u64);
        let open = self.store.open_tasks(None, 10).unwrap();
        let read = |task| read_task(self.store.as_ref(), TaskKey::new(WORKSPACE, task)).unwrap().unwrap();
        let tasks = open.into_iter().map(|open| (KEY, read(open.task))).collect();
        let agents = known_agents(self.store.as_ref()).unwrap();
        self.step(CoreInput::Recover { agents, tasks, last_seen: self.now })?;
        if self.acknowledged { Ok(()) } else { self.submit() }
    }

    /// Whoever got no answer asks again, with the same ids.
    fn submit(&mut self) -> Result<(), String> {
        let bytes: Arc<[u8]> = self.job.text.as_bytes().to_vec().into();
        let parsed = parse(&bytes, DOCUMENT, &ParseLimits::default()).map(Arc::new);
        let task = Submitted {
            workspace: WORKSPACE,
            input: INPUT,
            id: KEY.task,
            title: self.job.question.to_owned(),
            description: self.job.question.to_owned(),
            constraints: Vec::new(),
            domain: None,
            documents: vec![AttachedDocument { file: DOCUMENT.to_owned(), bytes, parsed }],
            crew: Arc::clone(&self.job.crew),
            mode: divisi_domain::approval::Mode::FullAutonomous,
            priority: divisi_domain::task::TaskPriority::Medium,
            cap: Some(MicroUsd(1 << 30)),
            deadline: None,
            plan_only: false,
            request: None,
        };
        let Prepared { submission, sides } = prepare(&task, &self.key).map_err(|error| error.to_string())?;
        let (crew, title) = (task.crew, task.title);
        let new = NewTask { key: KEY, id: INPUT, submission, crew, title, sides, reply: ReplyTo(1) };
        self.step(CoreInput::Submit(Box::new(new)))
    }

    /// `None`: the process died with this commit.
    fn commit(&mut self, ticket: Ticket, batch: Arc<Batch>) -> Result<Option<CoreInput>, String> {
        let count = self.commits.last_mut().unwrap();
        *count += 1;
        let commit = *count;
        let death = self.deaths.pop_front_if(|death| death.commit == commit);
        if death.is_none_or(|death| death.applied) {
            let outcome = commit_blocking(self.store.as_ref(), batch);
            if death.is_none() {
                return Ok(Some(CoreInput::Committed { ticket, outcome }));
            }
        }
        self.queue.clear();
        self.cut_off()?;
        self.start()?;
        Ok(None)
    }

    /// Notes attempts that were performed and that the log still has in flight.
    fn cut_off(&mut self) -> Result<(), String> {
        let read = read_state(self.store.as_ref(), KEY).map_err(|error| error.to_string())?;
        let open = read.map(|(task, _)| effects(&task, self.now).in_flight).unwrap_or_default();
        self.interrupted.extend(open.into_iter().filter(|attempt| self.performed.contains(attempt)));
        Ok(())
    }

    fn step(&mut self, input: CoreInput) -> Result<(), String> {
        let mut actions: VecDeque<Action> = self.core.step(input, self.now).into();
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Commit { ticket, batch } | Action::Retry { ticket, batch, .. } => {
                    self.queue.push_back(Happening::Commit { ticket, batch });
                }
                Action::Perform(order) => self.perform(&order)?,
                Action::Abort(_) | Action::Held { .. } => {}
                Action::Measure(order) => {
                    let corpus = self.corpora.of(self.store.as_ref(), KEY, &order.state);
                    let corpus = corpus.map_err(|error| error.to_string())?;
                    let flight = FlightKey { task: order.task, path: order.wanted.path };
                    let size = divisi_engine::perform::measure(&order, &self.means, &corpus);
                    let attempt = order.wanted.attempt;
                    actions.extend(self.core.step(CoreInput::Measured { flight, attempt, size }, self.now));
                }
                Action::Reply { reply, .. } => self.replied(&reply)?,
                Action::Publish { task, events, state, .. } => {
                    let (store, summary) = (self.store.as_ref(), &mut self.summary);
                    self.oracle.published(store, task, &events, &state, summary)?;
                }
                Action::Load(task) => {
                    let loaded = read_task(self.store.as_ref(), task).unwrap().map(Box::new);
                    actions.extend(self.core.step(CoreInput::Loaded { task, loaded }, self.now));
                }
                Action::Stop(error) | Action::Quarantined { error, .. } => {
                    return Err(format!("the store broke: {error}"));
                }
            }
        }
        Ok(())
    }

    fn replied(&mut self, reply: &Reply) -> Result<(), String> {
        let known = matches!(
            reply,
            Reply::Refused(divisi_engine::core::Refused::Machine(divisi_domain::task::Refusal::Exists))
        );
        self.acknowledged |= known || matches!(reply, Reply::Done { .. });
        if !self.acknowledged {
            return Err(format!("the submission was not taken: {reply:?}"));
        }
        self.oracle.replied(self.store.as_ref(), reply)
    }

    fn perform(&mut self, order: &Order) -> Result<(), String> {
        self.oracle.performed(self.store.as_ref(), order)?;
        let (path, attempt) = (order.wanted.path, order.wanted.attempt);
        let corpus =
            self.corpora.of(self.store.as_ref(), KEY, &order.state).map_err(|error| error.to_string())?;
        let mut sink = NoSink;
        let ended = perform(order, &self.means, &corpus, &mut sink).now_or_never();
        let result = Box::new(ended.ok_or("an attempt waited")?);
        self.performed.insert((path, attempt));
        let flight = FlightKey { task: order.task, path };
        self.queue.push_back(Happening::Done { flight, attempt, result });
        Ok(())
    }
}

fn core(terms: &TermsTable, life: u64) -> Core {
    Core::new(
        CoreLimits { snapshot_events: 20, ..CoreLimits::default() },
        terms.clone(),
        Box::new(Seeded(Chance::seeded(life))),
    )
}
