use divisi_domain::blob::BlobRef;
use divisi_domain::id::{AgentId, TaskId, WorkspaceId};
use divisi_domain::time::Timestamp;

/// What a solution answers. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SolutionKind {
    /// A specialist's answer to a subtask.
    Subtask = 1,
    /// The coordinator's findings.
    Coordination = 2,
    /// A draft of the report.
    Synthesis = 3,
    /// The report of a completed pass.
    Final = 4,
}

impl SolutionKind {
    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From the stored number.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Subtask),
            2 => Some(Self::Coordination),
            3 => Some(Self::Synthesis),
            4 => Some(Self::Final),
            _ => None,
        }
    }
}

/// One version of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolutionRow {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The task.
    pub task: TaskId,
    /// What it answers.
    pub kind: SolutionKind,
    /// Number of the subtask; 0 for the other kinds.
    pub subtask: u16,
    /// The cycle of the subtask, or the number of the draft within its pass, from 0.
    pub version: u8,
    /// The pass it was made in.
    pub pass: u16,
    /// Who made it.
    pub agent: Option<AgentId>,
    /// The content.
    pub blob: BlobRef,
    /// The verdict: `None` = not reviewed yet.
    pub accepted: Option<bool>,
    /// Score of its review, in hundredths of a point.
    pub score_hundredths: Option<u16>,
    /// When it was recorded.
    pub at: Timestamp,
}
