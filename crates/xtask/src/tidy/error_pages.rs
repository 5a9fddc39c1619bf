//! Every code of an error that a user may meet has its page under `docs/errors/`, and every page its code. Codes are the
//! words of every `fn code(…) -> &'static str` and of the list of problems.

use std::collections::BTreeMap;
use std::path::Path;

use super::report::Report;
use super::repository::Repository;

const FOLDER: &str = "docs/errors/";
const PROBLEMS: &str = "crates/api/src/problem.rs";
/// Codes that reach nobody: the sentences that go with them do, all at once, under the code `plan_invalid`.
const UNSEEN: &[&str] = &["crates/domain/src/plan/error.rs"];

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let codes = codes(repository);
    for (code, (file, line)) in &codes {
        match repository.text(&format!("{FOLDER}{code}.md")) {
            None => report.error(file, *line, format!("the code `{code}` has no page `{FOLDER}{code}.md`")),
            Some(page) => shape(&mut report, code, page),
        }
    }
    for path in repository.paths().filter(|path| path.starts_with(FOLDER)) {
        let name = path.trim_start_matches(FOLDER).trim_end_matches(".md");
        if name != "README" && !codes.contains_key(name) {
            report.error(path, 0, format!("no error has the code `{name}`"));
        }
    }
    Ok(report)
}

fn shape(report: &mut Report, code: &str, page: &str) {
    let path = format!("{FOLDER}{code}.md");
    if !page.starts_with(&format!("# {code}\n")) {
        report.error(&path, 1, format!("the page begins with `# {code}`"));
    }
    for heading in ["## What it means", "## What to do"] {
        if !page.lines().any(|line| line == heading) {
            report.error(&path, 0, format!("the page has no `{heading}`"));
        }
    }
}

/// Every code, with the place of its first mention.
fn codes(repository: &Repository) -> BTreeMap<String, (String, usize)> {
    let mut codes = BTreeMap::new();
    let is_rust = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "rs");
    let seen = |path: &str| is_rust(path) && path.contains("/src/") && !UNSEEN.contains(&path);
    for (path, text) in repository.texts().filter(|(path, _)| seen(path)) {
        for (line, code) in words(path, text) {
            codes.entry(code).or_insert_with(|| (path.to_owned(), line));
        }
    }
    codes
}

fn words(path: &str, text: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut words = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let listed = path == PROBLEMS && line.contains(" = \"") && line.trim_end().ends_with("\";");
        if line.contains("fn code(") && line.contains("-> &'static str") {
            inside = true;
        } else if inside && line == "    }" {
            inside = false;
        } else if inside || listed {
            let sign = if listed { " = " } else { "=> " };
            words.extend(first_word(line, sign).map(|word| (at + 1, word)));
        }
    }
    words
}

/// The first string after `sign`.
fn first_word(line: &str, sign: &str) -> Option<String> {
    let (_, after) = line.split_once(sign)?;
    let word = after.strip_prefix('"')?.split_once('"')?.0;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!word.is_empty() && word.bytes().all(plain)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERRORS: &str = "impl E {\n    pub const fn code(&self) -> &'static str {\n        match self {\n            Self::A => \"alpha\",\n            Self::B(inner) => inner.code(),\n        }\n    }\n}\nfn other() -> &'static str {\n    match 1 { _ => \"beta\" }\n}\n";
    const LIST: &str = "codes! {\n    Gamma = \"gamma\", 400, \"A title\";\n}\n";

    fn page(code: &str) -> String {
        format!("# {code}\n\n## What it means\n\nx\n\n## What to do\n\ny\n")
    }

    fn errors(pages: &[(&str, String)]) -> Vec<String> {
        let mut files =
            vec![("crates/a/src/error.rs", ERRORS), (PROBLEMS, LIST), ("docs/errors/README.md", "")];
        files.extend(pages.iter().map(|(path, text)| (*path, text.as_str())));
        let report = check(&Repository::of(&files)).unwrap();
        report.errors().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn codes_and_pages_are_the_same() {
        let whole = [("docs/errors/alpha.md", page("alpha")), ("docs/errors/gamma.md", page("gamma"))];
        assert_eq!(errors(&whole), [] as [String; 0]);
    }

    #[test]
    fn a_code_without_a_page_and_a_page_without_a_code_are_named() {
        let found = errors(&[("docs/errors/alpha.md", page("alpha")), ("docs/errors/beta.md", page("beta"))]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|error| error.contains("`gamma` has no page")), "{found:?}");
        assert!(found.iter().any(|error| error.contains("no error has the code `beta`")), "{found:?}");
    }

    #[test]
    fn a_page_that_does_not_say_what_to_do_is_named() {
        let half = "# alpha\n\n## What it means\n\nx\n".to_owned();
        let found = errors(&[("docs/errors/alpha.md", half), ("docs/errors/gamma.md", page("delta"))]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
