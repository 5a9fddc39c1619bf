//! What a room never touches: outside crates by manifest, SQL by the text of literals, and in the pure room also what
//! would make a replay differ (clocks, I/O, async, maps with a random order).

use std::collections::BTreeSet;

use anyhow::anyhow;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::manifest::{Dependency, Manifest, Use, manifests};
use super::report::Report;
use super::repository::Repository;
use super::rust_file::RustFile;

/// An outside crate and the only rooms that may use it.
struct Walled {
    package: &'static str,
    rooms: &'static [&'static str],
    /// Whether tests of other rooms may use it all the same.
    tests_may: bool,
}

const WALLED: &[Walled] = &[
    Walled { package: "rusqlite", rooms: &["store-sqlite"], tests_may: false },
    Walled { package: "libsqlite3-sys", rooms: &["store-sqlite", "testkit"], tests_may: false },
    Walled { package: "axum", rooms: &["server"], tests_may: false },
    Walled { package: "tower-http", rooms: &["server"], tests_may: false },
    Walled { package: "clap", rooms: &["bench", "cli", "xtask"], tests_may: false },
    Walled { package: "getrandom", rooms: &["cli"], tests_may: true },
];

/// Rooms that know no runtime: they neither wait nor spawn.
const WITHOUT_RUNTIME: &[&str] = &["api", "domain", "store"];
const RUNTIMES: &[&str] = &["async-std", "smol", "tokio"];

/// The rooms whose strings may be SQL; `xtask` names the words it looks for.
const SQL_ROOMS: &[&str] = &["store-postgres", "store-sqlite", "xtask"];

const PURE_ROOM: &str = "domain";
const IMPURE_WORDS: &[&str] =
    &["HashMap", "HashSet", "Instant", "RandomState", "SystemTime", "async", "await"];
const IMPURE_STD: &[&str] = &["env", "fs", "io", "net", "os", "process", "thread"];

pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for manifest in manifests(repository)? {
        check_manifest(&manifest, &mut report);
    }
    for file in repository.rust().iter().filter(|file| !file.is_test()) {
        check_source(file, &mut report)?;
    }
    Ok(report)
}

fn check_manifest(manifest: &Manifest, report: &mut Report) {
    let room = manifest.room.as_str();
    for Dependency { package, usage } in &manifest.dependencies {
        let walled = WALLED.iter().find(|walled| walled.package == package);
        if let Some(walled) = walled.filter(|walled| !walled.admits(room, *usage)) {
            let sentence = format!("`{room}` may not use `{package}`; only {} may", walled.rooms.join(", "));
            report.error(&manifest.path, 0, sentence);
        }
        if WITHOUT_RUNTIME.contains(&room) && RUNTIMES.contains(&package.as_str()) {
            report.error(&manifest.path, 0, format!("`{room}` knows no runtime and may not use `{package}`"));
        }
    }
}

impl Walled {
    fn admits(&self, room: &str, usage: Use) -> bool {
        self.rooms.contains(&room) || (self.tests_may && usage == Use::Tests)
    }
}

fn check_source(file: &RustFile, report: &mut Report) -> anyhow::Result<()> {
    let Some(room) = file.room() else { return Ok(()) };
    let stream = file.text().parse::<TokenStream>().map_err(|error| anyhow!("{}: {error}", file.path()))?;
    let mut found =
        Found { pure: room == PURE_ROOM, sql_allowed: SQL_ROOMS.contains(&room), faults: BTreeSet::new() };
    found.walk(stream);
    for (line, sentence) in found.faults {
        if !file.is_test_line(line) {
            report.error(file.path(), line, sentence);
        }
    }
    Ok(())
}

struct Found {
    pure: bool,
    sql_allowed: bool,
    /// Line and sentence.
    faults: BTreeSet<(usize, String)>,
}

