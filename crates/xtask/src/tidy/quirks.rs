//! Every row of the table of what servers do on the wire names the test that would fail: links to Rust files, the words of
//! each a test of that file.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use syn::ItemFn;
use syn::visit::{self, Visit};

use super::links::resolve;
use super::report::Report;
use super::repository::Repository;

const PAGE: &str = "docs/wire-quirks.md";

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let Some(text) = repository.text(PAGE) else { return Ok(report) };
    for row in rows(text) {
        if row.tests.is_empty() {
            report.error(PAGE, row.line, "the row names no test: link one in its last cell");
        }
        for (test, link) in &row.tests {
            if let Err(sentence) = is_there(repository, test, link) {
                report.error(PAGE, row.line, sentence);
            }
        }
    }
    Ok(report)
}

/// A row of a table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    line: usize,
    /// The words of each link and where it leads.
    tests: Vec<(String, String)>,
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut link: Option<(String, String)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match (event, &mut link) {
            (Event::Start(Tag::TableRow), _) => {
                let line = text[..range.start].matches('\n').count() + 1;
                rows.push(Row { line, tests: Vec::new() });
            }
            (Event::Start(Tag::Link { dest_url, .. }), _) => {
                link = Some((String::new(), dest_url.into_string()));
            }
            (Event::Text(words) | Event::Code(words), Some((test, _))) => test.push_str(&words),
            (Event::End(TagEnd::Link), _) => {
                // Links outside of tables come before the first row or are no Rust files.
                let test = link.take().filter(|(_, file)| file.contains(".rs"));
                if let (Some(row), Some(test)) = (rows.last_mut(), test) {
                    row.tests.push(test);
                }
            }
            _ => {}
        }
    }
    rows
}

fn is_there(repository: &Repository, test: &str, link: &str) -> Result<(), String> {
    let target =
        resolve(PAGE, link).ok_or_else(|| format!("the link `{link}` leads out of the repository"))?;
    let Some(file) = repository.rust().iter().find(|file| file.path() == target) else {
        return Err(format!("`{test}` is looked for in `{target}`, which is not there"));
    };
    let mut tests = Tests(Vec::new());
    tests.visit_file(file.syntax());
    if tests.0.iter().any(|name| name == test) {
        return Ok(());
    }
    Err(format!("`{target}` has no test `{test}`: name the one that holds the row now"))
}

/// Functions that the compiler runs as tests.
struct Tests(Vec<String>);

impl<'ast> Visit<'ast> for Tests {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let last =
            |attribute: &syn::Attribute| attribute.path().segments.last().map(|part| part.ident == "test");
        if function.attrs.iter().any(|attribute| last(attribute) == Some(true)) {
            self.0.push(function.sig.ident.to_string());
        }
        visit::visit_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "#[test]\nfn plain() {}\nmod inner { #[tokio::test(start_paused = true)]\nasync fn waiting() {} }\nfn not_one() {}\n";

    #[test]
    fn planted_rows_without_a_test_that_is_there_are_found() {
        let file = "../crates/a/src/b.rs";
        for (cell, found) in [
            (format!("[`plain`]({file})"), ""),
            (format!("[`waiting`]({file}), [`plain`]({file})"), ""),
            (format!("[`not_one`]({file})"), "`crates/a/src/b.rs` has no test `not_one`"),
            (format!("[`plain`]({file}), [`gone`]({file})"), "no test `gone`"),
            ("[`plain`](../crates/a/src/c.rs)".to_owned(), "`crates/a/src/c.rs`, which is not there"),
            ("[`plain`](../../b.rs)".to_owned(), "leads out of the repository"),
            ("[the page](models.md)".to_owned(), "names no test"),
            ("`plain`".to_owned(), "names no test"),
        ] {
            let page = format!(
                "# Quirks\n\nSee [this](../README.md).\n\n| does | so we | test |\n|---|---|---|\n| a | b | {cell} |\n"
            );
            let report = check(&Repository::of(&[(PAGE, &page), ("crates/a/src/b.rs", SOURCE)])).unwrap();
            let lines = report.error_lines();
            assert_eq!(lines.len(), usize::from(!found.is_empty()), "{cell}: {lines:?}");
            assert!(
                lines.iter().all(|line| line.starts_with("docs/wire-quirks.md:7: ") && line.contains(found)),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn the_page_is_there_and_has_rows() {
        let page = include_str!("../../../../docs/wire-quirks.md");
        assert!(rows(page).len() > 30, "{}", rows(page).len());
    }
}
