//! An engine over a data folder, with everything a composition root would give it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use divisi_domain::approval::Mode;
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::task::TaskPriority;
use divisi_domain::time::Millis;
use divisi_engine::core::{CoreLimits, TaskKey, Terms, TermsTable};
use divisi_engine::crew::{Crew, parse, shipped};
use divisi_engine::driver::{Engine, Handle, NewTask, Options, Service};
use divisi_llm::Provider;
use divisi_providers::Scripted;
use divisi_providers::scripted::{Script, Sleeper};
use divisi_store::{BlobKey, Store, StoreError};
use divisi_store_sqlite::{DataFolder, Ownership, SqliteReader, SqliteStore, StoreOptions};
use divisi_tools::calls::ToolRegistry;
use futures::future::BoxFuture;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::means::Means;
use crate::wire::{OverWire, Wire};

/// The workspace of all measurements.
pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([4; 16]);
/// The provider and the model of the script.
pub(crate) const SCRIPTED: &str = "scripted";

/// How often the runtime may go on with others while a killed engine lets go.
const YIELDS_MAX: usize = 1_000_000;

/// How an engine is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// What model calls answer and how long they take.
    pub(crate) script: Script,
    /// How that time passes.
    pub(crate) timer: Timer,
    /// Where the beginning and the end of each wait are noted.
    pub(crate) seen: Option<Seen>,
    /// The server that each call is also made to.
    pub(crate) over: Option<Arc<Wire>>,
    /// Model calls in flight.
    pub(crate) calls_max: usize,
    /// Tasks that run at once.
    pub(crate) tasks_max: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            script: Script::default(),
            timer: Timer::Runtime,
            seen: None,
            over: None,
            calls_max: 4_000,
            tasks_max: 1_000,
        }
    }
}

/// When calls began and ended.
pub(crate) type Seen = Arc<Mutex<Vec<(Duration, Duration)>>>;

/// How the time of a scripted call passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// By the runtime, to the millisecond; any number at once.
    Runtime,
    /// By a thread of its own, to some microseconds.
    Precise,
}

/// A running engine.
pub(crate) struct Plant {
    pub(crate) handle: Handle,
    crew: Arc<Crew>,
    running: JoinSet<Result<(), StoreError>>,
    folder: DataFolder,
}

impl Plant {
    /// Starts an engine over the data folder at `root`; goes on with what is unfinished there.
    pub(crate) fn start(means: &Means, root: &Path, setup: Setup) -> Result<Self, BenchError> {
        let crew = Arc::new(crew()?);
        let (handle, service) = engine(means, store(root)?, setup)?;
        let mut running = JoinSet::new();
        running.spawn(service.run());
        Ok(Self { handle, crew, running, folder: DataFolder::open(root)? })
    }

    /// A task that needs nothing but the script.
    pub(crate) fn task(&self, number: usize) -> NewTask {
        NewTask {
            workspace: WORKSPACE,
            input: self.handle.fresh_input(),
            id: self.handle.fresh_task(),
            title: format!("Question {number}"),
            description: format!("What follows from what is known about number {number}?"),
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
        }
    }

    /// The engine itself, once no caller is left.
    pub(crate) fn whole(shared: Arc<Self>) -> Result<Self, BenchError> {
        Arc::into_inner(shared).ok_or_else(|| BenchError::Invalid("a caller is left".to_owned()))
    }

