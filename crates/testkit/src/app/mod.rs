//! `TestApp`: a whole engine in this process, over any store, with the offline or the scripted provider.

mod chance;
mod clock;

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::approval::Mode;
use divisi_domain::id::{InputId, TaskId, WorkspaceId};
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::task::{Task, TaskPriority};
use divisi_engine::core::{CoreLimits, TaskKey, Terms, TermsTable};
use divisi_engine::crew::{Crew, shipped};
use divisi_engine::driver::{
    AttachedDocument, Engine, Handle, NewTask, Options, Service, StartError, read_task,
};
use divisi_llm::Provider;
use divisi_providers::{Extractive, Scripted, extractive};
use divisi_store::Store;
use divisi_tools::calls::ToolRegistry;
use divisi_tools::documents::{ParseLimits, parse};

pub use chance::SeededChance;
pub use clock::{ManualClock, RunningClock};
// For tests of rooms that may not use these by themselves.
pub use divisi_llm::{Purpose, ToolCall};
pub use divisi_providers::scripted;

/// The workspace of tests.
pub const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

/// A running engine for tests. Its tokio runtime is the caller's.
#[derive(Debug)]
pub struct TestApp {
    /// The way to talk to it.
    pub handle: Handle,
}

/// What a test app is made of.
#[derive(Debug)]
pub struct Setup {
    /// Its limits.
    pub limits: CoreLimits,
    /// The scripted provider, where tasks use it.
    pub scripted: Option<Scripted>,
    /// The tools; the built-in ones where none are given.
    pub tools: Option<ToolRegistry>,
    /// Seed of ids and jitter.
    pub seed: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self { limits: CoreLimits::default(), scripted: None, tools: None, seed: 1 }
    }
}

impl TestApp {
    /// An engine over `store`, and the service that the test must run.
    pub fn start(store: Arc<dyn Store>, setup: Setup) -> Result<(Self, Service), StartError> {
        let mut terms = TermsTable::default();
        let mut providers: BTreeMap<Name, Arc<dyn Provider>> = BTreeMap::new();
        let free = Terms::of(Price::default(), u32::MAX);
        let name = Name::from_static(extractive::PROVIDER);
        terms.set(name.clone(), Name::from_static(extractive::MODEL), free);
        providers.insert(name, Arc::new(Extractive::default()));
        if let Some(scripted) = setup.scripted {
            let script = scripted.script();
            let price = script.price;
            if let Ok(model) = script.model.parse() {
                let priced = Terms::of(price, 8_000);
                terms.set(Name::from_static(scripted::PROVIDER), model, priced);
            }
            providers.insert(Name::from_static(scripted::PROVIDER), Arc::new(scripted));
        }
        let options = Options {
            store,
            providers,
            terms,
            tools: match setup.tools {
                Some(tools) => tools,
                None => ToolRegistry::with_built_ins().unwrap_or_default(),
            },
            limits: setup.limits,
            clock: Arc::new(RunningClock::default()),
            chance: Arc::new(SeededChance::new(setup.seed)),
        };
        let (handle, service) = Engine::start(options)?;
        Ok((Self { handle }, service))
    }

    /// A task over plain texts.
    pub fn task(&self, question: &str, texts: &[(&str, &str)], crew: Arc<Crew>, mode: Mode) -> NewTask {
        let document = |(file, text): &(&str, &str)| AttachedDocument {
            file: (*file).to_owned(),
            bytes: text.as_bytes().to_vec().into(),
            parsed: parse(text.as_bytes(), file, &ParseLimits::default()).map(Arc::new),
        };
        NewTask {
            workspace: WORKSPACE,
            input: self.handle.fresh_input(),
            id: self.handle.fresh_task(),
            title: question.to_owned(),
            description: question.to_owned(),
            constraints: Vec::new(),
            domain: None,
            documents: texts.iter().map(document).collect(),
            crew,
            mode,
            priority: TaskPriority::Medium,
            cap: None,
            deadline: None,
            plan_only: false,
            request: None,
        }
    }

    /// A shipped crew.
    pub fn crew(name: &str) -> Option<Arc<Crew>> {
        let found = shipped().iter().find(|shipped| shipped.name == name)?;
        found.parse().ok().map(Arc::new)
    }

    /// The committed state of a task.
    pub fn state(&self, task: TaskId) -> Option<Task> {
        let key = TaskKey::new(WORKSPACE, task);
        read_task(self.handle.store().as_ref(), key).ok().flatten().map(|loaded| loaded.task)
    }

    /// A fixed input id.
    pub fn input(number: u8) -> InputId {
        InputId([number; 16])
    }
}
