//! How a command reaches the data: as a client of the owner, as the owner itself, or by reading beside it.

use std::sync::Arc;
use std::time::Duration;

use divisi_client::{Client, Connect};
use divisi_domain::id::WorkspaceId;
use divisi_server::{Api, Doing, InProcess, ListenError, Parts, Socket};
use divisi_store::{Reads, Search, StoreError};
use divisi_store_sqlite::{DataFolder, Ownership, SqliteReader, SqliteSearch};
use futures::future::BoxFuture;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answer::{self, Answer};
use super::clock::ProcessClock;
use super::crews::Shelf;
use super::folder::Places;
use super::gateway::Models;
use super::owner::{Owner, Work, parser};
use super::runnable::runnable;
use crate::config::Settings;

/// How much longer than its drain an owner may take to hand over.
const HANDOVER_GRACE: Duration = Duration::from_secs(10);
/// Time between two looks at a folder that is between two owners.
const HANDOVER_REST: Duration = Duration::from_millis(200);
/// Read connections of a process that only looks.
const READERS: usize = 2;

/// What a command must be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Look.
    Read,
    /// Record something; nothing starts to run by it.
    Commit,
    /// Run the tasks that are there.
    Continue,
    /// Run tasks; makes the folder where there is none.
    Perform,
}

/// A data folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// The store says why.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The socket cannot be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Another process has the folder and does not answer.
    #[error(
        "Another process{0} owns this data folder and does not answer. Wait for it, or stop it and try again."
    )]
    Busy(String),
    /// Another process runs the folder, and this needs it alone.
    #[error(
        "Another process{0} runs the tasks of this data folder; this needs it alone. Stop it and try again."
    )]
    Running(String),
    /// Nothing can be taken out of the index.
    #[error(
        "The search index (index.db in the data folder) cannot be opened: {0}. Nothing was deleted. Move that file away: it is \
         made anew."
    )]
    Index(StoreError),
    /// There is nothing to look at.
    #[error("There is nothing in this data folder yet. `divisi run` begins.")]
    Empty,
    /// A part could not be set up.
    #[error("Divisi cannot start: {}.", .0.trim_end_matches('.'))]
    Setup(String),
}

/// A way to the data.
pub(crate) struct Session {
    /// Speaks the contract, whoever answers.
    pub(crate) client: Client,
    /// Set where this process owns the folder.
    pub(crate) owner: Option<Box<Owner>>,
    /// Unfinished tasks that go on by themselves, where this process owns the folder; as they were when it took it.
    pub(crate) runnable: u64,
    /// Serves reads of this process, where nobody owns the folder.
    _reading: JoinSet<()>,
}

/// Connections that this process hands to itself.
struct ToItself(mpsc::Sender<UnixStream>);

impl Connect for ToItself {
    fn connect(&self) -> BoxFuture<'_, std::io::Result<UnixStream>> {
        Box::pin(async {
            let (ours, theirs) = UnixStream::pair()?;
            let gone = |_| std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            self.0.send(theirs).await.map_err(gone)?;
            Ok(ours)
        })
    }
}

impl Session {
    /// Finds the way. A folder that is just being handed over is waited for.
    pub(crate) async fn open(places: &Places, settings: &Settings, need: Need) -> Result<Self, SessionError> {
        let folder = match need {
            Need::Perform => DataFolder::open(&places.data)?,
            Need::Read | Need::Commit | Need::Continue => {
                DataFolder::existing(&places.data)?.ok_or(SessionError::Empty)?
            }
        };
        for _ in 0..handover_tries(settings) {
            match answer::ask(places, settings.answer()).await {
                Answer::Ready(client) => {
                    return Ok(Self { client, owner: None, runnable: 0, _reading: JoinSet::new() });
                }
                _ if need == Need::Read => return Self::reading(&folder, places, settings),
                Answer::Silent => break,
                Answer::Nobody | Answer::Leaving => {}
            }
            if let Some(ownership) = Ownership::acquire(&folder)? {
                return Self::owning(&folder, ownership, places, settings, need).await;
            }
            handover_rest().await;
        }
        Err(busy(&folder)?)
    }

