//! The loop that owns the core: messages in, actions out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use divisi_domain::blob::Digest;
use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_domain::path::EffectPath;
use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::policy::InputSize;
use divisi_llm::{Provider, TokenSink};
use divisi_store::{Batch, CommitOutcome, Reads, Store, StoreError};
use divisi_tools::calls::ToolRegistry;
use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::corpora::Corpora;
use super::handle::{Handle, Message};
use super::hub::Hub;
use super::reading::{self, ReadError};
use super::{Chance, Clock, Drawn, NotBefore};
use crate::core::{
    Action, Core, CoreInput, CoreLimits, FlightKey, Loaded, Order, Reply, ReplyTo, Result as Ended, TaskKey,
    TermsTable, Ticket,
};
use crate::crew::Crew;
use crate::journal::known_agents;
use crate::perform::{self, Means};

/// Messages that callers may have waiting.
const MESSAGES_MAX: usize = 1_024;
/// Commit answers that may wait for the loop; each task has at most one commit in flight.
const ANSWERS_MAX: usize = 1 << 17;
/// How often a sign of life is left.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long the record of what was cut at the end is waited for.
const CUT_OFF_MAX: Millis = Millis::from_secs(3);
/// How long a model that was charged more than was reserved is not called under caps.
const EXCEEDED_MILLIS: i64 = 7 * 24 * 3_600_000;
/// How long a commit that the store could not take rests before it is given again.
const COMMIT_REST: Duration = Duration::from_millis(500);

/// Everything an engine is made of.
pub struct Options {
    /// Where data lives.
    pub store: Arc<dyn Store>,
    /// Model services by name.
    pub providers: BTreeMap<Name, Arc<dyn Provider>>,
    /// What models cost.
    pub terms: TermsTable,
    /// Tools.
    pub tools: ToolRegistry,
    /// Limits.
    pub limits: CoreLimits,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// An engine that cannot start.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes engines.
#[derive(Debug, Clone, Copy)]
pub struct Engine;

/// The engine itself: run it until it stops.
pub struct Service {
    core: Core,
    means: Means,
    corpora: Arc<Corpora>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    hub: Arc<Hub>,
    messages: mpsc::Receiver<Message>,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    performing: JoinSet<Landed>,
    measuring: JoinSet<(FlightKey, u16, InputSize)>,
    flights: FxHashMap<FlightKey, AbortHandle>,
    names: FxHashMap<Id, (FlightKey, u16)>,
    replies: FxHashMap<ReplyTo, oneshot::Sender<Reply>>,
    next_reply: u64,
    idle: Vec<oneshot::Sender<()>>,
    stopping: Vec<oneshot::Sender<()>>,
    /// When attempts in flight are not waited for any more.
    drained_by: Option<Timestamp>,
    /// Whether they were cut.
    cut_off: bool,
    failed: Option<StoreError>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("core", &self.core).finish_non_exhaustive()
    }
}

/// One copy of each crew while tasks are read at the start, however many pin it.
#[derive(Default)]
struct Crews(FxHashMap<Digest, Arc<Crew>>);

impl Crews {
    fn share(&mut self, loaded: Loaded) -> Loaded {
        let known = self.0.entry(loaded.task.submission.crew_digest).or_insert(loaded.crew);
        Loaded { crew: Arc::clone(known), ..loaded }
    }
}

/// An attempt that ended, by itself.
type Landed = (FlightKey, u16, Box<Ended>);
type Answer = (Ticket, Result<CommitOutcome, StoreError>);

impl Engine {
    /// An engine with every unfinished task of the store; [`Service::run`] goes on with them.
    pub fn start(options: Options) -> Result<(Handle, Service), StartError> {
        let Options { store, providers, mut terms, tools, limits, clock, chance } = options;
        let last_seen = store.last_seen()?.unwrap_or_else(|| clock.now());
        let clock: Arc<dyn Clock> = Arc::new(NotBefore::new(clock, last_seen));
        let since = clock.now().as_millis().saturating_sub(EXCEEDED_MILLIS);
        terms.exceed(store.exceeded(Timestamp::from_millis(since))?);
        let (sender, messages) = mpsc::channel(MESSAGES_MAX);
        let hub = Arc::new(Hub::default());
        let reads: Arc<dyn Reads> = Arc::clone(&store) as Arc<dyn Reads>;
        let means = Means { reads, providers: Arc::new(providers), tools: Arc::new(tools) };
        let handle = Handle {
            messages: sender,
            hub: Arc::clone(&hub),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            chance: Arc::clone(&chance),
        };
        let core = Core::new(limits, terms, Box::new(Drawn::new(chance)));
        let mut service = Service {
            core,
            means,
            corpora: Arc::new(Corpora::default()),
            store,
            clock,
            hub,
            messages,
            answers: mpsc::channel(ANSWERS_MAX),
            performing: JoinSet::new(),
            measuring: JoinSet::new(),
            flights: FxHashMap::default(),
            names: FxHashMap::default(),
            replies: FxHashMap::default(),
            next_reply: 1,
            idle: Vec::new(),
            stopping: Vec::new(),
            drained_by: None,
            cut_off: false,
            failed: None,
        };
        service.recover(last_seen)?;
        Ok((handle, service))
    }
}

