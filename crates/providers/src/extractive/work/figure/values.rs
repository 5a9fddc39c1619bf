//! Words of the question: which are columns, which are values of cells, which only ask.

use super::sheet::Sheet;
use crate::extractive::text::lexicon::{is_soft, is_stop};
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
    let acronym = |token: &Token| token.raw.len() > 1 && token.raw.chars().all(char::is_uppercase);
    let bare = |token: &Token| is_stop(&token.stem) && !token.quoted && !acronym(token);
    let edges = [window.first(), window.last()];
    !edges.into_iter().flatten().any(bare)
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
    let form = stems(text);
    let whole = whole.or_else(|| {
        order().find_map(|column| {
            let cell =
                sheet.cells(column).find(|cell| cell.len() <= text.len() + 1 && stems(cell) == form)?;
            Some(Value { column, text: cell.to_owned(), whole: true })
        })
    });
    if form.len() == 1 && !is_name && is_soft(&form[0]) {
        return whole;
    }
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
