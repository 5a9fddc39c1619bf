//! Every scenario, on the straightforward host and on the second one.

use divisi_testkit::scenarios::{Scenario, all};
use divisi_testkit::{plain_host, second_host};

/// Orders of delivery that each scenario is run with.
const SEEDS: u64 = 24;

fn failures(check: impl Fn(&Scenario) -> Result<(), String>) -> Vec<String> {
    let failed = |scenario: &Scenario| check(scenario).err().map(|why| format!("{}: {why}", scenario.name));
    all().iter().filter_map(failed).collect()
}

#[test]
fn every_scenario_comes_out_as_its_row_says() {
    let failures = failures(|scenario| {
        let run = plain_host::run(scenario).map_err(|broken| broken.to_string())?;
        run.check(scenario).map_err(|broken| broken.to_string())
    });
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn the_second_host_comes_to_the_same() {
    let failures = failures(|scenario| {
        let plain = plain_host::run(scenario).map_err(|broken| broken.to_string())?;
        for seed in 0..SEEDS {
            let at_seed = |broken: divisi_testkit::machine::Broken| format!("seed {seed}: {broken}");
            let second = second_host::run(scenario, seed).map_err(at_seed)?;
            second_host::agree(&plain, &second).map_err(at_seed)?;
        }
        Ok(())
    });
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = all().iter().map(|scenario| scenario.name).collect();
    let rows = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows);
}
