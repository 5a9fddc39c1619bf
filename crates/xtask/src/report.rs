//! How programmes talk: lines on standard output, results as JSON beside the build output.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;

/// A line for the person who started the programme.
pub(crate) fn say(line: &str) {
    // A closed pipe is the reader's wish.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A point in time to measure a programme by.
#[expect(clippy::disallowed_methods, reason = "programmes tell how long they took; no test asserts it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The folder of Cargo's output that this programme was built into.
pub(crate) fn target_folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("the programme does not know its own path")?;
    let profile = program.parent().context("the programme lies in no folder")?;
    Ok(profile.parent().unwrap_or(profile).to_owned())
}

/// Which build of the programmes this is: a digest of the running program's bytes.
pub(crate) fn build() -> anyhow::Result<String> {
    let program = std::env::current_exe().context("the programme does not know its own path")?;
    let bytes = std::fs::read(&program).with_context(|| format!("reading {}", program.display()))?;
    Ok(blake3::hash(&bytes).to_hex()[..12].to_owned())
}

/// Writes the machine-readable result of a programme.
pub(crate) fn write_result(name: &str, result: &serde_json::Value) -> anyhow::Result<()> {
    let path = target_folder()?.join(name);
    std::fs::write(&path, serde_json::to_vec_pretty(result)?)
        .with_context(|| format!("writing {}", path.display()))
}
