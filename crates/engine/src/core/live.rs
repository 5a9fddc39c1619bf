//! A task in the runner's memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use divisi_domain::id::InputId;
use divisi_domain::model_step::{FailureClass, Target};
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Event, Input, Task, Wait, Wanted};
use divisi_domain::time::Timestamp;
use divisi_store::Batch;

use super::journal::Journal;
use super::slots::Exchange;
use super::types::{ReplyTo, Room, Side, Ticket};
use crate::crew::Crew;

/// An input that is not decided yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: InputId,
    pub(super) input: Input,
    pub(super) sides: Vec<Side>,
    pub(super) reply: Option<ReplyTo>,
}

/// An attempt whose start is decided: an order once that is durable.
#[derive(Debug)]
pub(super) struct Starting {
    pub(super) wanted: Wanted,
    pub(super) target: Option<Target>,
    pub(super) room: Option<Room>,
    pub(super) refused: Option<(FailureClass, String)>,
}

/// What was decided and is being committed.
#[derive(Debug)]
pub(super) struct Committing {
    pub(super) ticket: Ticket,
    pub(super) before: u64,
    pub(super) after: Arc<Task>,
    pub(super) events: Vec<Event>,
    pub(super) starting: Vec<Starting>,
    pub(super) replies: Vec<ReplyTo>,
    pub(super) at: Timestamp,
    pub(super) batch: Arc<Batch>,
    pub(super) snapshot: bool,
    pub(super) exchange: Exchange,
    pub(super) journal: Journal,
    /// Inputs that are taken back where the batch is refused; starts are decided anew.
    pub(super) inputs: Vec<Pending>,
    /// Whether an answer to it was lost, so that it may be durable.
    pub(super) unanswered: bool,
}

#[derive(Debug)]
pub(super) struct Live {
    /// The committed state; `None` until the submission is durable.
    pub(super) task: Option<Arc<Task>>,
    pub(super) crew: Arc<Crew>,
    pub(super) title: String,
    pub(super) subtask_titles: BTreeMap<u16, String>,
    pub(super) inbox: VecDeque<Pending>,
    pub(super) committing: Option<Committing>,
    pub(super) wake_at: Option<Timestamp>,
    /// What was told last that the task waits for, beside what its state says.
    pub(super) held: Option<Wait>,
    /// Set while the store has no room for what the task has to record.
    pub(super) stalled: Option<Stalled>,
    /// Titles of plans whose answers are in the inbox.
    pub(super) plan_titles: Vec<(EffectPath, Vec<String>)>,
    pub(super) snapshot_seq: u64,
    pub(super) priority: u8,
    pub(super) arrival: u64,
}

/// The store could not take a commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stalled {
    /// Since when.
    pub(super) since: Timestamp,
    /// When the task tries again.
    pub(super) until: Timestamp,
}

impl Live {
    /// Whether the task rests because the store has no room, and nobody waits for an answer.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        let stalled = self.stalled.is_some_and(|stalled| now < stalled.until);
        stalled && !self.inbox.iter().any(|pending| pending.reply.is_some())
    }
}
