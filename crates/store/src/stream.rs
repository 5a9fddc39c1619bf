//! Names of event streams.

use std::fmt;

use divisi_domain::id::{AgentId, TaskId, WorkspaceId};

/// What a stream tells of. The numbers are stored: they never change and are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum StreamKind {
    /// A task with its subtasks and approvals.
    Task = 1,
    /// One agent: outcomes of its work. Outlives tasks.
    Agent = 2,
    /// A workspace: spend, lessons, settings. Outlives tasks.
    Workspace = 3,
    /// A plan that its caller wrote.
    Chain = 4,
}

impl StreamKind {
    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From the stored number; `None` for a kind that this binary does not know.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Task),
            2 => Some(Self::Agent),
            3 => Some(Self::Workspace),
            4 => Some(Self::Chain),
            _ => None,
        }
    }
}

/// A stream within its workspace.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// What the stream tells of.
    pub kind: StreamKind,
    /// The 16 bytes of the root's id.
    pub id: [u8; 16],
}

impl StreamId {
    /// The stream of a chain. Chains have no id type of their own yet.
    pub const fn chain(id: [u8; 16]) -> Self {
        Self { kind: StreamKind::Chain, id }
    }
}

impl From<TaskId> for StreamId {
    fn from(task: TaskId) -> Self {
        Self { kind: StreamKind::Task, id: *task.as_bytes() }
    }
}

impl From<AgentId> for StreamId {
    fn from(agent: AgentId) -> Self {
        Self { kind: StreamKind::Agent, id: *agent.as_bytes() }
    }
}

impl From<WorkspaceId> for StreamId {
    fn from(workspace: WorkspaceId) -> Self {
        Self { kind: StreamKind::Workspace, id: *workspace.as_bytes() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            StreamKind::Task => TaskId::from_bytes(self.id).fmt(f),
            StreamKind::Agent => AgentId::from_bytes(self.id).fmt(f),
            StreamKind::Workspace => WorkspaceId::from_bytes(self.id).fmt(f),
            StreamKind::Chain => write!(f, "chain {:032x}", u128::from_be_bytes(self.id)),
        }
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A stream with its workspace: the only way to name one. The same id in another workspace is another stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamRef {
    /// The tenant that owns the stream.
    pub workspace: WorkspaceId,
    /// The stream.
    pub stream: StreamId,
}

impl StreamRef {
    /// A stream of `workspace`.
    pub fn new(workspace: WorkspaceId, stream: impl Into<StreamId>) -> Self {
        Self { workspace, stream: stream.into() }
    }

    /// The task that this stream tells of, if it is one.
    pub fn task(&self) -> Option<TaskId> {
        (self.stream.kind == StreamKind::Task).then(|| TaskId::from_bytes(self.stream.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_kinds_round_trip_and_unknown_ones_are_none() {
        for kind in [StreamKind::Task, StreamKind::Agent, StreamKind::Workspace, StreamKind::Chain] {
            assert_eq!(StreamKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(StreamKind::from_code(0), None);
        assert_eq!(StreamKind::from_code(5), None);
    }

    #[test]
    fn a_stream_prints_as_what_it_tells_of() {
        let task = TaskId::from_bytes([7; 16]);
        let workspace = WorkspaceId::from_bytes([1; 16]);
        let named = StreamRef::new(workspace, task);
        assert_eq!(named.stream.to_string(), task.to_string());
        assert_eq!(named.task(), Some(task));
        assert_eq!(StreamRef::new(workspace, workspace).task(), None);
        assert!(StreamId::chain([0; 16]).to_string().starts_with("chain 0"));
    }
}