impl Service {
    fn recover(&mut self, last_seen: Timestamp) -> Result<(), StoreError> {
        let agents = known_agents(self.store.as_ref())?;
        let mut tasks = Vec::new();
        let mut crews = Crews::default();
        let mut after = None;
        loop {
            let page = self.store.open_tasks(after.as_ref(), divisi_store::limits::LIST_ROWS_MAX)?;
            let Some(last) = page.last().copied() else { break };
            for open in page {
                let key = TaskKey::new(open.workspace, open.task);
                let read = self.read(key)?;
                tasks.extend(read.map(|loaded| (key, crews.share(loaded))));
            }
            after = Some(last);
        }
        self.step(CoreInput::Recover { agents, tasks, last_seen });
        Ok(())
    }

    /// A task that is damaged is left alone and named; all others go on. Where the system refuses to read, the start
    /// fails: the next one finds every task.
    fn read(&self, key: TaskKey) -> Result<Option<Loaded>, StoreError> {
        match reading::read_task(self.store.as_ref(), key) {
            Ok(loaded) => Ok(loaded),
            Err(ReadError::Store(
                error @ (StoreError::Broken { .. } | StoreError::Closed | StoreError::Unavailable { .. }),
            )) => Err(error),
            Err(error) => {
                tracing::error!(task = %key.task, %error, "this task is damaged and stays as it is");
                Ok(None)
            }
        }
    }

    /// Says why a task cannot be read; a store that is broken stops the engine.
    fn unreadable(&mut self, task: TaskKey, error: ReadError) -> CoreInput {
        tracing::error!(task = %task.task, %error, "this task cannot be read");
        let (reason, passing) = (error.to_string(), error.is_passing());
        if let ReadError::Store(error @ (StoreError::Broken { .. } | StoreError::Closed)) = error {
            self.failed = Some(error);
        }
        CoreInput::Unreadable { task, reason, passing }
    }

