//! Bugs that tests plant to see that they are caught. Compiled with the feature `planted` only, and chosen at run time.

/// A planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Planted {
    /// Callers are told before the commit is durable.
    AckBeforeCommit,
    /// Attempts are performed before their start is durable.
    PerformBeforeCommit,
    /// A commit whose answer was lost counts as durable without being repeated.
    ReuseLostResult,
    /// An attempt's cost is booked twice in the workspace's account.
    DoubleSettle,
    /// Nobody is woken when room is made.
    LostWakeUp,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AckBeforeCommit,
        Self::PerformBeforeCommit,
        Self::ReuseLostResult,
        Self::DoubleSettle,
        Self::LostWakeUp,
    ];
}
