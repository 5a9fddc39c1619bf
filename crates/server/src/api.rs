//! What every route has at hand.

use std::sync::Arc;

use divisi_api::Code;
use divisi_domain::id::{InputId, TaskId, WorkspaceId};
use divisi_domain::time::Timestamp;
use divisi_engine::content::Contents;
use divisi_engine::core::{Loaded, TaskKey, TermsTable};
use divisi_engine::crew::{Crew, Routing};
use divisi_engine::driver::{Archive, Chance, Clock, Handle, read_shown};
use divisi_store::{Reads, Search};
use divisi_tools::documents::child::ParserPool;
use tokio::sync::watch;

use crate::problem::Failure;
use crate::routes::health::Doing;

/// Where crews are found by name.
pub trait CrewShelf: Send + Sync {
    /// The crew of this name, or the sentence why there is none.
    fn crew(&self, name: &str) -> Result<Arc<Crew>, String>;
}

/// What tasks can be worked on with.
#[derive(Debug, Clone)]
pub struct Offers {
    /// What models cost.
    pub terms: TermsTable,
    /// Which models tasks get.
    pub routing: Routing,
}

impl Offers {
    /// Where nothing else will be found.
    pub fn fixed(self) -> watch::Receiver<Arc<Self>> {
        watch::channel(Arc::new(self)).1
    }
}

/// What an [`Api`] is made of.
pub struct Parts {
    /// Committed data.
    pub reads: Arc<dyn Reads>,
    /// Finds tasks by their words; without one there is nothing to search in.
    pub search: Option<Arc<dyn Search>>,
    /// The running engine; without one nothing can be changed.
    pub handle: Option<Handle>,
    /// Removes content for good; there where there is a handle.
    pub archive: Option<Arc<Archive>>,
    /// Whose data it is.
    pub workspace: WorkspaceId,
    /// Parses attachments.
    pub parser: Arc<ParserPool>,
    /// What models there are; more may be found.
    pub offers: watch::Receiver<Arc<Offers>>,
    /// Finds crews.
    pub crews: Arc<dyn CrewShelf>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for the names of requests.
    pub chance: Arc<dyn Chance>,
    /// What the process is about, for `health`.
    pub doing: Doing,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("workspace", &self.workspace).finish_non_exhaustive()
    }
}

/// What every route has at hand. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Parts>);

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("workspace", &self.0.workspace).finish_non_exhaustive()
    }
}

impl Api {
    /// An API over its parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.0.workspace
    }

    pub(crate) fn crews(&self) -> &dyn CrewShelf {
        self.0.crews.as_ref()
    }

    pub(crate) fn parser(&self) -> &Arc<ParserPool> {
        &self.0.parser
    }

    /// What models there are now.
    pub(crate) fn offers(&self) -> Arc<Offers> {
        Arc::clone(&self.0.offers.borrow())
    }

    pub(crate) fn doing(&self) -> &Doing {
        &self.0.doing
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// What a caller's clock shows, too.
    pub(crate) fn wall(&self) -> Timestamp {
        self.0.clock.wall()
    }

    pub(crate) fn random(&self) -> [u8; 32] {
        self.0.chance.bytes()
    }

    pub(crate) fn key(&self, task: TaskId) -> TaskKey {
        TaskKey::new(self.0.workspace, task)
    }

    /// The engine, or the problem that nothing runs here.
    pub(crate) fn handle(&self) -> Result<&Handle, Failure> {
        self.0.handle.as_ref().ok_or_else(nobody)
    }

    /// What removes content, or the problem that nothing runs here.
    pub(crate) fn archive(&self) -> Result<Arc<Archive>, Failure> {
        self.handle()?;
        let cause = "the search index (index.db in the data folder) cannot be opened, so that nothing can be taken out of it; \
            nothing was removed";
        self.0.archive.clone().ok_or_else(|| Failure::internal(cause))
    }

    /// The search index, where there is one.
    pub(crate) fn search(&self) -> Option<Arc<dyn Search>> {
        self.0.search.clone()
    }

    /// Runs blocking reads where they hold nobody up.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Reads) -> Result<T, Failure> + Send + 'static,
    {
        let parts = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || read(parts.reads.as_ref())).await;
        done.unwrap_or_else(|_| Err(Failure::internal("reading the data folder panicked")))
    }

    /// Reads a task with its content; `not_found` where there is none.
    pub(crate) async fn task<T, F>(&self, task: TaskId, view: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Loaded, &Contents<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let key = self.key(task);
        self.read(move |reads| {
            let loaded = read_shown(reads, key).map_err(|error| Failure::internal(&error.to_string()))?;
            let loaded = loaded.ok_or_else(|| Failure::no_task(task))?;
            view(&loaded, &Contents::of(reads, key.stream()))
        })
        .await
    }

    /// The input id of a submission: of the caller's key, so that repeating it changes nothing, else a fresh one.
    pub(crate) fn input_id(&self, handle: &Handle, key: Option<&str>) -> InputId {
        match key {
            Some(key) => InputId(self.derived("divisi input id v1", key)),
            None => handle.fresh_input(),
        }
    }

    /// The task id of a submission: of the caller's key, else a fresh one. A key that is a task id is that id.
    pub(crate) fn task_id(&self, handle: &Handle, key: Option<&str>) -> TaskId {
        let Some(key) = key else { return handle.fresh_task() };
        key.parse().unwrap_or_else(|_| TaskId::from_bytes(self.derived("divisi task id v1", key)))
    }

    pub(crate) fn derived(&self, context: &str, key: &str) -> [u8; 16] {
        let mut hash = blake3::Hasher::new_derive_key(context);
        hash.update(self.0.workspace.as_bytes());
        hash.update(key.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize().as_bytes()[..16]);
        id
    }
}

fn nobody() -> Failure {
    Failure::new(Code::NoOwner, "No process runs tasks in this data folder. Start one with `divisi up`.")
}