    /// Runs until [`Handle::shutdown`], or until the store breaks.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let mut heartbeat_at = self.clock.now();
        loop {
            if let Some(error) = self.failed.take() {
                self.performing.abort_all();
                return Err(error);
            }
            self.tell_idle();
            let stopped = !self.stopping.is_empty() && self.core.is_idle();
            if stopped || self.drained_by.is_some_and(|by| self.clock.now() >= by + CUT_OFF_MAX) {
                break;
            }
            if !self.cut_off && self.drained_by.is_some_and(|by| self.clock.now() >= by) {
                self.cut_off = true;
                self.step(CoreInput::CutOff);
                continue;
            }
            heartbeat_at = self.leave_sign(heartbeat_at)?;
            let wake_at = self.core.wake_at().map_or(heartbeat_at, |at| at.min(heartbeat_at));
            let last = if self.cut_off { CUT_OFF_MAX } else { Millis(0) };
            let wake_at = self.drained_by.map_or(wake_at, |by| wake_at.min(by + last));
            self.turn(wake_at).await;
        }
        self.performing.shutdown().await;
        for waiting in self.stopping.drain(..) {
            let _ = waiting.send(());
        }
        Ok(())
    }

    fn leave_sign(&self, due: Timestamp) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        if now < due {
            return Ok(due);
        }
        match self.store.heartbeat(now) {
            Ok(())
            | Err(StoreError::Full | StoreError::Unanswered { .. } | StoreError::Unavailable { .. }) => {
                Ok(now + millis(HEARTBEAT))
            }
            Err(error) => Err(error),
        }
    }

    async fn turn(&mut self, wake_at: Timestamp) {
        let rest: Duration = wake_at.since(self.clock.now()).into();
        tokio::select! {
            biased;
            Some((ticket, outcome)) = self.answers.1.recv() => self.step(CoreInput::Committed { ticket, outcome }),
            Some(ended) = self.performing.join_next_with_id() => self.landed(ended),
            Some(Ok((flight, attempt, size))) = self.measuring.join_next() => {
                self.step(CoreInput::Measured { flight, attempt, size });
            }
            Some(message) = self.messages.recv() => self.take(message),
            () = doze(rest) => self.step(CoreInput::Tick),
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Submit(mut new, answer) => {
                new.reply = self.expect(answer);
                self.step(CoreInput::Submit(new));
            }
            Message::Command { task, id, input, sides, answer } => {
                let reply = self.expect(answer);
                self.step(CoreInput::Command { task, id, input, sides, reply });
            }
            Message::Models(providers, terms) => {
                self.means.providers = Arc::new(providers);
                self.step(CoreInput::Models(terms));
            }
            Message::Shutdown(drain_max, answer) => {
                let by = self.clock.now() + drain_max;
                self.drained_by = Some(self.drained_by.map_or(by, |known| known.min(by)));
                self.stopping.push(answer);
                self.step(CoreInput::Drain);
            }
            Message::Idle(answer) => self.idle.push(answer),
        }
    }

    fn expect(&mut self, answer: oneshot::Sender<Reply>) -> ReplyTo {
        let to = ReplyTo(self.next_reply);
        self.next_reply += 1;
        self.replies.insert(to, answer);
        to
    }

    fn tell_idle(&mut self) {
        if !self.idle.is_empty() && self.core.is_idle() {
            for waiting in self.idle.drain(..) {
                let _ = waiting.send(());
            }
        }
    }

    fn step(&mut self, input: CoreInput) {
        let actions = self.core.step(input, self.clock.now());
        for action in actions {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Commit { ticket, batch } => self.commit(ticket, batch),
            Action::Retry { ticket, batch, error } => self.retry(ticket, batch, &error),
            Action::Perform(order) => self.perform(*order),
            Action::Measure(order) => self.measure(*order),
            Action::Abort(flight) => {
                if let Some(running) = self.flights.remove(&flight) {
                    running.abort();
                }
            }
            Action::Reply { to, reply } => {
                if let Some(waiting) = self.replies.remove(&to) {
                    let _ = waiting.send(reply);
                }
            }
            Action::Publish { task, first_seq, at, events, state } => {
                self.hub.publish(task, first_seq, at, events, state);
            }
            Action::Load(key) => {
                let loaded = reading::read_task(self.store.as_ref(), key);
                let input = match loaded {
                    Ok(loaded) => CoreInput::Loaded { task: key, loaded: loaded.map(Box::new) },
                    Err(error) => self.unreadable(key, error),
                };
                self.step(input);
            }
            Action::Held { task, wait } => self.hub.hold(task, wait),
            Action::Quarantined { task, error } => {
                tracing::error!(task = %task.task, %error, "this task is damaged and stays as it is");
            }
            Action::Stop(error) => self.failed = Some(error),
        }
    }

    fn commit(&self, ticket: Ticket, batch: Arc<Batch>) {
        let answers = self.answers.0.clone();
        let large =
            |blob: &divisi_store::NewBlob| blob.bytes.len() > divisi_store::limits::BLOB_INLINE_BYTES_MAX;
        let has_files = batch.blobs.iter().any(large);
        let store = Arc::clone(&self.store);
        let done = Box::new(move |outcome| {
            // The channel holds an answer for every task there can be; a closed one means that the loop has ended.
            let _ = answers.try_send((ticket, outcome));
        });
        if has_files {
            // Files are written and synced by the caller: not on the loop.
            tokio::task::spawn_blocking(move || store.commit(batch, done));
        } else {
            store.commit(batch, done);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the driver is the home of spawned tasks and of sleep")]
    fn retry(&self, ticket: Ticket, batch: Arc<Batch>, error: &StoreError) {
        tracing::warn!(%error, "the store could not take a commit; it is given again");
        let answers = self.answers.0.clone();
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            tokio::time::sleep(COMMIT_REST).await;
            let done = Box::new(move |outcome| {
                let _ = answers.try_send((ticket, outcome));
            });
            let _ = tokio::task::spawn_blocking(move || store.commit(batch, done)).await;
        });
    }

    fn perform(&mut self, order: Order) {
        let flight = FlightKey { task: order.task, path: order.wanted.path };
        let attempt = order.wanted.attempt;
        self.hub.begin(order.task, order.wanted.path, attempt);
        let (means, corpora) = (self.means.clone(), Arc::clone(&self.corpora));
        let mut sink =
            HubSink { hub: Arc::clone(&self.hub), task: order.task, path: order.wanted.path, attempt };
        let limit: Duration = order.deadline.into();
        let computes = means.computes(&order);
        // Boxed where it is made: it is large, and moved several times until it runs.
        let work = Box::pin(async move { attempt_of(&order, &means, &corpora, &mut sink).await });
        let running = self.performing.spawn(async move {
            let ended = if computes {
                tokio::time::timeout(limit, on_a_thread(work)).await
            } else {
                tokio::time::timeout(limit, work).await
            };
            (flight, attempt, Box::new(ended.unwrap_or_else(|_| perform::failed(FailureClass::TimedOut))))
        });
        self.names.insert(running.id(), (flight, attempt));
        self.flights.insert(flight, running);
    }

    /// Builds a prompt where nobody waits for it.
    fn measure(&mut self, order: Order) {
        let (means, corpora) = (self.means.clone(), Arc::clone(&self.corpora));
        let (flight, attempt) =
            (FlightKey { task: order.task, path: order.wanted.path }, order.wanted.attempt);
        self.measuring.spawn_blocking(move || {
            let measured = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let corpus = corpora.of(means.reads.as_ref(), order.task, &order.state).ok()?;
                Some(perform::measure(&order, &means, &corpus))
            }));
            (flight, attempt, measured.ok().flatten().unwrap_or(perform::UNBUILT))
        });
    }

    fn landed(&mut self, ended: Result<(Id, Landed), JoinError>) {
        let (flight, attempt, result) = match ended {
            Ok((id, landed)) => {
                self.names.remove(&id);
                landed
            }
            Err(error) => {
                let Some((flight, attempt)) = self.names.remove(&error.id()) else { return };
                // An abort is ours: nobody waits for its end.
                if error.is_cancelled() {
                    return;
                }
                tracing::error!(task = %flight.task.task, path = %flight.path, "an effect panicked");
                (flight, attempt, Box::new(perform::failed(FailureClass::Panicked)))
            }
        };
        self.flights.remove(&flight);
        self.step(CoreInput::Ended { flight, attempt, result });
    }
}

