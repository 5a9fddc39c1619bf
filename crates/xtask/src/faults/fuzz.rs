//! Inputs that are nearly right, for everything that reads bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use divisi_testkit::chance::Chance;
use divisi_testkit::faults::{Broken, Extent, Tally};
use divisi_testkit::fuzz::{Mutator, TARGETS};

use super::shard::folder;

/// Each case is one input of one target; the targets take turns.
pub(super) fn fuzz(extent: Extent, seed: u64) -> Result<Tally, Broken> {
    let names: Vec<&'static str> = TARGETS.iter().map(|target| target.name).collect();
    let mut tally = Tally::expecting(&names);
    // Parsers that others wrote panic, and ours catch it: nobody wants to read that thousands of times.
    std::panic::set_hook(Box::new(|_| {}));
    let mutators: Vec<Mutator> = TARGETS.iter().map(|target| Mutator::new((target.seeds)())).collect();
    for (target, mutator) in TARGETS.iter().zip(&mutators) {
        // What is right must be understood as such.
        for input in (target.seeds)() {
            try_one(target.run, &input).map_err(|what| found(target.name, u64::MAX, &input, &what))?;
        }
        let place = names.iter().position(|name| *name == target.name).unwrap_or(0) as u64;
        for case in extent.range().filter(|case| case % TARGETS.len() as u64 == place) {
            let input = mutator.input(&mut Chance::seeded(seed ^ case.rotate_left(13)));
            try_one(target.run, &input).map_err(|what| found(target.name, case, &input, &what))?;
            tally.inject(target.name, 1);
        }
    }
    Ok(tally)
}

fn try_one(run: fn(&[u8]), input: &[u8]) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| run(input))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

/// Keeps the input for whoever mends it.
fn found(target: &str, case: u64, input: &[u8], what: &str) -> Broken {
    let kept = folder().map(|folder| folder.join(format!("found-{target}-{case}")));
    let kept = kept.ok().filter(|path| std::fs::write(path, input).is_ok());
    Broken(format!("{target}, case {case}: {what}; the input is kept in {kept:?}"))
}
