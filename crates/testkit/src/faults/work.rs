//! What is done to a store while faults are injected: numbered steps that each write to everything there is.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use divisi_domain::money::MicroUsd;
use divisi_store::conformance::sample::{
    agent, append, blob, home, input, key, solution_row, stream, subtask_row, task, task_row, usage_row,
    workspace,
};
use divisi_store::{
    Batch, CommitOutcome, Expected, LeaseChange, Maintenance, MemoryStore, ProjectionChange, Reservation,
    Result, Snapshot, Store, StoreError, TaskRow, commit_blocking,
};
use divisi_store_sqlite::{DataFolder, Ownership, Planted, SqliteStore, StoreOptions, SystemDisk};

use super::disk::{FaultDisk, Mounted};
use super::tally::Broken;

/// Tasks that the steps go round.
const TASKS: u32 = 3;
/// Bytes of the contents that a step puts into the database, and of the one that becomes a file.
const INLINE_BYTES: usize = 60_000;
const FILE_BYTES: usize = 70_000;
/// Where a data folder lies on its disk.
pub(super) const FOLDER: &str = "home/data";

/// How a store is opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Opening {
    pub(super) reserve_bytes: u64,
    pub(super) planted: Option<Planted>,
}

impl Opening {
    fn open(self, folder: &DataFolder) -> Result<SqliteStore> {
        let ownership = Ownership::acquire(folder)?.ok_or(StoreError::Closed)?;
        let options = StoreOptions { readers: 1, reserve_bytes: self.reserve_bytes, kinds: &[] };
        match self.planted {
            None => SqliteStore::open(folder, ownership, options),
            Some(bug) => SqliteStore::open_planted(folder, ownership, options, bug),
        }
    }

    /// On a disk that has faults.
    pub(super) fn on(self, disk: &Arc<FaultDisk>) -> Result<SqliteStore> {
        let mounted = Arc::new(Mounted(Arc::clone(disk)));
        self.open(&DataFolder::open_on(&disk.root().join(FOLDER), mounted)?)
    }

    /// On a disk that has none; `root` is what stood for the faulty one.
    pub(super) fn after(self, root: &Path) -> Result<SqliteStore> {
        self.open(&DataFolder::open_on(&root.join(FOLDER), Arc::new(SystemDisk))?)
    }
}

/// Step 0: the workspace.
pub(super) fn begin(store: &dyn Store) -> Result<()> {
    store.open_workspace(workspace(1), key(1)).map(drop)
}

/// A step, counted from 1.
pub(super) fn step(number: u32) -> Batch {
    let id = 1 + number % TASKS;
    let stream = stream(id);
    let text = format!("content {number}");
    let row = TaskRow {
        last_seq: u64::from(number / TASKS) + 1,
        progress: u8::try_from(number % 100).unwrap_or(0),
        ..task_row(id)
    };
    let filled =
        |bytes: usize, salt: u32| text.bytes().cycle().take(bytes + salt as usize).collect::<Vec<u8>>();
    Batch {
        appends: vec![append(stream, Expected::Any, input(number), &[&text, "second"])],
        blobs: vec![
            blob(stream, text.as_bytes()),
            blob(stream, &filled(INLINE_BYTES, 0)),
            blob(stream, &filled(INLINE_BYTES, 1)),
            blob(stream, &filled(FILE_BYTES, 2)),
        ],
        reservations: vec![
            Reservation::SetCap { workspace: home(), cap: Some(MicroUsd(1_000_000)) },
            Reservation::Reserve { workspace: home(), key: format!("h{}", number % 5), amount: MicroUsd(5) },
            Reservation::Settle {
                workspace: home(),
                key: format!("h{}", (number + 1) % 5),
                spent: MicroUsd(3),
            },
        ],
        leases: vec![lease(number)],
        rows: vec![
            ProjectionChange::Task(row),
            ProjectionChange::Subtask(subtask_row(id, 1)),
            ProjectionChange::Solution(solution_row(id, 1, 0)),
            ProjectionChange::Usage(usage_row(id, 1, 1)),
        ],
        snapshots: vec![Snapshot { stream, seq: 1, rules: 1, state_version: 1, data: text.into_bytes() }],
        answers: Vec::new(),
        essential: false,
    }
}

