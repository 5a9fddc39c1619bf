//! The gate (`scripts/test.sh`) is red when anything is red, and counts what it saw. Cargo is played by a script.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

const GATE: &str = include_str!("../../../scripts/test.sh");

const TWO_RUNNERS_PASS: &str = "echo 'test result: ok. 41 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out'\n\
                                echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out'\n";
const ONE_RUNNER_FAILS: &str = "echo 'test plan::ready ... FAILED'\n\
                                echo 'test result: FAILED. 5 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out'\n\
                                exit 101\n";

/// Runs the gate in a folder of its own; `tests` is what `cargo test` does, `broken` a Cargo verb that fails, `programme`
/// or `sdk`.
fn gate(tests: &str, broken: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("scripts/test.sh"), GATE);
    write(&root.join("scripts/setup-test.sh"), "exit 0\n");
    write(&root.join("scripts/sdk/run.sh"), &format!("[ '{broken}' != sdk ]\n"));
    let cargo =
        format!("#!/bin/bash\n[ \"$1\" != '{broken}' ] || exit 1\n[ \"$1\" = test ] || exit 0\n{tests}");
    write(&root.join("bin/cargo"), &cargo);
    let programme = format!("#!/bin/bash\n[ '{broken}' != programme ]\n");
    write(&root.join("target/debug/divisi-xtask"), &programme);
    let start = "PATH=\"$PWD/bin:$PATH\" CARGO_TARGET_DIR=\"$PWD/target\" exec bash scripts/test.sh";
    Command::new("bash").args(["-c", start]).current_dir(root).output().unwrap()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_last_line_counts_and_the_exit_code_agrees() {
    for (tests, broken, green, last) in [
        (TWO_RUNNERS_PASS, "none", true, "43 passed, 0 failed, 1 skipped"),
        (ONE_RUNNER_FAILS, "none", false, "5 passed, 3 failed, 0 skipped"),
        ("exit 101\n", "none", false, "0 passed, 1 failed, 0 skipped"),
        ("exit 0\n", "none", false, "0 passed, 1 failed, 0 skipped"),
        (TWO_RUNNERS_PASS, "fmt", false, "43 passed, 1 failed, 1 skipped"),
        (TWO_RUNNERS_PASS, "clippy", false, "43 passed, 1 failed, 1 skipped"),
        (TWO_RUNNERS_PASS, "sdk", false, "43 passed, 1 failed, 1 skipped"),
    ] {
        let output = gate(tests, broken);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.trim_end().lines().last().unwrap().ends_with(last), "{broken}: {said}");
        assert_eq!(output.status.success(), green, "{broken}: {said}");
    }
}

#[test]
fn failed_tests_and_steps_are_named_at_the_end() {
    let said = String::from_utf8(gate(ONE_RUNNER_FAILS, "clippy").stdout).unwrap();
    let closing = said.rsplit("\n\n").next().unwrap();
    assert!(closing.contains("test plan::ready ... FAILED"), "{closing}");
    assert!(closing.contains("failed steps: lints tests;"), "{closing}");
}

#[test]
fn a_programme_that_fails_is_a_failure() {
    let output = gate(TWO_RUNNERS_PASS, "programme");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("failed steps: tidy sim gateway crash faults") && !output.status.success(),
        "{said}"
    );
}
