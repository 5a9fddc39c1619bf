//! A lint is silenced by `#[expect(…, reason = "…")]` only: it says why, and it fails when it is no longer needed.

use super::attributes::asked;
use super::report::Report;
use super::repository::Repository;

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for file in repository.rust() {
        for attribute in asked(file.syntax()) {
            if attribute.is("allow") {
                report.error(
                    file.path(),
                    attribute.line,
                    "`allow` hides a lint for ever: `expect` with a reason",
                );
            } else if attribute.is("expect") && !attribute.says("reason") {
                report.error(file.path(), attribute.line, "`expect` without a reason");
            }
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_silencing_is_found() {
        for (text, found) in [
            ("#![allow(dead_code)]\n", true),
            ("#[allow(dead_code, reason = \"x\")]\nfn f() {}", true),
            ("#[cfg_attr(test, allow(dead_code))]\nfn f() {}", true),
            ("#[expect(dead_code)]\nfn f() {}", true),
            ("#[expect(dead_code, reason = \"read by the macro\")]\nfn f() {}", false),
            ("fn f() { x.expect(1); allow(2) }", false),
        ] {
            let report = check(&Repository::of(&[("crates/a/src/b.rs", text)])).unwrap();
            assert_eq!(!report.errors().is_empty(), found, "{text}");
        }
    }
}
