//! What outlives tasks: events of agents' and of workspaces' own streams. They are written in the batch of the task's
//! events that they follow from, and their number in the stream is their order: nothing here depends on an order
//! across streams.

mod agent;
mod codec;
#[cfg(test)]
mod tests;
mod workspace;

pub use agent::{AgentEvent, AgentRecord};
pub use codec::{JournalEvent, decode, encode};
pub use workspace::{Spent, WorkspaceEvent, spends};
