//! The mutants that there are, as cargo-mutants lists them.

use std::process::Command;

use anyhow::{Context, bail};
use serde::Deserialize;

/// One small bug: at `span` of its file, `replacement` is written instead.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Mutant {
    /// File, place and change, for people; unique.
    pub(super) name: String,
    /// From the root of the tree.
    pub(super) file: String,
    pub(super) function: Function,
    pub(super) span: Span,
    pub(super) replacement: String,
}

/// The function that the bug lies in.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Function {
    pub(super) span: Span,
}

/// From here up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Span {
    pub(super) start: Place,
    pub(super) end: Place,
}

/// Line and column, both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Mutant {
    /// The module of `domain` that it lies in.
    pub(super) fn module(&self) -> &str {
        let inside = self.file.strip_prefix("crates/domain/src/").unwrap_or(&self.file);
        inside.split_once('/').map_or(inside, |(module, _)| module)
    }
}

/// Asks cargo-mutants. Code of tests is never among it.
pub(super) fn list() -> anyhow::Result<Vec<Mutant>> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--list", "--json", "--package", "divisi-domain"]);
    let output = command.output().context("starting cargo")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("cargo-mutants lists nothing ({said}); `cargo install cargo-mutants --locked` makes it");
    }
    serde_json::from_slice(&output.stdout).context("the list of cargo-mutants is not understood")
}
