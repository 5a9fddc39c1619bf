//! What was injected and seen: a run without injections proves nothing.

use serde::Serialize;

/// Counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    /// SIGKILLs.
    pub(super) kills: u64,
    /// Kills before every attempt that the kill before cut off had begun anew.
    pub(super) kills_in_recovery: u64,
    /// Kills while attempts were in flight.
    pub(super) kills_with_attempts_in_flight: u64,
    /// Kills while submissions waited for their answers.
    pub(super) kills_with_submissions_under_way: u64,
    /// Attempts that had begun, as the witness knows, and that a kill cut off: the bound of calls made again.
    pub(super) attempts_cut_off: u64,
    /// Attempts whose start was durable and that a kill kept from beginning.
    pub(super) starts_cut_off: u64,
    /// Submissions that a kill left unanswered though they were durable.
    pub(super) submissions_durable_unanswered: u64,
    /// Submissions that a kill left unanswered and that were not durable.
    pub(super) submissions_lost_unanswered: u64,
}

impl Tally {
    /// Kinds of injection that never happened.
    pub(super) fn never(&self) -> Vec<&'static str> {
        let unanswered = self.submissions_durable_unanswered + self.submissions_lost_unanswered;
        [
            ("kills", self.kills),
            ("kills in recovery", self.kills_in_recovery),
            ("kills with attempts in flight", self.kills_with_attempts_in_flight),
            ("kills with submissions under way", self.kills_with_submissions_under_way),
            ("attempts cut off", self.attempts_cut_off),
            ("submissions left unanswered", unanswered),
        ]
        .into_iter()
        .filter_map(|(kind, count)| (count == 0).then_some(kind))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_named() {
        assert_eq!(Tally::default().never().len(), 6);
        let seen = Tally {
            kills: 1,
            kills_in_recovery: 1,
            kills_with_attempts_in_flight: 1,
            kills_with_submissions_under_way: 1,
            submissions_lost_unanswered: 1,
            ..Tally::default()
        };
        assert_eq!(seen.never(), ["attempts cut off"]);
    }
}
