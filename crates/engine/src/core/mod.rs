//! The runner, sans I/O: `step(input, now) -> actions`. Two drivers carry its actions out: tokio, and the
//! simulator. It holds the running tasks in memory; what it tells is durable only after `Committed`.

mod admission;
mod away;
mod batch;
mod calls;
mod commands;
mod commit;
mod flights;
mod held;
mod journal;
mod live;
mod load;
#[cfg(feature = "planted")]
mod planted;
mod pump;
mod settle;
mod shares;
mod slots;
mod stall;
mod terms;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use divisi_domain::blob::Digest;
use divisi_domain::id::{AgentId, InputId, TaskId, WorkspaceId};
use divisi_domain::scheduling::Roster;
use divisi_domain::time::Timestamp;
use divisi_store::StreamRef;

pub(crate) use batch::STATE_VERSION;
#[cfg(feature = "planted")]
pub use planted::Planted;
pub use terms::{Terms, TermsTable, rooms};
pub use types::{
    Action, CoreInput, CoreLimits, Entropy, FlightKey, KnownAgent, Loaded, NewTask, Order, Refused, Reply,
    ReplyTo, Result, Room, Side, TaskKey, Ticket, agent_id,
};

use crate::crew::Crew;
use admission::Starved;
use live::{Live, Pending};

/// The runner's state.
pub struct Core {
    limits: CoreLimits,
    terms: TermsTable,
    calls: calls::Calls,
    entropy: Box<dyn Entropy>,
    live: BTreeMap<TaskKey, Live>,
    /// Tasks that are not, with a time to look at them.
    away: BTreeMap<TaskKey, away::Away>,
    /// Commands for tasks that are being loaded.
    loading: BTreeMap<TaskKey, Vec<Pending>>,
    /// Tasks without a running slot: most urgent first, then by arrival.
    queue: BTreeSet<QueueKey>,
    running: BTreeSet<TaskKey>,
    flights: BTreeMap<FlightKey, flights::Flight>,
    /// Whose the attempts in flight are.
    shares: shares::Shares,
    starved: Starved,
    /// A task whose effect must run with nothing else in flight, until it has.
    quiescing: Option<TaskKey>,
    timers: BTreeSet<(Timestamp, TaskKey)>,
    /// Tasks to pump before the step ends.
    ready: BTreeSet<TaskKey>,
    roster: Roster,
    /// Places of the agents in the order of registration, which outlives the process.
    positions: BTreeMap<AgentId, u32>,
    /// Agents whose registration is in their streams.
    announced: BTreeSet<AgentId>,
    slots: slots::Slots,
    commits: BTreeMap<Ticket, TaskKey>,
    /// Crews of the tasks in memory: one copy of each, with its templates compiled once.
    crews: BTreeMap<Digest, Weak<Crew>>,
    next_ticket: u64,
    next_arrival: u64,
    draining: bool,
    /// Streams beside the tasks' own whose record is damaged: nothing is added to them any more.
    damaged: BTreeSet<StreamRef>,
    actions: Vec<Action>,
    now: Timestamp,
    #[cfg(feature = "planted")]
    planted: Option<Planted>,
}

type QueueKey = (std::cmp::Reverse<u8>, u64, TaskKey);

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("live", &self.live.len())
            .field("running", &self.running.len())
            .field("queued", &self.queue.len())
            .field("in_flight", &self.flights.len())
            .finish_non_exhaustive()
    }
}

impl Core {
    /// A runner without tasks. `terms` tells what each model costs and takes.
    pub fn new(limits: CoreLimits, terms: TermsTable, entropy: Box<dyn Entropy>) -> Self {
        Self {
            limits,
            calls: calls::Calls::new(&terms),
            terms,
            entropy,
            live: BTreeMap::new(),
            away: BTreeMap::new(),
            loading: BTreeMap::new(),
            queue: BTreeSet::new(),
            running: BTreeSet::new(),
            flights: BTreeMap::new(),
            shares: shares::Shares::default(),
            starved: Starved::default(),
            quiescing: None,
            timers: BTreeSet::new(),
            ready: BTreeSet::new(),
            roster: Roster::new(),
            positions: BTreeMap::new(),
            announced: BTreeSet::new(),
            slots: slots::Slots::default(),
            commits: BTreeMap::new(),
            crews: BTreeMap::new(),
            next_ticket: 1,
            next_arrival: 1,
            draining: false,
            damaged: BTreeSet::new(),
            actions: Vec::new(),
            now: Timestamp::default(),
            #[cfg(feature = "planted")]
            planted: None,
        }
    }

