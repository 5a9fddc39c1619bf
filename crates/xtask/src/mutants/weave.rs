//! Many mutants in one text: each function gets a body for each of its mutants, and the environment says at run time
//! which one counts. So a mutant costs a run of the tests, and no build.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::RangeInclusive;

use anyhow::{Context, bail};

use super::list::{Mutant, Place, Span};

/// The variable that names the mutant to switch on: its place in the list, from 1.
pub(super) const CHOSEN: &str = "MUTANT";

/// What is added to the crate.
pub(super) const CHOICE: &str = r#"
/// The mutant that is switched on.
pub fn mutant() -> u32 {
    static CHOSEN: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *CHOSEN.get_or_init(|| std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0))
}
"#;

/// A text with its mutants in it.
#[derive(Debug, Default)]
pub(super) struct Woven {
    pub(super) text: String,
    /// The lines of each mutant.
    pub(super) lines: Vec<(RangeInclusive<usize>, usize)>,
    /// Mutants of functions whose bodies cannot be chosen at run time: built one by one.
    pub(super) apart: Vec<usize>,
}

/// What is not woven in.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Mutants that do not compile.
    pub(super) unviable: BTreeSet<usize>,
    /// Functions that constants call.
    pub(super) constants: BTreeSet<String>,
}

/// Weaves `mutants`, each with its number, into the text of their file.
pub(super) fn weave(source: &str, mutants: &[(usize, &Mutant)], left: &Left) -> anyhow::Result<Woven> {
    let mut functions: BTreeMap<Span, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants {
        functions.entry(mutant.function.span).or_default().push((*number, mutant));
    }
    let (mut woven, mut at) = (Woven::default(), 0);
    for (span, own) in functions {
        let (start, end) = (offset(source, span.start)?, offset(source, span.end)?);
        let body = start + body(source.get(start..end).context("a function that is not there")?)?;
        let head = &source[start..body];
        if apart(head, &left.constants) {
            woven.apart.extend(own.iter().map(|(number, _)| *number));
            continue;
        }
        let (before, head) = (&source[at..start], head.replace("const fn", "fn"));
        let _ = writeln!(woven.text, "{before}{head}{{ match crate::mutant() {{");
        for (number, mutant) in own.iter().filter(|(number, _)| !left.unviable.contains(number)) {
            let first = line(&woven.text);
            let _ = writeln!(woven.text, "{number} => {}", changed(source, body..end, mutant)?);
            woven.lines.push((first..=line(&woven.text) - 1, *number));
        }
        let _ = write!(woven.text, "_ => {} }} }}", &source[body..end]);
        at = end;
    }
    woven.text.push_str(&source[at..]);
    Ok(woven)
}

/// The text with one mutant as it is, whatever it is called by.
pub(super) fn alone(source: &str, mutant: &Mutant) -> anyhow::Result<String> {
    changed(source, 0..source.len(), mutant)
}

fn changed(source: &str, part: std::ops::Range<usize>, mutant: &Mutant) -> anyhow::Result<String> {
    let (from, to) = (offset(source, mutant.span.start)?, offset(source, mutant.span.end)?);
    match (source.get(part.start..from), source.get(to..part.end)) {
        (Some(before), Some(after)) => Ok(format!("{before}{}{after}", mutant.replacement)),
        _ => bail!("{} lies outside of its function", mutant.name),
    }
}

/// Whether two bodies would have two types, or a constant needs the value.
fn apart(head: &str, constants: &BTreeSet<String>) -> bool {
    let opaque = head.rsplit_once("->").is_some_and(|(_, returned)| returned.contains("impl "));
    opaque || constants.iter().any(|name| head.contains(&format!("const fn {name}(")))
}

/// Where the body of the function begins whose text this is.
fn body(function: &str) -> anyhow::Result<usize> {
    let mut depth = 0_usize;
    for (at, found) in function.char_indices() {
        match found {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' if depth == 0 => return Ok(at),
            _ => {}
        }
    }
    bail!("a function without a body: {function}")
}

fn offset(source: &str, place: Place) -> anyhow::Result<usize> {
    let mut start = 0;
    for _ in 1..place.line {
        start += source[start..].find('\n').context("a line that is not there")? + 1;
    }
    let column = source[start..].char_indices().nth(place.column - 1).map(|(at, _)| at);
    Ok(start + column.unwrap_or(source.len() - start))
}

/// The number of the line that is being written.
fn line(text: &str) -> usize {
    text.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::list::Function;

    const SOURCE: &str = "/// Über.\npub const fn less(a: [u8; 2]) -> bool {\n    a[0] < a[1]\n}\n\nfn all() -> impl Iterator<Item = u8> {\n    0..9\n}\n";

    fn span(from: (usize, usize), to: (usize, usize)) -> Span {
        let place = |(line, column)| Place { line, column };
        Span { start: place(from), end: place(to) }
    }

    fn mutant(function: Span, span: Span, replacement: &str) -> Mutant {
        let file = "crates/domain/src/plan/cost.rs".to_owned();
        let name = format!("{file} {replacement}");
        Mutant {
            name,
            file,
            function: Function { span: function },
            span,
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn a_function_has_a_body_for_each_mutant_that_compiles() {
        let less = span((2, 1), (4, 2));
        let all = span((6, 1), (8, 2));
        let mutants = [
            mutant(less, span((3, 10), (3, 11)), ">="),
            mutant(less, span((3, 5), (3, 16)), "nothing"),
            mutant(less, span((3, 5), (3, 16)), "true"),
            mutant(all, span((7, 5), (7, 9)), "::std::iter::empty()"),
        ];
        let numbered: Vec<(usize, &Mutant)> = (1..).zip(&mutants).collect();
        let left = Left { unviable: BTreeSet::from([2]), constants: BTreeSet::new() };
        let woven = weave(SOURCE, &numbered, &left).unwrap();
        let expected = "/// Über.\npub fn less(a: [u8; 2]) -> bool { match crate::mutant() {\n1 => {\n    a[0] >= a[1]\n}\n3 => {\n    true\n}\n_ => {\n    a[0] < a[1]\n} } }\n\nfn all() -> impl Iterator<Item = u8> {\n    0..9\n}\n";
        assert_eq!(woven.text, expected);
        assert_eq!(woven.lines, [(3..=5, 1), (6..=8, 3)]);
        assert_eq!(woven.apart, [4]);
        assert_eq!(alone(SOURCE, &mutants[3]).unwrap(), SOURCE.replace("0..9", "::std::iter::empty()"));
        assert_eq!(mutants[0].module(), "plan");
        let left = Left { constants: BTreeSet::from(["less".to_owned()]), ..Left::default() };
        assert_eq!(weave(SOURCE, &numbered, &left).unwrap().apart, [1, 2, 3, 4]);
    }
}
