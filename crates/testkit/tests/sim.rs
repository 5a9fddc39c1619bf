//! A few simulated histories, and the same history twice. Many more run by `cargo xtask sim`.

use divisi_testkit::sim::{GATEWAY_SOMETIMES, Options, Summary, run};

#[test]
fn fifty_histories_keep_every_promise() {
    let mut all = Summary::default();
    for seed in 0..50 {
        match run(seed, &Options::default()) {
            Ok(summary) => all.add(&summary),
            Err(violation) => panic!("{violation}"),
        }
    }
    assert_eq!(all.seeds, 50);
    assert!(all.completed > 0 && all.attempts > 500, "{all:?}");
}

#[test]
fn the_gateway_keeps_its_promises_in_bad_weather() {
    let options = Options { gateway: true, tasks: 5, ..Options::default() };
    let mut all = Summary::default();
    for seed in 0..30 {
        match run(seed, &options) {
            Ok(summary) => all.add(&summary),
            Err(violation) => panic!("{violation}"),
        }
    }
    let reached = GATEWAY_SOMETIMES.iter().filter(|what| all.reached.contains(**what)).count();
    assert!(reached > GATEWAY_SOMETIMES.len() / 2, "{:?}", all.reached);
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in [3, 17] {
        let (one, two) = (run(seed, &Options::default()), run(seed, &Options::default()));
        assert_eq!(one, two);
    }
}

/// Histories that once broke a promise.
#[test]
fn what_broke_once_holds() {
    // Room was offered to a task that did not want it any more, and to nobody else.
    // A step that kills was begun while other tasks' interrupted attempts were not recorded as such: it did not count as
    // alone, and was tried again and again. So was one that began while answers of other tasks were not recorded yet.
    for seed in [1128, 70_659, 62_349, 109_737, 134_109] {
        // As `cargo xtask sim` has it.
        let options = Options { harsh: seed % 2 == 1, ..Options::default() };
        if let Err(violation) = run(seed, &options) {
            panic!("{violation}");
        }
    }
}
