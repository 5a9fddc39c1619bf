//! Contracts of durable storage: event log, projections, blobs, budgets, leases, snapshots, `DocumentIndex`; a
//! second back end in memory; and the conformance suite that every back end must pass.
//!
//! Nothing here speaks SQL, reads a clock, draws a random number or knows an async runtime: [`Store::commit`] takes a
//! callback, reads block. What a machine decides is not decided here: a store refuses only what the [`Batch`] itself
//! makes conditional (versions, slots, budgets).

pub mod answer;
pub mod batch;
pub mod blob;
pub mod budget;
pub mod conformance;
pub mod contract;
pub mod error;
pub mod event;
pub mod index;
pub mod lease;
pub mod limits;
pub mod maintenance;
pub mod memory;
pub mod outcome;
pub mod packed;
pub mod query;
pub mod rows;
pub mod search;
pub mod snapshot;
pub mod stream;
pub mod validation;

pub use answer::KeptAnswer;
pub use batch::{Append, Batch, Expected};
pub use blob::{BlobKey, NewBlob, blob_ref};
pub use budget::{BudgetRow, Reservation};
pub use contract::{Done, Reads, Store, commit_blocking};
pub use error::{Result, StoreError};
pub use event::{NewEvent, StoredEvent};
pub use index::{DocumentIndex, IndexEntry, IndexKey, IndexKind, Search};
pub use lease::LeaseChange;
pub use maintenance::{Collected, Damage, Maintenance, Pruned, TaskProjection, Verified};
pub use memory::MemoryStore;
pub use outcome::{CommitOutcome, FirstOutcome, Refusal};
pub use query::{OpenTask, Order, Sort, TaskPage, TaskQuery};
pub use rows::{
    AgentOutcome, AgentRow, ApprovalRow, ApprovalState, Completion, ProjectionChange, SolutionKind,
    SolutionRow, SubtaskRow, TaskRow, UsageRow, Waiting,
};
pub use snapshot::Snapshot;
pub use stream::{StreamId, StreamKind, StreamRef};