fn lease(number: u32) -> LeaseChange {
    let (workspace, agent) = (home(), agent(1));
    if number.is_multiple_of(2) {
        LeaseChange::Take { workspace, agent, holder: format!("h{}", number % 5), slots_max: 100 }
    } else {
        LeaseChange::Release { workspace, agent, holder: format!("h{}", (number + 3) % 5) }
    }
}

/// Commits a step; durable on return.
pub(super) fn commit(store: &dyn Store, number: u32) -> Result<CommitOutcome> {
    commit_blocking(store, step(number))
}

/// The same, with the acknowledgement written down where it is given: in the thread that gives it.
pub(super) fn commit_noted(store: &dyn Store, number: u32, disk: &Arc<FaultDisk>) -> Result<CommitOutcome> {
    let (answer, answered) = sync_channel(1);
    let disk = Arc::clone(disk);
    let done = Box::new(move |outcome: Result<CommitOutcome>| {
        if outcome.is_ok() {
            disk.acknowledge(u64::from(number));
        }
        let _ = answer.send(outcome);
    });
    store.commit(step(number).into(), done);
    answered.recv().unwrap_or(Err(StoreError::Closed))
}

/// A number that depends on everything that can be read of the tasks.
pub(super) fn fingerprint(store: &dyn Maintenance) -> Result<u64> {
    let mut hash = DefaultHasher::new();
    for number in 1..=TASKS {
        let stream = stream(number);
        for event in store.events(&stream, 0, divisi_store::limits::READ_EVENTS_MAX)? {
            format!("{event:?}").hash(&mut hash);
        }
        format!("{:?}", store.projection(home(), task(number))?).hash(&mut hash);
        format!("{:?}", store.snapshot(&stream, 1, 1)?).hash(&mut hash);
    }
    format!("{:?} {:?}", store.budget(home())?, store.leases(home(), agent(1))?).hash(&mut hash);
    Ok(hash.finish())
}

/// What a store must look like after each number of steps.
#[derive(Debug)]
pub(super) struct Expectation {
    after: Vec<u64>,
}

impl Expectation {
    /// Of up to `steps` steps.
    pub(super) fn of(steps: u32) -> Result<Self> {
        let model = MemoryStore::new();
        begin(&model)?;
        let mut after = vec![fingerprint(&model)?];
        for number in 1..=steps {
            commit(&model, number)?;
            after.push(fingerprint(&model)?);
        }
        Ok(Self { after })
    }

    /// How many steps a store has, if it has a whole number of them.
    pub(super) fn steps_of(&self, store: &dyn Maintenance) -> std::result::Result<u32, Broken> {
        let found = fingerprint(store).map_err(|error| Broken::at("reading what is left", error))?;
        let steps = self.after.iter().position(|after| *after == found);
        let steps = steps.and_then(|steps| u32::try_from(steps).ok());
        steps.ok_or_else(|| Broken("what is left is not the state after any number of whole commits".into()))
    }
}

/// Holds a store that was opened after a fault against what was acknowledged: all of that is there, at most one commit
/// more, everything is whole, a commit given again is known, and work goes on.
pub(super) fn hold(
    store: &SqliteStore,
    expected: &Expectation,
    acknowledged: u32,
    next: u32,
) -> std::result::Result<(), Broken> {
    let broken = |what: &str, error: &StoreError| Broken::at(what, error);
    let steps = expected.steps_of(store)?;
    if steps < acknowledged {
        return Err(Broken(format!("{acknowledged} commits were acknowledged, {steps} are there")));
    }
    if steps > next {
        return Err(Broken(format!("{steps} commits are there, {next} were asked for")));
    }
    let verified = store.verify().map_err(|error| broken("verifying", &error))?;
    if !verified.damage.is_empty() {
        return Err(Broken(format!("damage: {:?}", verified.damage)));
    }
    if steps > 0 {
        let again = commit(store, steps).map_err(|error| broken("a commit given again", &error))?;
        if !matches!(again, CommitOutcome::AlreadyCommitted { .. }) {
            return Err(Broken(format!("commit {steps}, given again, came to {again:?}")));
        }
    }
    begin(store).map_err(|error| broken("opening the workspace", &error))?;
    let more = commit(store, steps + 1).map_err(|error| broken("going on", &error))?;
    if !matches!(more, CommitOutcome::Committed { .. }) {
        return Err(Broken(format!("the next commit came to {more:?}")));
    }
    Ok(())
}