    /// Takes one input in and tells what to do. `now` never goes backwards inside: an earlier one counts as the last.
    pub fn step(&mut self, input: CoreInput, now: Timestamp) -> Vec<Action> {
        self.now = self.now.max(now);
        match input {
            CoreInput::Submit(new) => self.submit(*new),
            CoreInput::Command { task, id, input, sides, reply } => {
                self.command(task, Pending { id, input: *input, sides, reply: Some(reply) });
            }
            CoreInput::Ended { flight, attempt, result } => self.ended(flight, attempt, *result),
            CoreInput::Measured { flight, attempt, size } => self.measured(flight, attempt, size),
            CoreInput::Committed { ticket, outcome } => self.committed(ticket, outcome),
            CoreInput::Unreadable { task, reason, passing: true } => self.read_later(task, &reason),
            CoreInput::Unreadable { task, reason, passing: false } => self.unreadable(task, reason),
            CoreInput::Loaded { task, loaded } => self.loaded(task, loaded.map(|loaded| *loaded)),
            CoreInput::Recover { agents, tasks, last_seen } => self.recover(&agents, tasks, last_seen),
            CoreInput::Models(terms) => self.renew_models(*terms),
            CoreInput::Tick => self.tick(),
            CoreInput::Drain => self.draining = true,
            CoreInput::CutOff => self.cut_off(),
        }
        self.settle();
        std::mem::take(&mut self.actions)
    }

    /// Plants a bug, for tests that must catch it.
    #[cfg(feature = "planted")]
    pub fn plant(&mut self, bug: Planted) {
        self.planted = Some(bug);
    }

    /// When [`CoreInput::Tick`] should come, at the latest.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Attempts in flight.
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Whether nothing is in flight, uncommitted or about to start: all tasks ended or wait.
    pub fn is_idle(&self) -> bool {
        self.flights.is_empty()
            && self.commits.is_empty()
            && self.loading.keys().all(|key| self.draining && self.away.contains_key(key))
            && !self.calls.measuring()
            && self.live.values().all(|live| {
                // Who stops does not wait for room on the disk: what is not recorded is done again.
                live.inbox.is_empty() || (self.draining && live.stalled.is_some())
            })
    }

    /// The tasks in memory with their states, for the oracles of tests and for `doctor`.
    pub fn tasks(&self) -> impl Iterator<Item = (TaskKey, &divisi_domain::task::Task)> {
        self.live.iter().filter_map(|(key, live)| Some((*key, live.task.as_deref()?)))
    }

    /// The one copy of a crew that the tasks in memory share.
    fn shared_crew(&mut self, digest: Digest, crew: Arc<Crew>) -> Arc<Crew> {
        if let Some(known) = self.crews.get(&digest).and_then(Weak::upgrade) {
            return known;
        }
        self.crews.retain(|_, crew| crew.strong_count() > 0);
        self.crews.insert(digest, Arc::downgrade(&crew));
        crew
    }

    fn fresh_input(&mut self) -> InputId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.entropy.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.entropy.next().to_be_bytes());
        InputId(bytes)
    }

    fn tick(&mut self) {
        // What is due now, once: a task that is due again at once waits for the next tick.
        let later = self.timers.iter().position(|(at, _)| *at > self.now).unwrap_or(self.timers.len());
        let due: Vec<(Timestamp, TaskKey)> = self.timers.iter().take(later).copied().collect();
        for (at, key) in due {
            if self.timers.remove(&(at, key)) {
                match self.live.get_mut(&key) {
                    Some(live) => {
                        live.wake_at = None;
                        self.pump(key);
                    }
                    None => self.look_again(key),
                }
            }
        }
    }
}

impl TaskKey {
    /// The key of a task.
    pub const fn new(workspace: WorkspaceId, task: TaskId) -> Self {
        Self { workspace, task }
    }
}
