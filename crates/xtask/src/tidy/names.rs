//! Names say what a thing is. A type or file called helper or utility says nothing, and one called `…Manager` says it
//! does everything. The manager of a task is a role of the product: as a name of its own it stays.

use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Ident, ItemEnum, ItemStruct, ItemTrait, ItemType, ItemUnion};

use super::report::Report;
use super::repository::Repository;

const SAYS_NOTHING: &[&str] = &["helper", "helpers", "util", "utils", "utility", "utilities"];
const SAYS_EVERYTHING: &[&str] = &["manager", "managers"];

#[expect(clippy::unnecessary_wraps, reason = "one signature for all checks")]
pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for path in repository.paths().filter(|path| is_source(path)) {
        for part in path.split('/').map(|part| part.split('.').next().unwrap_or(part)) {
            if is_empty_word(&snake_words(part)) {
                report.error(path, 0, format!("`{part}` names nothing: name the thing it holds"));
            }
        }
    }
    for file in repository.rust() {
        let mut types = Types(Vec::new());
        types.visit_file(file.syntax());
        for (name, line) in types.0.iter().filter(|(name, _)| is_empty_word(&camel_words(name))) {
            report.error(file.path(), *line, format!("`{name}` names nothing: name the thing it is"));
        }
    }
    Ok(report)
}

fn is_source(path: &str) -> bool {
    let kind = Path::new(path).extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    matches!(kind, "rs" | "ts" | "tsx" | "py" | "sh")
}

fn is_empty_word(words: &[String]) -> bool {
    let nothing = words.iter().any(|word| SAYS_NOTHING.contains(&word.as_str()));
    let everything = matches!(words, [_, .., last] if SAYS_EVERYTHING.contains(&last.as_str()));
    nothing || everything
}

fn snake_words(name: &str) -> Vec<String> {
    name.split(['_', '-']).map(str::to_lowercase).collect()
}

fn camel_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() => word.push(letter),
            _ => words.push(letter.to_lowercase().collect()),
        }
    }
    words
}

struct Types(Vec<(String, usize)>);

impl Types {
    fn add(&mut self, name: &Ident) {
        self.0.push((name.to_string(), name.span().start().line));
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.add(&item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.add(&item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.add(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.add(&item.ident);
    }

    fn visit_item_union(&mut self, item: &'ast ItemUnion) {
        self.add(&item.ident);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(path: &str, text: &str) -> Vec<String> {
        check(&Repository::of(&[(path, text)])).unwrap().error_lines()
    }

    #[test]
    fn planted_file_names_are_found() {
        for (path, found) in [
            ("crates/a/src/utils.rs", true),
            ("crates/a/src/helpers/plan.rs", true),
            ("crates/a/src/task_manager.rs", true),
            ("crates/a/src/parse_util.rs", true),
            ("crates/a/src/manager.rs", false),
            ("crates/a/src/manager_review.rs", false),
            ("crates/a/src/utilisation.rs", false),
            ("docs/password-manager.md", false),
        ] {
            assert_eq!(!errors(path, "").is_empty(), found, "{path}");
        }
    }

    #[test]
    fn planted_type_names_are_found() {
        for (text, found) in [
            ("struct TaskManager;", true),
            ("enum StringHelper {}", true),
            ("trait PathUtils {}", true),
            ("type RouteManager = u8;", true),
            ("mod inner { struct HelperOfMine; }", true),
            ("struct Manager;", false),
            ("enum State { ManagerReview }", false),
            ("struct ManagerReview;", false),
            ("struct Utilisation;", false),
        ] {
            assert_eq!(!errors("crates/a/src/b.rs", text).is_empty(), found, "{text}");
        }
    }
}
