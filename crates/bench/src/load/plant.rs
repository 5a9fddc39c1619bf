//! An engine over a data folder, with everything a composition root would give it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use divisi_domain::approval::Mode;
use divisi_domain::id::{TaskId, WorkspaceId};
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

/// The workspace of all measurements.
pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([4; 16]);
/// The provider and the model of the script.
const SCRIPTED: &str = "scripted";

/// How an engine is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setup {
    /// How long a model call takes.
    pub(crate) call: Duration,
    /// Model calls in flight.
    pub(crate) calls_max: usize,
    /// Tasks that run at once.
    pub(crate) tasks_max: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self { call: Duration::ZERO, calls_max: 4_000, tasks_max: 1_000 }
    }
}

/// A running engine.
pub(crate) struct Plant {
    pub(crate) handle: Handle,
    crew: Arc<Crew>,
    running: JoinSet<Result<(), StoreError>>,
}

impl Plant {
    /// Starts an engine over the data folder at `root`; goes on with what is unfinished there.
    pub(crate) fn start(means: &Means, root: &Path, setup: Setup) -> Result<Self, BenchError> {
        let crew = Arc::new(crew()?);
        let (handle, service) = engine(means, store(root)?, setup)?;
        let mut running = JoinSet::new();
        running.spawn(service.run());
        Ok(Self { handle, crew, running })
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
        }
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
    let script =
        Script { model: SCRIPTED.to_owned(), latency_millis: millis(setup.call), ..Script::default() };
    let provider: Arc<dyn Provider> = Arc::new(Scripted::new(script).with_sleeper(Arc::new(Sleeping)));
    let name = Name::from_static(SCRIPTED);
    let mut terms = TermsTable::default();
    terms.set(name.clone(), name.clone(), Terms { input_tokens_max: 8_000, ..Terms::default() });
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

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The research crew on the script, with as many slots as anybody may ask for.
fn crew() -> Result<Crew, BenchError> {
    let invalid = |why: String| BenchError::Invalid(format!("the crew cannot be used: {why}"));
    let research = shipped().iter().find(|crew| crew.name == "research");
    let source = research.ok_or_else(|| invalid("there is no crew 'research'".to_owned()))?.source;
    let routed = format!("{source}\n[routes]\ndefault = [\"{SCRIPTED}/{SCRIPTED}\"]\n");
    let mut crew = parse(&routed).map_err(|faults| invalid(faults.to_string()))?;
    for agent in &mut crew.agents {
        agent.slots = u16::MAX;
    }
    Ok(crew)
}

/// Waits in real time, by the runtime's timers: to the millisecond.
struct Sleeping;

impl Sleeper for Sleeping {
    #[expect(clippy::disallowed_methods, reason = "a script's latency is real time")]
    fn sleep(&self, span: Millis) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(span.into()))
    }
}
