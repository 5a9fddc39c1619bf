//! Whether the tests catch a mutant.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;

use super::build::{Copy, Tests};
use super::weave::CHOSEN;

/// The tests take a second; who computes this long has lost its end.
const CPU_SECONDS_MAX: u32 = 30;
/// A mutant without an end may also grow without one.
const MEMORY_KIB_MAX: u64 = 4 << 20;
/// Tests that play what the others assert once more, at length: only what the others do not catch is put to them.
const SLOW: [&str; 2] = ["chaos::", "the_second_host_comes_to_the_same"];

/// Whether any test fails with mutant `number`; 0 is none of them. The tests of its own module come first.
pub(super) fn caught(copy: &Copy, tests: &Tests, module: &str, number: usize) -> anyhow::Result<bool> {
    let module = format!("{module}::");
    let quick: Vec<&str> = SLOW.iter().flat_map(|test| ["--skip", test]).collect();
    let stages: [(&Path, &[&str]); 5] = [
        (&tests.own, &[&module]),
        (&tests.machine, &quick),
        (&tests.codec, &[]),
        (&tests.own, &["--skip", &module]),
        (&tests.machine, &SLOW),
    ];
    for (program, arguments) in stages {
        if !pass(copy, program, arguments, number)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn pass(copy: &Copy, program: &Path, arguments: &[&str], number: usize) -> anyhow::Result<bool> {
    let limits =
        format!("ulimit -t {CPU_SECONDS_MAX}; ulimit -v {MEMORY_KIB_MAX} 2>/dev/null; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(limits).arg(program).arg("--quiet").args(arguments);
    // What is found must be found again, and nobody wants it small.
    command.env("PROPTEST_RNG_SEED", "1").env("PROPTEST_MAX_SHRINK_ITERS", "0");
    command.env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true").env(CHOSEN, number.to_string());
    command.current_dir(copy.tree.join("crates/domain")).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.status().context("starting tests")?.success())
}
