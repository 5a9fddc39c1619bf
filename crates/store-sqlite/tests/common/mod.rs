//! A data folder that goes with the test.
#![expect(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use std::path::Path;
use std::sync::Arc;

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::name::Name;
use divisi_domain::time::{Millis, Timestamp};
use divisi_store::*;
use divisi_store_sqlite::{DataFolder, Ownership, SqliteStore, StoreOptions};
use parking_lot::Mutex;
use tempfile::TempDir;

pub const OPTIONS: StoreOptions = StoreOptions { readers: 2, reserve_bytes: 0, kinds: &[] };

pub struct Place {
    pub temp: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    pub fn folder(&self) -> DataFolder {
        DataFolder::open(self.temp.path()).unwrap()
    }

    pub fn open(&self) -> SqliteStore {
        open(self.temp.path()).unwrap()
    }
}

pub fn open(root: &Path) -> Result<SqliteStore> {
    let folder = DataFolder::open(root)?;
    let ownership = Ownership::acquire(&folder)?.expect("nobody else has the folder");
    SqliteStore::open(&folder, ownership, OPTIONS)
}

/// A store that is closed and opened again before every call that writes, so that nothing lives in memory alone.
pub struct StoreIn {
    root: std::path::PathBuf,
    store: Mutex<Option<SqliteStore>>,
}

impl StoreIn {
    pub fn new(place: &Place) -> Self {
        Self { root: place.temp.path().to_owned(), store: Mutex::new(Some(place.open())) }
    }

    fn fresh<T>(&self, call: impl FnOnce(&SqliteStore) -> T) -> T {
        let mut held = self.store.lock();
        drop(held.take());
        call(held.insert(open(&self.root).unwrap()))
    }

    fn read<T>(&self, call: impl FnOnce(&SqliteStore) -> T) -> T {
        call(self.store.lock().as_ref().unwrap())
    }
}

impl Store for StoreIn {
    fn commit(&self, batch: Arc<Batch>, done: Done) {
        done(self.fresh(|store| commit_blocking(store, batch)));
    }

    fn open_workspace(&self, workspace: WorkspaceId, fresh: BlobKey) -> Result<BlobKey> {
        self.fresh(|store| store.open_workspace(workspace, fresh))
    }

    fn heartbeat(&self, at: Timestamp) -> Result<()> {
        self.fresh(|store| store.heartbeat(at))
    }
}

impl Maintenance for StoreIn {
    fn delete_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        self.fresh(|store| store.delete_task(workspace, task))
    }

    fn discard_task(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        self.fresh(|store| store.discard_task(workspace, task))
    }

    fn prune(&self, workspace: WorkspaceId, older_than: Timestamp) -> Result<Pruned> {
        self.fresh(|store| store.prune(workspace, older_than))
    }

    fn erase_content(&self, workspace: WorkspaceId, task: TaskId) -> Result<bool> {
        self.fresh(|store| store.erase_content(workspace, task))
    }

    fn collect_blobs(&self, now: Timestamp, grace: Millis) -> Result<Collected> {
        self.fresh(|store| store.collect_blobs(now, grace))
    }

    fn verify(&self) -> Result<Verified> {
        self.fresh(Maintenance::verify)
    }

    fn projection(&self, workspace: WorkspaceId, task: TaskId) -> Result<TaskProjection> {
        self.read(|store| store.projection(workspace, task))
    }

    fn replace_projection(&self, workspace: WorkspaceId, task: TaskId, rows: TaskProjection) -> Result<bool> {
        self.fresh(|store| store.replace_projection(workspace, task, rows))
    }

    fn replace_agent(&self, row: AgentRow) -> Result<bool> {
        self.fresh(|store| store.replace_agent(row))
    }
}

macro_rules! read_through {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        impl Reads for StoreIn {
            $(fn $name(&self, $($arg: $kind),*) -> Result<$out> {
                self.read(|store| store.$name($($arg),*))
            })*
        }
    };
}

read_through! {
    workspaces() -> Vec<WorkspaceId>;
    blob_key(workspace: WorkspaceId) -> Option<BlobKey>;
    last_seen() -> Option<Timestamp>;
    events(stream: &StreamRef, after: u64, limit: usize) -> Vec<StoredEvent>;
    last_seq(stream: &StreamRef) -> Option<u64>;
    open_tasks(after: Option<&OpenTask>, limit: usize) -> Vec<OpenTask>;
    open_count(resting: &[u8]) -> u64;
    task(workspace: WorkspaceId, task: TaskId) -> Option<TaskRow>;
    tasks(workspace: WorkspaceId, query: &TaskQuery) -> TaskPage;
    subtasks(workspace: WorkspaceId, task: TaskId) -> Vec<SubtaskRow>;
    solutions(workspace: WorkspaceId, task: TaskId) -> Vec<SolutionRow>;
    usage(workspace: WorkspaceId, task: TaskId) -> Vec<UsageRow>;
    exceeded(since: Timestamp) -> Vec<(Name, Name)>;
    approvals(workspace: WorkspaceId, task: TaskId) -> Vec<ApprovalRow>;
    open_approvals(workspace: WorkspaceId, limit: usize) -> Vec<ApprovalRow>;
    agents(workspace: WorkspaceId) -> Vec<AgentRow>;
    leases(workspace: WorkspaceId, agent: AgentId) -> Vec<String>;
    budget(workspace: WorkspaceId) -> Option<BudgetRow>;
    blob(stream: &StreamRef, blob: &BlobRef) -> Option<Arc<[u8]>>;
    kept_answer(workspace: WorkspaceId, request: &Digest, now: Timestamp) -> Option<KeptAnswer>;
    snapshot(stream: &StreamRef, rules: u32, state_version: u16) -> Option<Snapshot>;
}

/// A reader in the middle of reading a database: its log cannot be emptied.
pub fn reading(database: &Path) -> rusqlite::Connection {
    let reader = rusqlite::Connection::open(database).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;").unwrap();
    reader
}

/// What a database's log holds.
pub fn wal(database: &Path) -> Vec<u8> {
    std::fs::read(format!("{}-wal", database.display())).unwrap_or_default()
}

/// Whether bytes are in others.
pub fn found_in(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
