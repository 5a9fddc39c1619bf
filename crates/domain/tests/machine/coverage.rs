//! Every declared transition happens in some scenario. (An undeclared one breaks the run that shows it.)

use divisi_testkit::machine::Seen;
use divisi_testkit::plain_host;
use divisi_testkit::scenarios::all;

#[test]
fn every_declared_transition_is_exercised() {
    let mut seen = Seen::default();
    for scenario in all() {
        let run = plain_host::run(&scenario).unwrap_or_else(|broken| panic!("{}: {broken}", scenario.name));
        seen.merge(&run.seen);
    }
    assert_eq!(seen.missing(), Vec::<String>::new());
}
