//! What goes into the runner and what comes out of it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use divisi_domain::blob::{BlobRef, Digest};
use divisi_domain::id::{AgentId, InputId, TaskId, WorkspaceId};
use divisi_domain::model_step::{FailureClass, Target};
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Input, Refusal, Report, Submission, Task, Wait, Wanted};
use divisi_domain::time::{Millis, Timestamp};
use divisi_llm::RateSeen;
use divisi_llm::policy::InputSize;
use divisi_store::{AgentRow, Batch, CommitOutcome, StoreError, StreamRef};

use super::terms::TermsTable;
use crate::crew::Crew;

/// A task in its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskKey {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
}

impl TaskKey {
    /// The task's event stream.
    pub fn stream(&self) -> StreamRef {
        StreamRef::new(self.workspace, self.task)
    }
}

/// One attempt in flight, of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlightKey {
    /// The task.
    pub task: TaskKey,
    /// The effect.
    pub path: EffectPath,
}

/// Names a commit until its outcome is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Names whoever waits for an answer; the driver knows the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyTo(pub u64);

/// Where chance comes from.
pub trait Entropy: Send {
    /// 64 random bits.
    fn next(&mut self) -> u64;
}

/// Limits of one runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreLimits {
    /// Tasks that run at once; more are queued.
    pub running_tasks_max: usize,
    /// Attempts in flight at once over all tasks.
    pub effects_in_flight_max: usize,
    /// How long one attempt may take before it counts as timed out.
    pub effect_deadline: Millis,
    /// Events of a task between two snapshots of its state.
    pub snapshot_events: u64,
}

impl Default for CoreLimits {
    fn default() -> Self {
        Self {
            running_tasks_max: 1_000,
            effects_in_flight_max: 100,
            effect_deadline: Millis::from_mins(10),
            snapshot_events: 256,
        }
    }
}

/// Content that comes with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its reference under the workspace's key.
    pub blob: BlobRef,
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// The request that they answer and for how long, where other tasks may be given them.
    pub answers: Option<(Digest, Millis)>,
}

/// An agent as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAgent {
    /// Its row, with the statistics that its stream gives.
    pub row: AgentRow,
    /// Who holds its slots.
    pub holders: Vec<String>,
}

/// A task to submit.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its key.
    pub key: TaskKey,
    /// The input's id: submitting with it again gives the first outcome.
    pub id: InputId,
    /// What is submitted.
    pub submission: Submission,
    /// The crew that `submission` pins.
    pub crew: Arc<Crew>,
    /// Preview of the title.
    pub title: String,
    /// The content it refers to.
    pub sides: Vec<Side>,
    /// Who waits.
    pub reply: ReplyTo,
}

/// A task read back from the store.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its state.
    pub task: Task,
    /// Its pinned crew.
    pub crew: Arc<Crew>,
    /// Preview of the title.
    pub title: String,
    /// Titles of its subtasks.
    pub subtask_titles: BTreeMap<u16, String>,
    /// The event that the last snapshot was taken after.
    pub snapshot_seq: u64,
}

/// How an attempt ended, with the content it brought.
#[derive(Debug, Clone)]
pub struct Result {
    /// How.
    pub report: Report,
    /// Final usage.
    pub usage: Option<Usage>,
    /// All tokens, as the provider or, where it does not, we counted them.
    pub tokens: Option<u64>,
    /// What the provider said of its allowance.
    pub rate: RateSeen,
    /// Tokens of input and output that the model has room for, where the provider said so when it refused the request as
    /// too long.
    pub context_tokens: Option<u32>,
    /// Whether anybody was asked; what failed before that is a fault of this process.
    pub asked: bool,
    /// Whether the call may have reached whoever charges for it.
    pub sent: bool,
    /// Whether something of an answer had come when it ended.
    pub generated: bool,
    /// Content.
    pub sides: Vec<Side>,
    /// Titles of the subtasks of a plan, in the order of the plan.
    pub titles: Vec<String>,
}

/// What the runner is told.
#[derive(Debug)]
pub enum CoreInput {
    /// A person submits a task.
    Submit(Box<NewTask>),
    /// A person tells a task something.
    Command {
        /// The task.
        task: TaskKey,
        /// The input's id.
        id: InputId,
        /// What.
        input: Box<Input>,
        /// Content that comes with it.
        sides: Vec<Side>,
        /// Who waits.
        reply: ReplyTo,
    },
    /// An attempt ended.
    Ended {
        /// Which.
        flight: FlightKey,
        /// Its number.
        attempt: u16,
        /// How.
        result: Box<Result>,
    },
    /// A prompt was measured, as [`Action::Measure`] asked.
    Measured {
        /// The effect.
        flight: FlightKey,
        /// The attempt that it is for.
        attempt: u16,
        /// How long it is.
        size: InputSize,
    },
    /// A commit was answered.
    Committed {
        /// Which.
        ticket: Ticket,
        /// How.
        outcome: std::result::Result<CommitOutcome, StoreError>,
    },
    /// A task was read back, or is not there.
    Loaded {
        /// Which.
        task: TaskKey,
        /// Its state.
        loaded: Option<Box<Loaded>>,
    },
    /// A task is there and cannot be read.
    Unreadable {
        /// Which.
        task: TaskKey,
        /// What happened, why, and what to do.
        reason: String,
        /// Whether it may be readable soon: the system refuses to, and the record itself is not at fault.
        passing: bool,
    },
    /// At start: all agents, and all tasks that have not ended.
    Recover {
        /// In order of registration.
        agents: Vec<KnownAgent>,
        /// Most urgent first.
        tasks: Vec<(TaskKey, Loaded)>,
        /// Last sign of life of the process before.
        last_seen: Timestamp,
    },
    /// What models cost and take is known anew: servers were found that were not there before.
    Models(Box<TermsTable>),
    /// Time passed.
    Tick,
    /// Start nothing new from now on.
    Drain,
    /// What is in flight is not waited for any more: it is cut and recorded as interrupted, by no fault of its own.
    CutOff,
}

