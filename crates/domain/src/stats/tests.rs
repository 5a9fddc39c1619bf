use proptest::prelude::*;

use super::*;
use crate::time::Millis;

fn outcome(success: bool, millis: u64) -> Outcome {
    Outcome { success, response: Millis(millis) }
}

#[test]
fn a_tenth_of_each_outcome_counts() {
    let rows = [
        (vec![], (950_000, 100_000)),
        (vec![outcome(true, 100)], (955_000, 100_000)),
        (vec![outcome(true, 100); 5], (970_476, 100_000)),
        (vec![outcome(false, 1_100)], (855_000, 200_000)),
        (vec![outcome(false, 1_100), outcome(true, 0)], (869_500, 180_000)),
    ];
    for (outcomes, expected) in rows {
        let stats = outcomes.iter().fold(AgentStats::default(), |stats, &one| stats.after(one));
        assert_eq!((stats.success_ppm, stats.response_micros), expected, "{outcomes:?}");
        assert_eq!(stats.outcomes, outcomes.len() as u64);
    }
}

proptest! {
    /// Whatever happens, the rate stays a rate and no response time overflows.
    #[test]
    fn rates_stay_rates(outcomes in prop::collection::vec((any::<bool>(), any::<u64>()), 0..200)) {
        let mut stats = AgentStats::default();
        for (success, millis) in outcomes {
            let before = stats;
            stats = stats.after(outcome(success, millis));
            prop_assert!(stats.success_ppm <= 1_000_000);
            prop_assert!(stats.response_micros <= 86_400_000_000);
            prop_assert_eq!(success, stats.success_ppm >= before.success_ppm && stats.success_ppm > 0);
        }
    }
}
