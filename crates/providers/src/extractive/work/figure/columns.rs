//! Words of the question that name columns.

use super::sheet::Sheet;
use super::values::{Found, Token};
use crate::extractive::text::lexicon::synonyms;
use crate::extractive::text::number::digit;
use crate::extractive::text::word::stems;

/// A column by its words.
struct Name {
    column: usize,
    stems: Vec<String>,
    /// Those that no other column has.
    own: Vec<String>,
}

/// How words may name a column; how many of them do.
type Fits = fn(&[Token], usize, &Name) -> Option<usize>;

/// Ways in which a column is named, surest first. Those from the first loose one on give way to a column that says
/// the same and more.
const WAYS: [Fits; 5] = [run, any_order, initials, alike, distinctive];
const LOOSE_FROM: usize = 2;

/// Columns that the question names, longest names first, each place once.
pub(super) fn columns(tokens: &mut [Token], sheet: &Sheet) -> Vec<Found<usize>> {
    let names = names(sheet);
    let mut found: Vec<(usize, Found<usize>)> = Vec::new();
    for (way, fits) in WAYS.iter().enumerate() {
        for name in &names {
            for at in 0..tokens.len() {
                let Some(len) = fits(tokens, at, name) else { continue };
                if tokens[at..at + len].iter().all(|token| !token.used && !token.quoted) {
                    tokens[at..at + len].iter_mut().for_each(|token| token.used = true);
                    found.push((way, Found { at, len, what: name.column }));
                }
            }
        }
    }
    let stems_of = |column: usize| names.iter().find(|name| name.column == column).map(|name| &name.stems);
    let says_less =
        |one: &Found<usize>, other: &Found<usize>| match (stems_of(one.what), stems_of(other.what)) {
            (Some(few), Some(many)) => few.len() < many.len() && few.iter().all(|stem| many.contains(stem)),
            _ => false,
        };
    let kept = |(way, one): &&(usize, Found<usize>)| {
        *way < LOOSE_FROM || !found.iter().any(|(_, other)| says_less(one, other))
    };
    let mut kept: Vec<Found<usize>> = found.iter().filter(kept).map(|(_, one)| one.clone()).collect();
    kept.sort_by_key(|one| one.at);
    kept
}

fn names(sheet: &Sheet) -> Vec<Name> {
    let all: Vec<Vec<String>> = sheet.columns.iter().map(|name| column_stems(name)).collect();
    let mut names: Vec<Name> = (0..all.len())
        .map(|column| {
            let elsewhere = |stem: &String| {
                all.iter().enumerate().any(|(other, stems)| other != column && stems.contains(stem))
            };
            let telling = |stem: &&String| stem.chars().all(char::is_alphabetic) && stem.len() > 2;
            let own = all[column].iter().filter(telling).filter(|stem| !elsewhere(stem)).cloned().collect();
            Name { column, stems: all[column].clone(), own }
        })
        .collect();
    names.sort_by_key(|name| (usize::MAX - name.stems.len(), name.column));
    names
}

fn column_stems(name: &str) -> Vec<String> {
    stems(&name.replace(['_', '-', '.', '/'], " "))
}

/// The words from `at` are the column's words.
fn run(tokens: &[Token], at: usize, name: &Name) -> Option<usize> {
    let stems = &name.stems;
    let window = tokens.get(at..at + stems.len()).filter(|window| !window.is_empty())?;
    window.iter().zip(stems).all(|(token, stem)| token.stem == *stem).then_some(stems.len())
}

/// They are in another order, with number words for digits: `two-letter` for `alpha_2`.
fn any_order(tokens: &[Token], at: usize, name: &Name) -> Option<usize> {
    let stems = &name.stems;
    let window = tokens.get(at..at + stems.len()).filter(|window| window.len() > 1)?;
    let same = |token: &Token, stem: &String| {
        token.stem == *stem || digit(&token.stem) == Some(stem) || token.stem == "letter" && stem == "alpha"
    };
    stems.iter().all(|stem| window.iter().any(|token| same(token, stem))).then_some(stems.len())
}

/// The word at `at` means nearly the same as the column's only word.
fn alike(tokens: &[Token], at: usize, name: &Name) -> Option<usize> {
    let [stem] = name.stems.as_slice() else { return None };
    synonyms(stem).contains(&tokens[at].stem).then_some(1)
}

/// `end of life` for the column `eol`.
fn initials(tokens: &[Token], at: usize, name: &Name) -> Option<usize> {
    let [short] = name.stems.as_slice() else { return None };
    let len = short.chars().count();
    let window = tokens.get(at..at + len).filter(|_| (3..=5).contains(&len))?;
    let first: String = window.iter().filter_map(|token| token.raw.chars().next()).collect();
    (first.to_lowercase() == *short).then_some(len)
}

/// A word that only this column has, or one that means nearly the same: `withdrawn` for `withdrawal_date`.
fn distinctive(tokens: &[Token], at: usize, name: &Name) -> Option<usize> {
    let stem = &tokens[at].stem;
    let names = |own: &String| own == stem || synonyms(own).contains(stem);
    (name.stems.len() > 1 && name.own.iter().any(names)).then_some(1)
}