/// An attempt to perform.
#[derive(Debug, Clone)]
pub struct Order {
    /// The task.
    pub task: TaskKey,
    /// Its state as committed.
    pub state: Arc<Task>,
    /// Its crew.
    pub crew: Arc<Crew>,
    /// The effect.
    pub wanted: Wanted,
    /// Where it goes; `None` for a tool.
    pub target: Option<Target>,
    /// What the model takes; `None` for a tool.
    pub room: Option<Room>,
    /// Why nobody is asked: the attempt fails with this, so that the machine knows and the log says so.
    pub refused: Option<(FailureClass, String)>,
    /// When it was ordered.
    pub at: Timestamp,
    /// When it counts as timed out.
    pub deadline: Millis,
}

/// What a call may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Input tokens that the model takes.
    pub input_tokens_max: u32,
    /// Output tokens that the call may ask for.
    pub output_tokens_max: u32,
    /// How many of them are for thoughts beside the answer.
    pub thought_tokens: u32,
    /// The bound of input tokens that was reserved; `None` where nothing is reserved yet.
    pub input_tokens_reserved: Option<u64>,
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is durable.
    Done {
        /// The task.
        task: TaskKey,
        /// Its last event.
        seq: u64,
    },
    /// It changed nothing.
    Refused(Refused),
}

/// Why a command changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The machine refused.
    #[error(transparent)]
    Machine(#[from] Refusal),
    /// There is no such task in the workspace.
    #[error("there is no such task")]
    NotFound,
    /// The task is there and cannot be read.
    #[error("this task cannot be read: {0}")]
    Unreadable(String),
    /// The runner is about to stop.
    #[error("this process is stopping and takes nothing new: try again when it is back")]
    Draining,
    /// The store does not take commits.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the driver is to do.
#[derive(Debug)]
pub enum Action {
    /// Commit and tell the outcome.
    Commit {
        /// Names it.
        ticket: Ticket,
        /// What.
        batch: Arc<Batch>,
    },
    /// Commit again, after a rest: the store could not take it, or its answer was lost.
    Retry {
        /// Names it.
        ticket: Ticket,
        /// What: the same batch with the same inputs.
        batch: Arc<Batch>,
        /// Why it was not taken.
        error: StoreError,
    },
    /// Perform an attempt and tell how it ended.
    Perform(Box<Order>),
    /// Build the prompt of an attempt, and tell how long it is.
    Measure(Box<Order>),
    /// Stop an attempt: nobody wants it any more.
    Abort(FlightKey),
    /// Answer whoever waits.
    Reply {
        /// Who.
        to: ReplyTo,
        /// What.
        reply: Reply,
    },
    /// Tell listeners what was committed.
    Publish {
        /// The task.
        task: TaskKey,
        /// Sequence number of the first event.
        first_seq: u64,
        /// When.
        at: Timestamp,
        /// The events.
        events: Vec<Event>,
        /// The state after them.
        state: Arc<Task>,
    },
    /// What a task waits for in this process, beside what its state says, is something else from now on.
    Held {
        /// The task.
        task: TaskKey,
        /// What: a slot or an agent (`queued`), room in the store (`store`); `None` for nothing any more.
        wait: Option<Wait>,
    },
    /// A task's record is damaged: it was put out of memory and stays as it is.
    Quarantined {
        /// The task.
        task: TaskKey,
        /// What is damaged.
        error: StoreError,
    },
    /// Read a task back.
    Load(TaskKey),
    /// The store is broken: stop the process and recover.
    Stop(StoreError),
}

/// The id of the agent of a type that a crew brings: the same in every process.
pub fn agent_id(workspace: WorkspaceId, crew: &Name, agent_type: &Name) -> AgentId {
    // Its key is derived once: every prompt asks for some ids.
    static KEYED: LazyLock<blake3::Hasher> =
        LazyLock::new(|| blake3::Hasher::new_derive_key("divisi agent id v1"));
    let mut hash = KEYED.clone();
    hash.update(workspace.as_bytes());
    hash.update(crew.as_str().as_bytes());
    hash.update(&[0]);
    hash.update(agent_type.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    AgentId::from_bytes(bytes)
}
