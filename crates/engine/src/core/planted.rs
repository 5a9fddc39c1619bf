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
    /// The slot of an attempt is not given back when it ends.
    LeakedSlot,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AckBeforeCommit,
        Self::PerformBeforeCommit,
        Self::ReuseLostResult,
        Self::DoubleSettle,
        Self::LostWakeUp,
        Self::LeakedSlot,
    ];
}
