//! What has happened so far, as everyone who waits for it sees it.

/// Counters that only grow, except those of what is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Attempts that the witness has on disk.
    pub(super) attempts: u64,
    /// Tasks whose final review was attempted.
    pub(super) finals: u64,
    /// Tasks whose submission was answered.
    pub(super) acks: u64,
    /// Submissions that wait for their answer.
    pub(super) asking: u64,
    /// Lives of the process so far.
    pub(super) lives: u64,
    /// Whether submitters may ask.
    pub(super) open: bool,
}