    async fn owning(
        folder: &DataFolder,
        ownership: Ownership,
        places: &Places,
        settings: &Settings,
        need: Need,
    ) -> Result<Self, SessionError> {
        let work = match need {
            Need::Perform | Need::Continue => Work::Perform,
            Need::Read | Need::Commit => Work::CommitOnly,
        };
        let socket = (work == Work::Perform).then(|| Socket::open(&places.socket())).transpose()?;
        let mut owner = Owner::start(folder, ownership, places, settings, work).await?;
        let runnable = runnable(owner.handle.store().as_ref())?;
        let (hand, listener) = InProcess::new();
        owner.serve_in_process(listener);
        if let Some(socket) = socket {
            owner.serve(socket);
        }
        let client = Client::new(Arc::new(ToItself(hand)));
        Ok(Self { client, owner: Some(Box::new(owner)), runnable, _reading: JoinSet::new() })
    }

    fn reading(folder: &DataFolder, places: &Places, settings: &Settings) -> Result<Self, SessionError> {
        let models = Models::configured(places, settings)?;
        let reads: Arc<dyn Reads> = Arc::new(SqliteReader::open(folder, READERS)?);
        let workspace: WorkspaceId = *reads.workspaces()?.first().ok_or(SessionError::Empty)?;
        let clock = Arc::new(ProcessClock::start(reads.last_seen()?));
        let api = Api::new(Parts {
            reads,
            search: SqliteSearch::open(folder).ok().flatten().map(|index| Arc::new(index) as Arc<dyn Search>),
            handle: None,
            archive: None,
            workspace,
            parser: parser(settings)?,
            offers: models.offers().fixed(),
            crews: Arc::new(Shelf::of(settings, places)),
            clock,
            chance: Arc::new(super::chance::SystemChance),
            doing: Doing::default(),
        });
        let (hand, listener) = InProcess::new();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            // It ends with this process.
            let _ =
                divisi_server::serve_in_process(listener, divisi_server::router(api), std::future::pending())
                    .await;
        });
        Ok(Self {
            client: Client::new(Arc::new(ToItself(hand))),
            owner: None,
            runnable: 0,
            _reading: serving,
        })
    }

    /// A client of the owner, if there is one that takes work.
    pub(crate) async fn reach(places: &Places, settings: &Settings) -> Result<Option<Client>, SessionError> {
        match answer::ask(places, settings.answer()).await {
            Answer::Ready(client) => Ok(Some(client)),
            Answer::Nobody | Answer::Leaving => Ok(None),
            Answer::Silent => match DataFolder::existing(&places.data)? {
                Some(folder) => Err(busy(&folder)?),
                None => Err(SessionError::Busy(String::new())),
            },
        }
    }

    /// Whether this process owns the folder.
    pub(crate) fn owns(&self) -> bool {
        self.owner.is_some()
    }

    /// Gives the folder back, if this process owns it. For an owner that performs nothing: it has nothing to wait for.
    pub(crate) async fn close(self) {
        if let Some(owner) = self.owner {
            owner.hand_over(divisi_engine::driver::DRAIN_MAX.into()).await;
        }
    }
}

fn busy(folder: &DataFolder) -> Result<SessionError, SessionError> {
    let owner = Ownership::owner(folder)?.and_then(|owner| owner.pid);
    Ok(SessionError::Busy(owner.map(|pid| format!(" (process {pid})")).unwrap_or_default()))
}

/// How often a folder that is between two owners is tried: as long as one that leaves may take, and a little more.
pub(crate) fn handover_tries(settings: &Settings) -> u128 {
    (settings.drain() + HANDOVER_GRACE).as_millis() / HANDOVER_REST.as_millis()
}

#[expect(
    clippy::disallowed_methods,
    reason = "nobody tells when another process lets a lock go: it is tried again"
)]
pub(crate) async fn handover_rest() {
    tokio::time::sleep(HANDOVER_REST).await;
}
