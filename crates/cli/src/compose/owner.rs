//! The process that owns a data folder: store, engine, and the local API.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use divisi_domain::id::WorkspaceId;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::task::KINDS;
use divisi_domain::time::Millis;
use divisi_engine::core::{CoreLimits, Terms, TermsTable};
use divisi_engine::driver::{Archive, Chance, Clock, Engine, Handle, Options};
use divisi_llm::Provider;
use divisi_providers::{Extractive, Scripted};
use divisi_server::{Api, Doing, Parts};
use divisi_store::{BlobKey, Maintenance, Reads, Search, Store, StoreError};
use divisi_store_sqlite::{DataFolder, KindName, Ownership, SqliteIndex, SqliteStore, StoreOptions};
use divisi_tools::calls::ToolRegistry;
use divisi_tools::documents::child::{ParserPool, ProcessLimits};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::chance::SystemChance;
use super::clock::ProcessClock;
use super::crews::Shelf;
use super::folder::Places;
use super::gateway::{Look, Models};
use super::growing::Growing;
use super::held::{Broken, Held};
use super::scripted::script_terms;
use super::session::SessionError;
use crate::config::{CassetteUse, Settings};

/// Input tokens that a call of the offline provider may have: it takes whatever it is given.
const EXTRACTIVE_INPUT_TOKENS_MAX: u32 = 10_000_000;

/// Findings that may wait to be told.
const FOUND_MAX: usize = 8;

/// What an owner does with the tasks of its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Runs them.
    Perform,
    /// Only records what it is told: no effect starts.
    CommitOnly,
}

/// A running owner.
pub(crate) struct Owner {
    pub(crate) handle: Handle,
    pub(crate) api: Api,
    doing: Doing,
    stop: watch::Sender<bool>,
    running: JoinSet<Result<(), Broken>>,
    /// Ends by itself once the engine has stopped.
    indexing: JoinSet<()>,
    /// What it does with the tasks.
    pub(crate) work: Work,
    /// What tasks are worked on with.
    pub(crate) models: Models,
    /// Tasks that were unfinished when it started.
    pub(crate) unfinished: u64,
    /// Model servers that were not there then, as they are found.
    pub(crate) found: Option<mpsc::Receiver<Vec<Name>>>,
}

impl Owner {
    /// Takes over a data folder.
    pub(crate) async fn start(
        folder: &DataFolder,
        ownership: Ownership,
        places: &Places,
        settings: &Settings,
        work: Work,
    ) -> Result<Self, SessionError> {
        let options = StoreOptions { kinds: kinds(), ..StoreOptions::default() };
        let held = Held::of(folder);
        let store: Arc<dyn Maintenance> = Arc::new(SqliteStore::open(folder, ownership, options)?);
        let archive = archive(folder, &store);
        let clock: Arc<dyn Clock> = Arc::new(ProcessClock::start(store.last_seen()?));
        let chance: Arc<dyn Chance> = Arc::new(SystemChance);
        let workspace = workspace(store.as_ref(), clock.as_ref(), chance.as_ref())?;
        let unfinished = store.open_count(&[])?;
        // What is replayed is asked of nobody.
        let replays = matches!(settings.cassette, CassetteUse::Replay(_));
        let look = if work == Work::Perform && !replays { Look::Ask } else { Look::Configured };
        let models = Models::find(places, settings, look).await?;
        if let (Look::Ask, Some(why)) = (look, models.shut()) {
            return Err(SessionError::Setup(why.to_owned()));
        }
        let setup = |error: &dyn ToString| SessionError::Setup(error.to_string());
        let (handle, service) = Engine::start(Options {
            store: Arc::clone(&store) as Arc<dyn Store>,
            providers: models.providers.clone(),
            terms: models.terms.clone(),
            tools: ToolRegistry::with_built_ins().map_err(|error| setup(&error))?,
            limits: limits(settings, work),
            clock: Arc::clone(&clock),
            chance: Arc::clone(&chance),
        })
        .map_err(|error| setup(&error))?;
        let doing = Doing::default();
        let offers = watch::Sender::new(Arc::new(models.offers()));
        let (telling, found) = mpsc::channel(FOUND_MAX);
        let api = Api::new(Parts {
            reads: Arc::clone(&store) as Arc<dyn Reads>,
            search: archive.as_ref().map(|archive| Arc::clone(archive.index()) as Arc<dyn Search>),
            handle: Some(handle.clone()),
            archive: archive.clone(),
            workspace,
            parser: parser(settings)?,
            offers: offers.subscribe(),
            crews: Arc::new(Shelf::of(settings, places)),
            clock,
            chance,
            doing: doing.clone(),
        });
        let mut running = JoinSet::new();
        let changes = handle.changes();
        running.spawn(async move { service.run().await.map_err(|error| Broken::Part(error.to_string())) });
        running.spawn(async move { Err(held.gone().await) });
        if look == Look::Ask && models.may_grow(settings) {
            let growing = Growing { models: models.clone(), handle: handle.clone(), offers, found: telling };
            running.spawn(growing.run(places.clone(), settings.clone()));
        }
        let (stop, indexing, found) = (watch::Sender::new(false), JoinSet::new(), Some(found));
        let mut owner = Self { handle, api, doing, stop, running, indexing, work, models, unfinished, found };
        if let Some(archive) = archive {
            let stopped = owner.stopped();
            owner.indexing.spawn(archive.follow(changes, stopped));
        }
        Ok(owner)
    }

