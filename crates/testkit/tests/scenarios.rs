//! The scenario table on the engine's own runner: the same final state and, per effect path, the same events as
//! on the straightforward host.

use divisi_testkit::engine_host::{self, Outline};
use divisi_testkit::plain_host;
use divisi_testkit::scenarios::all;

#[test]
fn the_runner_comes_to_the_same_as_the_straightforward_host() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for scenario in all().iter().filter(|scenario| engine_host::can_run(scenario)) {
        compared += 1;
        let check = || {
            let plain = Outline::of_run(&plain_host::run(scenario)?);
            engine_host::agree(&plain, &engine_host::run(scenario)?)
        };
        if let Err(broken) = check() {
            failures.push(format!("{}: {broken}", scenario.name));
        }
    }
    assert!(failures.is_empty(), "{} of {compared} failed:\n{}", failures.len(), failures.join("\n\n"));
    assert!(compared >= 100, "only {compared} scenarios run on the engine");
}
