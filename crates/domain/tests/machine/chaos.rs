//! Any order of results, duplicates, late and foreign inputs, crashes and people who change their minds: the
//! invariants hold after each of them, and the task comes to an end once everyone behaves.

use divisi_testkit::chaos;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_in_chaos(seed in any::<u64>(), steps in 1_usize..400) {
        if let Err(broken) = chaos::run(seed, steps) {
            return Err(TestCaseError::fail(broken.to_string()));
        }
    }
}

#[test]
fn chaos_goes_deep() {
    let mut seen = divisi_testkit::machine::Seen::default();
    for seed in 0..400 {
        let stream = chaos::run(seed, 300).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        seen.merge(stream.seen());
    }
    let missing = seen.missing();
    assert!(missing.len() <= 3, "chaos never comes to {missing:?}");
}
