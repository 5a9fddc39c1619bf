use divisi_domain::blob::Digest;
use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::time::Timestamp;

/// Where an approval stands. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ApprovalState {
    /// Asked and not decided.
    Open = 1,
    /// Approved as it was.
    Approved = 2,
    /// Rejected.
    Rejected = 3,
    /// Approved with an edit.
    Edited = 4,
    /// No longer asked: the task ended, or what was asked changed.
    Withdrawn = 5,
}

impl ApprovalState {
    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From the stored number.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Open),
            2 => Some(Self::Approved),
            3 => Some(Self::Rejected),
            4 => Some(Self::Edited),
            5 => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
    /// Number within the task.
    pub number: u16,
    /// Code of what is asked (plan, tool call, publication…).
    pub kind: u8,
    /// Of exactly what is approved.
    pub digest: Digest,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Where it stands.
    pub state: ApprovalState,
    /// When it was decided or withdrawn.
    pub decided_at: Option<Timestamp>,
}
