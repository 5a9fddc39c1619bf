//! What Cargo and clippy cannot check about the house. One file per check; [`CHECKS`] is the list.
//!
//! To add one: a file with a doc that states the rule, a `check(&Repository) -> Result<Report>`, a test that plants
//! a violation, and a row in [`CHECKS`].

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use report::Report;
use repository::Repository;

use crate::place::work_tree;

mod allow_list;
mod attributes;
mod crate_docs;
mod edges;
mod error_pages;
mod ignored_tests;
mod licences;
mod links;
mod lint_silencing;
mod machine_paths;
mod manifest;
mod names;
mod quirks;
mod report;
mod repository;
mod rust_file;
mod sizes;
mod statistics;
mod walls;

/// One rule of the house.
struct Check {
    name: &'static str,
    run: fn(&Repository) -> anyhow::Result<Report>,
}

const CHECKS: &[Check] = &[
    Check { name: "edges", run: edges::check },
    Check { name: "walls", run: walls::check },
    Check { name: "sizes", run: sizes::check },
    Check { name: "crate-docs", run: crate_docs::check },
    Check { name: "names", run: names::check },
    Check { name: "ignored-tests", run: ignored_tests::check },
    Check { name: "lint-silencing", run: lint_silencing::check },
    Check { name: "machine-paths", run: machine_paths::check },
    Check { name: "links", run: links::check },
    Check { name: "error-pages", run: error_pages::check },
    Check { name: "quirks", run: quirks::check },
    Check { name: "licences", run: licences::check },
];

/// More warnings of one check than this are counted, not printed.
const SHOWN_WARNINGS_MAX: usize = 12;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The checks to run; all when none is named.
    checks: Vec<String>,
    /// The work tree to look at; this one when not given.
    #[arg(long)]
    root: Option<PathBuf>,
}

/// Runs the checks, prints what they found, and fails when any found an error.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let chosen = choose(&options.checks)?;
    let root = options
        .root
        .clone()
        .map_or_else(work_tree, Ok)?
        .canonicalize()
        .context("the work tree is not there")?;
    let repository = Repository::read(&root)?;
    let mut errors = 0;
    let mut out = std::io::stdout().lock();
    for check in chosen {
        let report =
            (check.run)(&repository).with_context(|| format!("the check `{}` could not run", check.name))?;
        errors += report.errors().len();
        print(&mut out, check.name, &report)?;
    }
    if errors == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "tidy: {errors} to mend")?;
    Ok(ExitCode::FAILURE)
}

fn choose(names: &[String]) -> anyhow::Result<Vec<&'static Check>> {
    if names.is_empty() {
        return Ok(CHECKS.iter().collect());
    }
    names.iter().map(|name| named(name)).collect()
}

fn named(name: &str) -> anyhow::Result<&'static Check> {
    let Some(check) = CHECKS.iter().find(|check| check.name == name) else {
        let known: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        bail!("there is no check `{name}`; there are {}", known.join(", "));
    };
    Ok(check)
}

fn print(out: &mut impl std::io::Write, name: &str, report: &Report) -> std::io::Result<()> {
    let verdict = if report.errors().is_empty() { "ok" } else { "FAILED" };
    writeln!(out, "tidy {name}: {verdict}")?;
    for note in report.notes() {
        writeln!(out, "  {note}")?;
    }
    for warning in report.warnings().iter().take(SHOWN_WARNINGS_MAX) {
        writeln!(out, "  warning: {warning}")?;
    }
    if let Some(hidden @ 1..) = report.warnings().len().checked_sub(SHOWN_WARNINGS_MAX) {
        writeln!(out, "  and {hidden} warnings more")?;
    }
    for error in report.errors() {
        writeln!(out, "  error: {error}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let mut names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CHECKS.len());
    }

    #[test]
    fn an_unknown_check_is_refused_with_the_known_ones() {
        let refused = named("edgy").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("`edgy`") && refused.contains("edges"), "{refused}");
    }

    #[test]
    fn warnings_beyond_the_limit_are_counted_and_errors_are_all_shown() {
        let mut report = Report::default();
        for line in 1..=SHOWN_WARNINGS_MAX + 3 {
            report.warn("a.rs", line, "long");
            report.error("b.rs", line, "too long");
        }
        let mut out = Vec::new();
        print(&mut out, "sizes", &report).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("tidy sizes: FAILED\n"));
        assert_eq!(text.matches("warning: ").count(), SHOWN_WARNINGS_MAX);
        assert!(text.contains("and 3 warnings more"));
        assert_eq!(text.matches("error: b.rs:").count(), SHOWN_WARNINGS_MAX + 3);
    }
}
