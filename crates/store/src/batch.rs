//! What is committed together.

use divisi_domain::id::InputId;
use divisi_domain::time::Timestamp;

use crate::answer::KeptAnswer;
use crate::blob::NewBlob;
use crate::budget::Reservation;
use crate::event::NewEvent;
use crate::lease::LeaseChange;
use crate::rows::ProjectionChange;
use crate::snapshot::Snapshot;
use crate::stream::StreamRef;

/// The optimistic version of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The stream's last sequence number must be this; 0 = the stream has no event yet.
    At(u64),
    /// Whatever it is: for what outlives tasks (agent outcomes, workspace spend), where the sequence is the order.
    Any,
}

/// Events for one stream. A batch names a stream at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub stream: StreamRef,
    /// What must hold.
    pub expected: Expected,
    /// When, by the caller's clock; the `at` of every event below.
    pub at: Timestamp,
    /// All inputs that this append settles, those without an event included; one named twice counts once. If any of
    /// them is already recorded for the stream, the whole batch answers [`crate::CommitOutcome::AlreadyCommitted`]. May
    /// be empty for side appends (agent, workspace) whose batch has a task append that guards it: that is the cheap form.
    pub inputs: Vec<InputId>,
    /// In order; each names one of `inputs`, or (with `inputs` empty) an input of another append of the batch.
    pub events: Vec<NewEvent>,
}

/// All or nothing, in one transaction. A refused batch writes nothing, no input either.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Events.
    pub appends: Vec<Append>,
    /// Content that the events or rows refer to. A blob commits with its first reference.
    pub blobs: Vec<NewBlob>,
    /// Conditional changes of workspace budgets, applied in order.
    pub reservations: Vec<Reservation>,
    /// Conditional changes of agent slots; all releases count before any take.
    pub leases: Vec<LeaseChange>,
    /// Projection rows; each row at most once.
    pub rows: Vec<ProjectionChange>,
    /// Caches of machine state, at most one per stream.
    pub snapshots: Vec<Snapshot>,
    /// Answers that other tasks may be given; of each request at most one.
    pub answers: Vec<KeptAnswer>,
    /// Cancel, delete and the like: where the disk is full, this batch may use the reserve that is kept for it.
    pub essential: bool,
}
