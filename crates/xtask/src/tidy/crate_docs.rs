//! The first thing in the root file of a crate is a `//!` doc: what the room holds and what it never does.

use super::report::Report;
use super::repository::Repository;

const ROOT_FILES: &[&str] = &["lib.rs", "main.rs"];

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for file in repository.rust().iter().filter(|file| is_root(file.path())) {
        if !file.text().trim_start().starts_with("//!") {
            report.error(file.path(), 1, "a crate begins with a `//!` doc of what it holds and never does");
        }
    }
    Ok(report)
}

fn is_root(path: &str) -> bool {
    let Some((_, below)) = path.strip_prefix("crates/").and_then(|rest| rest.split_once("/src/")) else {
        return false;
    };
    ROOT_FILES.contains(&below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_without_a_doc_is_found() {
        for (path, text, found) in [
            ("crates/a/src/lib.rs", "//! The room.\n", false),
            ("crates/a/src/lib.rs", "use std::fmt;\n// Late.\n", true),
            ("crates/a/src/main.rs", "fn main() {}\n", true),
            ("crates/a/src/plan/lib.rs", "fn f() {}\n", false),
            ("crates/a/src/plan.rs", "fn f() {}\n", false),
        ] {
            let report = check(&Repository::of(&[(path, text)])).unwrap();
            assert_eq!(!report.errors().is_empty(), found, "{path}");
        }
    }
}
