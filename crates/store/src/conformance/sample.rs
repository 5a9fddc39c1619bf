//! Small, distinct values of everything, and shorthands for commits.

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, InputId, TaskId, WorkspaceId};
use divisi_domain::money::{MicroUsd, Usage};
use divisi_domain::name::Name;
use divisi_domain::path::{EffectPath, Node};
use divisi_domain::stats::AgentStats;
use divisi_domain::time::Timestamp;

use crate::batch::{Append, Batch, Expected};
use crate::blob::{BlobKey, NewBlob};
use crate::contract::commit_blocking;
use crate::error::{Result, StoreError};
use crate::event::NewEvent;
use crate::maintenance::Maintenance;
use crate::outcome::CommitOutcome;
use crate::rows::{
    AgentRow, ApprovalRow, ApprovalState, ProjectionChange, SolutionKind, SolutionRow, SubtaskRow, TaskRow,
    UsageRow,
};
use crate::stream::StreamRef;

/// A store under test with its first workspace open.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// The store.
    pub store: &'a dyn Maintenance,
}

impl std::fmt::Debug for Bench<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bench")
    }
}

/// 16 bytes that sort like `number`.
fn bytes(kind: u8, number: u32) -> [u8; 16] {
    let mut bytes = [kind; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// A workspace.
pub fn workspace(number: u32) -> WorkspaceId {
    WorkspaceId::from_bytes(bytes(0xe0, number))
}

/// A task.
pub fn task(number: u32) -> TaskId {
    TaskId::from_bytes(bytes(0xa0, number))
}

/// An agent.
pub fn agent(number: u32) -> AgentId {
    AgentId::from_bytes(bytes(0xb0, number))
}

/// An input.
pub fn input(number: u32) -> InputId {
    InputId(bytes(0xc0, number))
}

/// The first workspace.
pub fn home() -> WorkspaceId {
    workspace(1)
}

/// A task's stream in the first workspace.
pub fn stream(number: u32) -> StreamRef {
    StreamRef::new(home(), task(number))
}

/// A time.
pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

/// An event of kind 1 with a body.
pub fn event(input: InputId, body: &str) -> NewEvent {
    NewEvent { kind: 1, kind_version: 1, input_id: input, body: body.into() }
}

/// An append with one input and one event per body.
pub fn append(stream: StreamRef, expected: Expected, input: InputId, bodies: &[&str]) -> Append {
    let events = bodies.iter().map(|body| event(input, body)).collect();
    Append { stream, expected, at: at(0), inputs: vec![input], events }
}

/// A batch of one append.
pub fn batch(append: Append) -> Batch {
    Batch { appends: vec![append], ..Batch::default() }
}

/// A row of an open task.
pub fn task_row(number: u32) -> TaskRow {
    TaskRow {
        workspace: home(),
        task: task(number),
        title: format!("Title {number}"),
        state: 1,
        priority: 2,
        mode: 0,
        crew: Name::from_static("research"),
        progress: 5,
        created_at: at(i64::from(number)),
        updated_at: at(i64::from(number)),
        completed_at: None,
        completion: None,
        waiting: None,
        reason: None,
        cap: None,
        spent: MicroUsd::ZERO,
        reserved: MicroUsd::ZERO,
        pass: 1,
        open: true,
        last_seq: 1,
    }
}

/// A subtask of a task.
pub fn subtask_row(of: u32, number: u16) -> SubtaskRow {
    SubtaskRow {
        workspace: home(),
        task: task(of),
        number,
        title: format!("Part {number}"),
        agent_type: Name::from_static("analyst"),
        agent: Some(agent(1)),
        status: 2,
        score_hundredths: Some(725),
        cycles: 1,
        phase: 0,
        started_at: Some(at(1)),
        completed_at: None,
    }
}

/// A solution of a subtask.
pub fn solution_row(of: u32, subtask: u16, version: u8) -> SolutionRow {
    SolutionRow {
        workspace: home(),
        task: task(of),
        kind: SolutionKind::Subtask,
        subtask,
        version,
        pass: 1,
        agent: Some(agent(2)),
        blob: BlobRef([9; 32]),
        accepted: None,
        score_hundredths: None,
        at: at(3),
    }
}

/// A model call.
pub fn usage_row(of: u32, subtask: u16, attempt: u16) -> UsageRow {
    let node = Node::Model { subtask, cycle: 0, turn: 1 };
    UsageRow {
        workspace: home(),
        task: task(of),
        path: EffectPath { pass: 1, node },
        attempt,
        agent: Some(agent(1)),
        subtask: Some(subtask),
        purpose: Name::from_static("execute"),
        provider: Name::from_static("scripted"),
        model: Name::from_static("model-a"),
        usage: Usage {
            input_tokens: 100,
            output_tokens: 20,
            cached_tokens: 10,
            reasoning_tokens: 5,
            cache_write_tokens: 40,
        },
        cost: MicroUsd(321),
        estimated: false,
        excess: MicroUsd::ZERO,
        from_cache: false,
        at: at(4),
    }
}

/// An open approval.
pub fn approval_row(of: u32, number: u16) -> ApprovalRow {
    ApprovalRow {
        workspace: home(),
        task: task(of),
        number,
        kind: 1,
        digest: Digest([4; 32]),
        asked_at: at(i64::from(number)),
        state: ApprovalState::Open,
        decided_at: None,
    }
}

/// An agent's row.
pub fn agent_row(number: u32) -> AgentRow {
    AgentRow {
        workspace: home(),
        agent: agent(number),
        agent_type: Name::from_static("analyst"),
        capabilities: vec![Name::from_static("read"), Name::from_static("write")],
        slots: 3,
        status: 1,
        stats: AgentStats { outcomes: 7, ..AgentStats::default() },
        registered: number,
    }
}

impl<'a> Bench<'a> {
    /// Opens the first workspace.
    pub fn new(store: &'a dyn Maintenance) -> Self {
        let bench = Self { store };
        bench.open(1);
        bench
    }

    /// Opens a workspace with a key of its own.
    pub fn open(&self, number: u32) -> WorkspaceId {
        let opened = self.store.open_workspace(workspace(number), key(number));
        assert_eq!(opened, Ok(key(number)));
        workspace(number)
    }

    /// Commits.
    pub fn commit(&self, batch: Batch) -> Result<CommitOutcome> {
        commit_blocking(self.store, batch)
    }

    /// Commits what must succeed; the last sequence numbers.
    pub fn committed(&self, batch: Batch) -> Result<Vec<u64>> {
        let outcome = self.commit(batch)?;
        let CommitOutcome::Committed { seqs } = outcome else {
            assert_eq!(outcome, CommitOutcome::Committed { seqs: Vec::new() }, "a commit that must succeed");
            return Ok(Vec::new());
        };
        Ok(seqs)
    }

    /// Commits what must be refused as a breach of contract.
    pub fn invalid(&self, batch: Batch) -> Result<()> {
        match self.commit(batch) {
            Err(StoreError::Invalid { .. }) => Ok(()),
            Err(other) => Err(other),
            Ok(outcome) => {
                let reason = format!("not refused: {outcome:?}");
                Err(StoreError::Invalid { reason })
            }
        }
    }

    /// Starts a task's stream with one event and rows.
    pub fn start(&self, number: u32, rows: Vec<ProjectionChange>) -> Result<()> {
        let appends = vec![append(stream(number), Expected::At(0), input(number), &["started"])];
        self.committed(Batch { appends, rows, ..Batch::default() }).map(|_| ())
    }

    /// Starts a task with its row.
    pub fn start_row(&self, row: TaskRow) -> Result<()> {
        let first = append(StreamRef::new(row.workspace, row.task), Expected::At(0), input(1), &["started"]);
        let rows = vec![ProjectionChange::Task(row)];
        self.committed(Batch { appends: vec![first], rows, ..Batch::default() }).map(|_| ())
    }

    /// Bodies of a stream, as text.
    pub fn bodies(&self, stream: &StreamRef) -> Result<Vec<String>> {
        let events = self.store.events(stream, 0, usize::MAX)?;
        Ok(events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect())
    }
}

/// The key of a workspace.
pub fn key(number: u32) -> BlobKey {
    let mut key = [0x77; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    BlobKey(key)
}

/// Content for a stream of the first workspace.
pub fn blob(stream: StreamRef, bytes: &[u8]) -> NewBlob {
    NewBlob::new(&key(1), stream, bytes.to_vec())
}

/// Content that lies in a file.
pub fn large_bytes() -> Vec<u8> {
    vec![1; 100_000]
}