/// Work that computes, on a thread where nobody waits for its turn. Dropping the future ends the thread where the work
/// waits next; what it brings is not heard any more.
async fn on_a_thread(work: impl Future<Output = Ended> + Send + 'static) -> Ended {
    let runtime = tokio::runtime::Handle::current();
    let (wanted, unwanted) = oneshot::channel::<()>();
    let thread = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                ended = work => Some(ended),
                _ = unwanted => None,
            }
        })
    });
    let ended = thread.await;
    drop(wanted);
    match ended {
        Ok(Some(ended)) => ended,
        Ok(None) => perform::not_sent(FailureClass::Connection),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => perform::not_sent(FailureClass::Connection),
        },
    }
}

async fn attempt_of(order: &Order, means: &Means, corpora: &Arc<Corpora>, sink: &mut HubSink) -> Ended {
    if let Some(corpus) = corpora.ready(means.reads.as_ref(), order.task, &order.state) {
        return perform::perform(order, means, &corpus, sink).await;
    }
    let (reads, cache) = (Arc::clone(&means.reads), Arc::clone(corpora));
    let (key, state) = (order.task, Arc::clone(&order.state));
    let corpus = tokio::task::spawn_blocking(move || cache.of(reads.as_ref(), key, &state)).await;
    match corpus {
        Ok(Ok(corpus)) => perform::perform(order, means, &corpus, sink).await,
        Ok(Err(error)) => {
            tracing::error!(task = %order.task.task, %error, "the documents of a task cannot be read");
            perform::not_sent(FailureClass::BadRequest)
        }
        Err(_) => perform::not_sent(FailureClass::Panicked),
    }
}

struct HubSink {
    hub: Arc<Hub>,
    task: TaskKey,
    path: EffectPath,
    attempt: u16,
}

impl TokenSink for HubSink {
    fn push(&mut self, text: &str) {
        self.hub.token(self.task, self.path, self.attempt, text);
    }
}

fn millis(span: Duration) -> divisi_domain::time::Millis {
    divisi_domain::time::Millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "the driver is the home of sleep")]
async fn doze(rest: Duration) {
    tokio::time::sleep(rest).await;
}