impl Found {
    fn walk(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                // Attributes hold docs and lint reasons: they may name anything.
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Bracket && is_attribute(&tokens, index) => {}
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(word) => {
                    self.word(&word.to_string(), word.span().start().line, &tokens[index + 1..]);
                }
                TokenTree::Literal(literal) => {
                    self.literal(&literal.to_string(), literal.span().start().line);
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn word(&mut self, word: &str, line: usize, after: &[TokenTree]) {
        if !self.pure {
            return;
        }
        if IMPURE_WORDS.contains(&word) {
            self.faults.insert((
                line,
                format!("`{word}` has no place in `{PURE_ROOM}`: see what the room never touches"),
            ));
        }
        if word == "std" {
            for module in modules_after(after).iter().filter(|module| IMPURE_STD.contains(&module.as_str())) {
                self.faults
                    .insert((line, format!("`std::{module}` has no place in `{PURE_ROOM}`: it does no I/O")));
            }
        }
    }

    fn literal(&mut self, literal: &str, line: usize) {
        if !self.sql_allowed && is_sql(literal) {
            self.faults
                .insert((line, "SQL outside the SQL stores: ask the store for it by a contract".to_owned()));
        }
    }
}

fn is_attribute(tokens: &[TokenTree], bracket: usize) -> bool {
    let is = |index: Option<usize>, sign| matches!(index.map(|index| &tokens[index]), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    is(bracket.checked_sub(1), '#') || (is(bracket.checked_sub(1), '!') && is(bracket.checked_sub(2), '#'))
}

/// The modules that `std` is followed by: one in `::fs`, several in `::{fs, io::Read}`.
fn modules_after(after: &[TokenTree]) -> Vec<String> {
    match after {
        [TokenTree::Punct(first), TokenTree::Punct(_), TokenTree::Ident(module), ..]
            if first.as_char() == ':' =>
        {
            vec![module.to_string()]
        }
        [TokenTree::Punct(first), TokenTree::Punct(_), TokenTree::Group(group), ..]
            if first.as_char() == ':' =>
        {
            heads(group.stream())
        }
        _ => Vec::new(),
    }
}

fn heads(list: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = list.into_iter().collect();
    let parts = tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    parts.filter_map(|part| part.first()).map(TokenTree::to_string).collect()
}

/// Statements are written in capitals, so that prose about updates and selections is no statement.
fn is_sql(literal: &str) -> bool {
    let has = |words: &[&str]| words.iter().all(|word| literal.contains(word));
    [
        &["SELECT ", " FROM "][..],
        &["INSERT INTO "],
        &["UPDATE ", " SET "],
        &["DELETE FROM "],
        &["CREATE TABLE "],
        &["PRAGMA "],
    ]
    .iter()
    .any(|statement| has(statement))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(path: &str, text: &str) -> Vec<String> {
        check(&Repository::of(&[(path, text)])).unwrap().error_lines()
    }

    #[test]
    fn a_planted_crate_is_found_behind_its_wall() {
        for (room, section, package, admitted) in [
            ("store-sqlite", "dependencies", "rusqlite", true),
            ("engine", "dependencies", "rusqlite", false),
            ("cli", "dev-dependencies", "rusqlite", false),
            ("engine", "dependencies", "axum", false),
            ("server", "dependencies", "axum", true),
            ("engine", "dependencies", "getrandom", false),
            ("engine", "dev-dependencies", "getrandom", true),
            ("domain", "dev-dependencies", "tokio", false),
            ("engine", "dependencies", "tokio", true),
        ] {
            let text = format!("[package]\nname = \"divisi-{room}\"\n[{section}]\n{package} = \"1\"\n");
            let errors = errors(&format!("crates/{room}/Cargo.toml"), &text);
            assert_eq!(errors.is_empty(), admitted, "{room} {section} {package}: {errors:?}");
        }
    }

    #[test]
    fn planted_sql_is_found_outside_the_stores_and_prose_is_not() {
        for (path, text, found) in [
            ("crates/engine/src/a.rs", "const Q: &str = \"SELECT id FROM tasks\";", true),
            ("crates/cli/src/a.rs", "fn f() { run(format!(\"PRAGMA {x}\")); }", true),
            ("crates/cli/src/a.rs", "const Q: &str = r#\"DELETE FROM blobs\"#;", true),
            ("crates/store-sqlite/src/a.rs", "const Q: &str = \"SELECT id FROM tasks\";", false),
            ("crates/engine/src/a.rs", "const Q: &str = \"Select one from the list\";", false),
            ("crates/engine/src/a.rs", "#[doc = \"DELETE FROM blobs\"]\nfn f() {}", false),
            ("crates/engine/src/a.rs", "#[cfg(test)]\nmod tests { const Q: &str = \"PRAGMA x\"; }", false),
        ] {
            assert_eq!(!errors(path, text).is_empty(), found, "{text}");
        }
    }

    #[test]
    fn the_pure_room_stays_pure() {
        for (text, found) in [
            ("use std::fs;", true),
            ("use std::{fmt, io::Read};", true),
            ("use std::{fmt, collections::BTreeMap};", false),
            ("fn f(x: std::time::Duration) {}", false),
            ("async fn f() {}", true),
            ("fn f() -> std::time::SystemTime { g() }", true),
            ("use std::collections::HashMap;", true),
            ("#[cfg(test)]\nmod tests { use std::fs; }", false),
            ("//! It never reads a `HashMap` of std::fs.\n", false),
        ] {
            assert_eq!(!errors("crates/domain/src/a.rs", text).is_empty(), found, "{text}");
        }
        assert!(errors("crates/engine/src/a.rs", "use std::fs;").is_empty());
    }
}