    /// Serves the local API as long as the owner runs.
    pub(crate) fn serve(&mut self, socket: divisi_server::Socket) {
        let (router, stop) = (divisi_server::router(self.api.clone()), self.stopped());
        self.running.spawn(async move {
            divisi_server::serve(socket, router, stop).await.map_err(|error| Broken::Part(error.to_string()))
        });
    }

    /// Serves connections of this process as long as the owner runs.
    pub(crate) fn serve_in_process(&mut self, listener: divisi_server::InProcess) {
        let (router, stop) = (divisi_server::router(self.api.clone()), self.stopped());
        self.running.spawn(async move {
            let served = divisi_server::serve_in_process(listener, router, stop).await;
            served.map_err(|error| Broken::Part(error.to_string()))
        });
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // A sender that is gone means the same as one that says so.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Waits until the engine or a server ends by itself, which is a failure.
    pub(crate) async fn broken(&mut self) -> Broken {
        match self.running.join_next().await {
            Some(Ok(Err(broken))) => broken,
            Some(Err(error)) => Broken::Part(format!("a part of this process panicked: {error}")),
            Some(Ok(Ok(()))) | None => Broken::Part("a part of this process ended by itself".to_owned()),
        }
    }

    /// Starts nothing new, lets attempts in flight end for `drain_max` at most, then stops and gives the folder free.
    pub(crate) async fn hand_over(mut self, drain_max: Duration) {
        self.doing.drain();
        self.handle.shutdown_within(Millis(u64::try_from(drain_max.as_millis()).unwrap_or(u64::MAX))).await;
        self.stop.send_replace(true);
        while self.indexing.join_next().await.is_some() {}
        // Open streams of other processes end with their tasks' connections.
        self.running.shutdown().await;
    }
}

/// The store with its search index. An index that cannot be opened stops nobody: `doctor` tells of it.
fn archive(folder: &DataFolder, store: &Arc<dyn Maintenance>) -> Option<Arc<Archive>> {
    match SqliteIndex::open(folder) {
        Ok((index, _)) => Some(Arc::new(Archive::new(Arc::clone(store), Arc::new(index)))),
        Err(error) => {
            tracing::error!(%error, "the search index cannot be opened");
            None
        }
    }
}

fn limits(settings: &Settings, work: Work) -> CoreLimits {
    let effects = match work {
        Work::Perform => settings.calls_in_flight_max,
        Work::CommitOnly => 0,
    };
    CoreLimits {
        running_tasks_max: if work == Work::Perform { settings.running_tasks_max } else { 0 },
        effects_in_flight_max: effects,
        effect_deadline: Millis::from_secs(u64::from(settings.call_seconds_max)),
        ..CoreLimits::default()
    }
}

/// The offline provider, and the scripted one where there is a script.
pub(super) fn offline(script: Option<&Scripted>) -> BTreeMap<Name, Arc<dyn Provider>> {
    let mut providers: Vec<Arc<dyn Provider>> = vec![Arc::new(Extractive::default())];
    providers.extend(script.map(|script| Arc::new(script.clone()) as Arc<dyn Provider>));
    providers.into_iter().map(|provider| (provider.name().clone(), provider)).collect()
}

/// What models cost: the offline provider costs nothing, a script says its price.
pub(super) fn terms(script: Option<&Scripted>) -> TermsTable {
    let name = Provider::name(&Extractive::default()).clone();
    let mut terms = TermsTable::default();
    let free = Terms::of(Price::default(), EXTRACTIVE_INPUT_TOKENS_MAX);
    // A route may name the provider alone, or its model.
    terms.set(name.clone(), name.clone(), free.clone());
    terms.set(name, Name::from_static(divisi_providers::extractive::MODEL), free);
    if let Some((provider, model, priced)) = script.and_then(script_terms) {
        terms.set(provider, model, priced);
    }
    terms
}

/// Parsers are children of this same program.
pub(super) fn parser(settings: &Settings) -> Result<Arc<ParserPool>, SessionError> {
    let program = std::env::current_exe()
        .map_err(|error| SessionError::Setup(format!("this program cannot be found: {error}")))?;
    let limits = ProcessLimits {
        memory_bytes_max: settings.parser_memory_mib_max * 1024 * 1024,
        cpu_seconds_max: settings.parser_cpu_seconds_max,
        processes_max: settings.parser_processes_max,
        ..ProcessLimits::default()
    };
    Ok(Arc::new(ParserPool::new(program, vec!["parse-document".into()], limits)))
}

/// The folder's workspace; the first run makes a random one.
fn workspace(store: &dyn Store, clock: &dyn Clock, chance: &dyn Chance) -> Result<WorkspaceId, StoreError> {
    if let Some(known) = store.workspaces()?.first() {
        return Ok(*known);
    }
    let mut entropy = [0; 10];
    entropy.copy_from_slice(&chance.bytes()[..10]);
    let workspace = WorkspaceId::generate(clock.now(), entropy);
    store.open_workspace(workspace, BlobKey(chance.bytes()))?;
    Ok(workspace)
}

/// What SQL views call the kinds of events.
fn kinds() -> &'static [KindName] {
    static NAMES: OnceLock<Vec<KindName>> = OnceLock::new();
    let kind = |(kind, name): &(u16, &'static str)| KindName {
        kind: *kind,
        name,
        interaction: matches!(*name, "effect_started" | "effect_ended").then_some(*name),
        revision: *name == "revision_requested",
    };
    NAMES.get_or_init(|| KINDS.iter().map(kind).collect())
}

/// Names of the configured providers.
pub(crate) fn provider_names() -> Vec<Name> {
    offline(None).into_keys().collect()
}

/// Names of the tools.
pub(crate) fn tool_names() -> Vec<Name> {
    ["list_documents", "query_table", "read_span", "search_documents"].map(Name::from_static).to_vec()
}

/// Reads a small document in a confined process, for `doctor`.
pub(crate) fn parse_sample(settings: &Settings) -> Result<(), String> {
    let pool = parser(settings).map_err(|error| error.to_string())?;
    pool.parse(b"A line.\n", "sample.txt").map(|_| ()).map_err(|error| error.to_string())
}
