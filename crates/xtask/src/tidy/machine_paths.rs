//! No file names a place on somebody's machine: such a path is true in one place and wrong in all others.

use super::report::Report;
use super::repository::Repository;

/// Beginnings of such paths.
const BEGINNINGS: &[&str] = &["/home/", "/root/", "/Users/", "/work/", "C:\\Users\\", "C:/Users/"];

/// These files name them to look for them, or to take them out of texts.
const NAMED_IN: [&str; 4] = [
    "crates/xtask/src/tidy/machine_paths.rs",
    "crates/llm/src/cassette/redaction.rs",
    "crates/llm/src/cassette/tests/redacting.rs",
    "crates/providers/src/cassette/tests.rs",
];

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for (path, text) in repository.texts().filter(|(path, _)| !NAMED_IN.contains(path)) {
        for (number, line) in text.lines().enumerate() {
            if let Some(beginning) = BEGINNINGS.iter().find(|beginning| begins_a_path(line, beginning)) {
                report.error(
                    path,
                    number + 1,
                    format!("a path of one machine (`{beginning}…`): make it relative"),
                );
            }
        }
    }
    Ok(report)
}

/// Whether an absolute path starts so in the line; `docs/work/` and `https://x/home/` go on from something.
fn begins_a_path(line: &str, beginning: &str) -> bool {
    line.match_indices(beginning).any(|(at, _)| {
        let before = &line[..at];
        before.ends_with("file://") || before.chars().next_back().is_none_or(opens_a_path)
    })
}

fn opens_a_path(before: char) -> bool {
    before.is_whitespace() || "\"'`=(:<,[{|>".contains(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_paths_are_found_and_longer_ones_are_not_mistaken() {
        for (text, found) in [
            ("data lies in /home/anna/divisi", true),
            ("const P: &str = \"/root/x\";", true),
            ("see file:///Users/anna/x.md", true),
            ("DIR=/work/main", true),
            ("C:\\Users\\anna", true),
            ("docs/work/plan.md", false),
            ("https://example.org/home/index.html", false),
            ("$HOME/work/x and ~/work/x", false),
            ("/usr/share/common-licenses/GPL-3", false),
        ] {
            for path in ["README.md", "crates/a/src/b.txt"] {
                let report = check(&Repository::of(&[(path, text)])).unwrap();
                assert_eq!(!report.errors().is_empty(), found, "{text}");
            }
        }
    }
}