    /// Ends it as a crash would: nothing is finished or recorded any more.
    pub(crate) async fn kill(self) -> Result<(), BenchError> {
        let Self { handle, mut running, folder, .. } = self;
        drop(handle);
        running.shutdown().await;
        // Attempts that were cut off give the store back when they are dropped.
        for _ in 0..YIELDS_MAX {
            if Ownership::owner(&folder)?.is_none() {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
        Err(BenchError::Invalid("an engine did not give its store back".to_owned()))
    }

    /// Stops it; the data folder is whole and closed afterwards.
    pub(crate) async fn stop(mut self) -> Result<(), BenchError> {
        self.handle.shutdown().await;
        while let Some(ended) = self.running.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// The key of a task of the measurements.
pub(crate) fn key(task: TaskId) -> TaskKey {
    TaskKey::new(WORKSPACE, task)
}

/// The owner's store of the data folder at `root`.
pub(crate) fn store(root: &Path) -> Result<Arc<SqliteStore>, BenchError> {
    let folder = DataFolder::open(root)?;
    let owned = || BenchError::Invalid(format!("{} is in use", root.display()));
    let ownership = Ownership::acquire(&folder)?.ok_or_else(owned)?;
    let store = SqliteStore::open(&folder, ownership, StoreOptions::default())?;
    store.open_workspace(WORKSPACE, BlobKey([5; 32]))?;
    Ok(Arc::new(store))
}

/// Reads of the data folder at `root`, whoever owns it.
pub(crate) fn reader(root: &Path) -> Result<SqliteReader, BenchError> {
    Ok(SqliteReader::open(&DataFolder::open(root)?, 1)?)
}

fn engine(means: &Means, store: Arc<SqliteStore>, setup: Setup) -> Result<(Handle, Service), BenchError> {
    let script = Script { model: SCRIPTED.to_owned(), ..setup.script };
    let sleeping = Sleeping { timer: setup.timer, watch: means.watch, seen: setup.seen };
    let script = Scripted::new(script).with_sleeper(Arc::new(sleeping));
    let provider: Arc<dyn Provider> = match setup.over {
        Some(wire) => Arc::new(OverWire { wire, script }),
        None => Arc::new(script),
    };
    let name = Name::from_static(SCRIPTED);
    let mut terms = TermsTable::default();
    terms.set(name.clone(), name.clone(), Terms::of(Price::default(), 8_000));
    let tools = ToolRegistry::with_built_ins().map_err(|error| BenchError::Invalid(error.to_string()))?;
    Ok(Engine::start(Options {
        store,
        providers: BTreeMap::from([(name, provider)]),
        terms,
        tools,
        limits: CoreLimits {
            running_tasks_max: setup.tasks_max,
            effects_in_flight_max: setup.calls_max,
            ..CoreLimits::default()
        },
        clock: Arc::clone(&means.clock),
        chance: Arc::clone(&means.chance),
    })?)
}

/// The source of a crew that works by the script.
pub(crate) fn crew_source() -> Result<String, BenchError> {
    let research = shipped().iter().find(|crew| crew.name == "research");
    let none = || BenchError::Invalid("there is no crew 'research'".to_owned());
    let source = research.ok_or_else(none)?.source;
    Ok(format!("{source}\n[routes]\ndefault = [\"{SCRIPTED}/{SCRIPTED}\"]\n"))
}

/// The research crew on the script, with as many slots as anybody may ask for.
fn crew() -> Result<Crew, BenchError> {
    let invalid = |faults: divisi_engine::crew::CrewFaults| BenchError::Invalid(faults.to_string());
    let mut crew = parse(&crew_source()?).map_err(invalid)?;
    for agent in &mut crew.agents {
        agent.slots = u16::MAX;
    }
    Ok(crew)
}

struct Sleeping {
    timer: Timer,
    watch: fn() -> Duration,
    seen: Option<Seen>,
}

impl Sleeper for Sleeping {
    fn sleep(&self, span: Millis) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let begun = (self.watch)();
            self.timer.wait(span.into()).await;
            if let Some(seen) = &self.seen {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push((begun, (self.watch)()));
            }
        })
    }
}

impl Timer {
    #[expect(clippy::disallowed_methods, reason = "a script's latency is real time")]
    pub(crate) async fn wait(self, span: Duration) {
        match self {
            Self::Runtime => tokio::time::sleep(span).await,
            Self::Precise => {
                // A thread that cannot be had makes the call shorter, which the figure shows.
                let _ = tokio::task::spawn_blocking(move || std::thread::sleep(span)).await;
            }
        }
    }
}
