//! Files and functions stay small. Over a hard limit is an error unless the allow-list names exactly this length with
//! a reason; over a soft limit is a warning. Tests are cut before anything is counted.

use super::allow_list::{self, Allowed};
use super::report::Report;
use super::repository::Repository;
use super::rust_file::RustFile;
use super::statistics::percentile;

const FILE_LINES_HARD: usize = 600;
const FILE_LINES_SOFT: usize = 400;
const FILE_LINES_AIM_MEDIAN: usize = 120;
const FILE_LINES_AIM_P90: usize = 350;
const FUNCTION_LINES_HARD: usize = 70;
const FUNCTION_LINES_SOFT: usize = 50;
const FUNCTION_LINES_AIM_MEDIAN: usize = 10;
const FUNCTION_LINES_AIM_P90: usize = 40;
/// Functions shorter than this say nothing about how long functions are.
const COUNTED_FUNCTION_LINES_MIN: usize = 2;
/// Lines of tests to 100 lines of production.
const TEST_PERCENT_AIM: usize = 80;

pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let things = measure(repository);
    let mut allowed: Vec<(Allowed, bool)> =
        allow_list::read(repository)?.into_iter().map(|entry| (entry, false)).collect();
    for thing in &things {
        let entry = allowed.iter_mut().find(|(entry, _)| thing.is_named_by(entry));
        let allowed_lines = entry.map(|(entry, used)| {
            *used = true;
            entry.lines
        });
        judge(thing, allowed_lines, &mut report);
    }
    for (entry, used) in &allowed {
        judge_entry(entry, *used, &mut report);
    }
    warn_of_long_tests(repository, &mut report);
    summarise(repository, &things, &mut report);
    Ok(report)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Function,
}

impl Kind {
    fn hard(self) -> usize {
        match self {
            Self::File => FILE_LINES_HARD,
            Self::Function => FUNCTION_LINES_HARD,
        }
    }

    fn soft(self) -> usize {
        match self {
            Self::File => FILE_LINES_SOFT,
            Self::Function => FUNCTION_LINES_SOFT,
        }
    }
}

/// A file, or a function of it, with its production lines.
struct Thing {
    kind: Kind,
    path: String,
    line: usize,
    /// Empty for a file.
    function: String,
    lines: usize,
}

impl Thing {
    fn is_named_by(&self, entry: &Allowed) -> bool {
        // A name may stand several times in a file; the entry is about the long one.
        let same = entry.path == self.path && entry.function.as_deref().unwrap_or_default() == self.function;
        same && (self.kind == Kind::File || self.lines > self.kind.hard() || self.lines == entry.lines)
    }

    fn called(&self) -> String {
        match self.kind {
            Kind::File => "the file".to_owned(),
            Kind::Function => format!("`{}`", self.function),
        }
    }
}

fn measure(repository: &Repository) -> Vec<Thing> {
    let mut things = Vec::new();
    for file in repository.rust().iter().filter(|file| !file.is_test()) {
        let path = file.path().to_owned();
        let lines = file.production_lines();
        things.push(Thing { kind: Kind::File, path: path.clone(), line: 0, function: String::new(), lines });
        things.extend(file.production_functions().map(|found| Thing {
            kind: Kind::Function,
            path: path.clone(),
            line: found.line,
            function: found.name.clone(),
            lines: found.lines,
        }));
    }
    things
}

fn judge(thing: &Thing, allowed: Option<usize>, report: &mut Report) {
    if let Some(sentence) = fault(thing, allowed) {
        report.error(&thing.path, thing.line, sentence);
    } else if allowed.is_none() && thing.lines > thing.kind.soft() {
        let (name, lines, hard) = (thing.called(), thing.lines, thing.kind.hard());
        report.warn(&thing.path, thing.line, format!("{name} has {lines} lines, near the limit of {hard}"));
    }
}

fn fault(thing: &Thing, allowed: Option<usize>) -> Option<String> {
    let (name, lines, hard) = (thing.called(), thing.lines, thing.kind.hard());
    match allowed {
        None if lines > hard => Some(format!("{name} has {lines} lines, the limit is {hard}: split it")),
        Some(_) if lines <= hard => {
            Some(format!("{name} is within the limit: take it off {}", allow_list::PATH))
        }
        Some(entry) if lines > entry => {
            Some(format!("{name} grew to {lines} lines, {entry} are allowed: split it"))
        }
        Some(entry) if lines < entry => {
            Some(format!("{name} shrank to {lines} lines: say so in {}", allow_list::PATH))
        }
        None | Some(_) => None,
    }
}

fn judge_entry(entry: &Allowed, used: bool, report: &mut Report) {
    let name = entry.function.as_deref().unwrap_or("the file");
    if !used {
        report.error(
            allow_list::PATH,
            0,
            format!("{}: {name} is not too long (any more): take it off", entry.path),
        );
    }
    if entry.reason.trim().is_empty() {
        report.error(allow_list::PATH, 0, format!("{}: {name} has no reason", entry.path));
    }
}

