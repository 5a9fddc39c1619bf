//! One binary for every target: the first byte chooses which.
#![no_main]

use divisi_testkit::fuzz::TARGETS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((choice, rest)) = bytes.split_first() {
        (TARGETS[usize::from(*choice) % TARGETS.len()].run)(rest);
    }
});
