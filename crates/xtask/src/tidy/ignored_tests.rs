//! An ignored test proves nothing and rots: a test runs, or it is deleted, or it asserts today's behaviour.

use super::attributes::asked;
use super::report::Report;
use super::repository::Repository;

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for file in repository.rust() {
        for attribute in asked(file.syntax()).iter().filter(|asked| asked.is("ignore")) {
            report.error(file.path(), attribute.line, "an ignored test: let it run or delete it");
        }
        for (number, line) in file.text().lines().enumerate() {
            if is_ignored_example(line) {
                report.error(file.path(), number + 1, "an ignored example: let it compile or mark it `text`");
            }
        }
    }
    Ok(report)
}

fn is_ignored_example(line: &str) -> bool {
    let line = line.trim_start();
    let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
    let fence = doc.and_then(|doc| doc.trim_start().strip_prefix("```"));
    fence.is_some_and(|language| language.split(',').any(|word| word.trim() == "ignore"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_ignored_tests_are_found() {
        for (text, found) in [
            ("#[test]\n#[ignore]\nfn f() {}", true),
            ("#[test]\n#[ignore = \"slow\"]\nfn f() {}", true),
            ("#[cfg_attr(not(unix), ignore)]\nfn f() {}", true),
            ("/// ```ignore\n/// f();\n/// ```\nfn f() {}", true),
            ("/// ```no_run,ignore\n/// f();\n/// ```\nfn f() {}", true),
            ("/// ```text\n/// ignore\n/// ```\nfn ignore() {}", false),
        ] {
            let report = check(&Repository::of(&[("crates/a/src/b.rs", text)])).unwrap();
            assert_eq!(!report.errors().is_empty(), found, "{text}");
        }
    }
}