fn warn_of_long_tests(repository: &Repository, report: &mut Report) {
    for file in repository.rust() {
        let (whole, production) = (file.lines(), file.production_lines());
        if whole > FILE_LINES_HARD && production <= FILE_LINES_HARD {
            let tests = whole - production;
            report.warn(
                file.path(),
                0,
                format!("{tests} lines of tests make the file {whole} long: split them by topic"),
            );
        }
    }
}

fn summarise(repository: &Repository, things: &[Thing], report: &mut Report) {
    let lines_of = |kind: Kind, min: usize| -> Vec<usize> {
        things
            .iter()
            .filter(|thing| thing.kind == kind && thing.lines >= min)
            .map(|thing| thing.lines)
            .collect()
    };
    let files = lines_of(Kind::File, 1);
    let functions = lines_of(Kind::Function, COUNTED_FUNCTION_LINES_MIN);
    report.note(distribution("files", &files, FILE_LINES_AIM_MEDIAN, FILE_LINES_AIM_P90));
    report.note(distribution("functions", &functions, FUNCTION_LINES_AIM_MEDIAN, FUNCTION_LINES_AIM_P90));
    let whole: usize = repository.rust().iter().map(RustFile::lines).sum();
    let production: usize = files.iter().sum();
    let percent = ((whole - production) * 100).checked_div(production).unwrap_or_default();
    let tests = whole - production;
    report.note(format!(
        "tests: {tests} lines to {production} of production, {percent} % (aim ≥ {TEST_PERCENT_AIM} %)"
    ));
}

fn distribution(name: &str, lines: &[usize], aim_median: usize, aim_p90: usize) -> String {
    match (percentile(lines, 50), percentile(lines, 90), percentile(lines, 100)) {
        (Some(median), Some(p90), Some(longest)) => format!(
            "{name}: {}; lines median {median} (aim ≤ {aim_median}), p90 {p90} (aim ≤ {aim_p90}), longest {longest}",
            lines.len()
        ),
        _ => format!("{name}: none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "    x();\n".repeat(lines - 2))
    }

    fn report(source: &str, allow: &str) -> Report {
        check(&Repository::of(&[("crates/a/src/b.rs", source), (allow_list::PATH, allow)])).unwrap()
    }

    fn entry(function: Option<&str>, lines: usize, reason: &str) -> String {
        let function = function.map(|name| format!("function = \"{name}\"\n")).unwrap_or_default();
        format!("[[allow]]\npath = \"crates/a/src/b.rs\"\n{function}lines = {lines}\nreason = \"{reason}\"\n")
    }

    #[test]
    fn limits_hold_to_the_line() {
        for (lines, errors, warnings) in [(50, 0, 0), (51, 0, 1), (70, 0, 1), (71, 1, 0)] {
            let report = report(&function("f", lines), "");
            assert_eq!(
                (report.errors().len(), report.warnings().len()),
                (errors, warnings),
                "function of {lines}"
            );
        }
        for (lines, errors, warnings) in [(400, 0, 0), (401, 0, 1), (600, 0, 1), (601, 1, 0)] {
            let report = report(&"const A: u8 = 1;\n".repeat(lines), "");
            assert_eq!(
                (report.errors().len(), report.warnings().len()),
                (errors, warnings),
                "file of {lines}"
            );
        }
    }

    #[test]
    fn tests_are_not_counted_and_long_ones_are_warned_of() {
        let source = format!("const A: u8 = 1;\n#[cfg(test)]\nmod tests {{\n{}}}\n", function("f", 700));
        let report = report(&source, "");
        assert!(report.errors().is_empty());
        assert_eq!(report.warnings().len(), 1);
    }

    #[test]
    fn the_allow_list_only_shrinks() {
        let at_80 = function("f", 80);
        for (source, allow, found) in [
            (&at_80, entry(Some("f"), 80, "one table"), None),
            (&at_80, entry(Some("f"), 79, "one table"), Some("grew to 80 lines")),
            (&at_80, entry(Some("f"), 90, "one table"), Some("shrank to 80 lines")),
            (&at_80, entry(Some("f"), 80, " "), Some("no reason")),
            (&function("f", 70), entry(Some("f"), 70, "one table"), Some("within the limit")),
            (&function("f", 20), entry(Some("f"), 80, "one table"), Some("take it off")),
            (&function("g", 20), entry(Some("f"), 80, "one table"), Some("take it off")),
            (&function("g", 20), entry(None, 700, "one table"), Some("within the limit")),
        ] {
            let errors = report(source, &allow).error_lines();
            match found {
                None => assert_eq!(errors, [""; 0]),
                Some(words) => {
                    assert!(matches!(&errors[..], [one] if one.contains(words)), "{words}: {errors:?}");
                }
            }
        }
    }

    #[test]
    fn an_entry_for_one_function_does_not_excuse_another() {
        let source = function("f", 80) + &function("g", 80);
        let errors = report(&source, &entry(Some("f"), 80, "one table")).error_lines();
        assert_eq!(errors, ["crates/a/src/b.rs:81: `g` has 80 lines, the limit is 70: split it"]);
    }

    #[test]
    fn the_summary_compares_with_the_aims() {
        let report = report(&(function("f", 10) + &function("g", 20)), "");
        assert_eq!(
            report.notes()[1],
            "functions: 2; lines median 10 (aim ≤ 10), p90 20 (aim ≤ 40), longest 20"
        );
    }
}
