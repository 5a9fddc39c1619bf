//! Words of the question: which are columns, which are values of cells, which only ask.

use super::sheet::Sheet;
use crate::extractive::text::lexicon::{is_soft, is_stop, synonyms};
use crate::extractive::text::word::{stems, words};

/// Words of a value at most.
const VALUE_WORDS_MAX: usize = 6;

/// A word of the question and what it turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) raw: String,
    pub(super) stem: String,
    /// Something has used it.
    pub(super) used: bool,
    /// It stood in quotes.
    pub(super) quoted: bool,
}

/// A column or a value at a place of the question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found<T> {
    /// Position of its first word.
    pub(super) at: usize,
    /// Its words.
    pub(super) len: usize,
    pub(super) what: T,
}

/// A value and the column it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) column: usize,
    pub(super) text: String,
    /// It is a whole cell, not a part of one.
    pub(super) whole: bool,
}

/// The words of a question.
pub(super) fn tokens(question: &str) -> Vec<Token> {
    let spaced = question.replace('_', " ");
    let quotes = |at: usize| spaced[..at].matches(['"', '“', '”']).count() % 2 == 1;
    words(&spaced)
        .into_iter()
        .map(|word| Token {
            raw: spaced[word.start..word.end].to_owned(),
            stem: word.stem,
            used: false,
            quoted: quotes(word.start),
        })
        .collect()
}

/// Columns that the question names, longest names first, each place once.
pub(super) fn columns(tokens: &mut [Token], sheet: &Sheet) -> Vec<Found<usize>> {
    let mut names: Vec<(usize, Vec<String>)> =
        sheet.columns.iter().map(|name| column_stems(name)).enumerate().collect();
    names.sort_by_key(|(at, stems)| (usize::MAX - stems.len(), *at));
    let mut found: Vec<Found<usize>> = Vec::new();
    for fits in [run, initials, alike] {
        for (column, stems) in &names {
            for at in 0..tokens.len() {
                let Some(len) = fits(tokens, at, stems) else { continue };
                if tokens[at..at + len].iter().all(|token| !token.used && !token.quoted) {
                    tokens[at..at + len].iter_mut().for_each(|token| token.used = true);
                    found.push(Found { at, len, what: *column });
                }
            }
        }
    }
    found.sort_by_key(|one| one.at);
    found
}

fn column_stems(name: &str) -> Vec<String> {
    stems(&name.replace(['_', '-', '.', '/'], " "))
}

/// The words from `at` are the column's words.
fn run(tokens: &[Token], at: usize, stems: &[String]) -> Option<usize> {
    let window = tokens.get(at..at + stems.len()).filter(|window| !window.is_empty())?;
    window.iter().zip(stems).all(|(token, stem)| token.stem == *stem).then_some(stems.len())
}

/// The word at `at` means nearly the same as the column's only word.
fn alike(tokens: &[Token], at: usize, stems: &[String]) -> Option<usize> {
    let [stem] = stems else { return None };
    synonyms(stem).contains(&tokens[at].stem).then_some(1)
}

/// `end of life` for the column `eol`.
fn initials(tokens: &[Token], at: usize, stems: &[String]) -> Option<usize> {
    let [short] = stems else { return None };
    let len = short.chars().count();
    let window = tokens.get(at..at + len).filter(|_| (3..=5).contains(&len))?;
    let first: String = window.iter().filter_map(|token| token.raw.chars().next()).collect();
    (first.to_lowercase() == *short).then_some(len)
}

/// Values of cells that the question names, longest first.
pub(super) fn values(
    tokens: &mut [Token],
    sheet: &Sheet,
    near: impl Fn(usize) -> Option<usize>,
) -> Vec<Found<Value>> {
    let mut found: Vec<Found<Value>> = Vec::new();
    for len in (1..=VALUE_WORDS_MAX).rev() {
        for at in 0..(tokens.len() + 1).saturating_sub(len) {
            let window = &tokens[at..at + len];
            if window.iter().any(|token| token.used) || !is_telling(window) {
                continue;
            }
            let text: Vec<&str> = window.iter().map(|token| token.raw.as_str()).collect();
            if let Some(value) = look_up(&text.join(" "), sheet, near(at), is_name(&window[0])) {
                tokens[at..at + len].iter_mut().for_each(|token| token.used = true);
                found.push(Found { at, len, what: value });
            }
        }
    }
    found.sort_by_key(|one| one.at);
    found
}

fn is_telling(window: &[Token]) -> bool {
    let bare = |token: &Token| is_stop(&token.stem) && !token.quoted;
    let edges = [window.first(), window.last()];
    !edges.into_iter().flatten().any(bare)
        && (window.len() > 1 || is_name(&window[0]) || !is_soft(&window[0].stem))
}

pub(super) fn is_name(token: &Token) -> bool {
    token.quoted || token.raw.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
}

/// The column where `text` stands: as a whole cell before as a part of one, near columns before others.
fn look_up(text: &str, sheet: &Sheet, near: Option<usize>, is_name: bool) -> Option<Value> {
    let wanted = plain(text);
    let order =
        || near.into_iter().chain((0..sheet.columns.len()).filter(move |column| Some(*column) != near));
    let whole = order().find_map(|column| {
        let cell = sheet.cells(column).find(|cell| plain(cell) == wanted)?;
        Some(Value { column, text: cell.to_owned(), whole: true })
    });
    let part = || {
        order().find_map(|column| {
            let holds =
                sheet.cells(column).any(|cell| format!(" {} ", plain(cell)).contains(&format!(" {wanted} ")));
            holds.then(|| Value { column, text: text.to_owned(), whole: false })
        })
    };
    whole.or_else(|| if is_name || text.contains(' ') || near.is_some() { part() } else { None })
}

fn plain(text: &str) -> String {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '.').collect::<Vec<_>>().join(" ")
}
