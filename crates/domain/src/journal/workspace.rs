use minicbor::{Decode, Encode};

use super::codec::JournalEvent;
use crate::id::TaskId;
use crate::money::MicroUsd;
use crate::task::{Event, Task};

/// What one pass of a task has cost, told when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Spent {
    /// The task.
    #[n(0)]
    pub task: TaskId,
    /// Its pass.
    #[n(1)]
    pub pass: u16,
    /// Everything booked in the pass, estimates and excesses included.
    #[n(2)]
    pub charged: MicroUsd,
}

/// An immutable fact of a workspace's stream. Numbers are never reused.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum WorkspaceEvent {
    /// A pass of a task ended and had cost something.
    #[n(1)]
    Spent(#[n(0)] Spent),
}

impl JournalEvent for WorkspaceEvent {
    const KINDS: &'static [(u16, &'static str)] = &[(1, "spent")];

    fn kind(&self) -> u16 {
        match self {
            Self::Spent(_) => 1,
        }
    }
}

/// What the passes cost that `events` of task `task` end, with the place of the event that ends each. `before` is the
/// task before the first of them. A pass that cost nothing is not told of.
pub fn spends<'a>(
    task: TaskId,
    before: Option<&Task>,
    events: impl IntoIterator<Item = &'a Event>,
) -> Vec<(usize, Spent)> {
    let (mut pass, mut charged) = before.map_or((1, MicroUsd::ZERO), |task| (task.pass, task.pass_spent()));
    let mut found = Vec::new();
    for (place, event) in events.into_iter().enumerate() {
        match event {
            Event::EffectEnded { booked, .. } => charged += booked.charged,
            Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled if charged > MicroUsd::ZERO => {
                found.push((place, Spent { task, pass, charged }));
            }
            Event::Resumed { .. } | Event::RevisionRequested { .. } => {
                pass = pass.saturating_add(1);
                charged = MicroUsd::ZERO;
            }
            _ => {}
        }
    }
    found
}
