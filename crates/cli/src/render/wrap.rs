//! Text in columns: graphemes as wide as a terminal shows them.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::plain::plain_line;

/// The text in one line of at most so many columns, cut with an ellipsis. Nothing in it steers the terminal.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let text = plain_line(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
        if out.width() + grapheme.width() + 1 > columns {
            break;
        }
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// A piece of a line: what is seen, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// What is seen; one word or one space.
    pub(crate) text: String,
    /// What is written: the text with its escapes.
    pub(crate) written: String,
}

/// Lines of pieces, none wider than `columns` unless a single word is. Breaks at spaces only.
pub(crate) fn wrap(pieces: &[Piece], columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut width, mut gap) = (String::new(), 0, String::new());
    for word in words(pieces) {
        let wide: usize = word.iter().map(|piece| piece.text.width()).sum();
        let space = word.iter().all(|piece| piece.text.trim().is_empty());
        let written: String = word.iter().map(|piece| piece.written.as_str()).collect();
        if space {
            gap = if width > 0 { written } else { String::new() };
            continue;
        }
        if width > 0 && width + 1 + wide > columns {
            lines.push(std::mem::take(&mut line));
            width = 0;
            gap.clear();
        }
        if width > 0 && !gap.is_empty() {
            line.push_str(&gap);
            width += 1;
        }
        gap.clear();
        line.push_str(&written);
        width += wide;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Pieces that may not be parted: a word and the mark that touches it stay together.
fn words(pieces: &[Piece]) -> Vec<Vec<&Piece>> {
    let mut words: Vec<Vec<&Piece>> = Vec::new();
    for piece in pieces {
        let space = piece.text.trim().is_empty();
        match words.last_mut() {
            Some(word) if !space && word.iter().all(|known| !known.text.trim().is_empty()) => {
                word.push(piece);
            }
            _ => words.push(vec![piece]),
        }
    }
    words
}

/// Words and spaces of a text, each written by `style`. Nothing of the text itself steers the terminal.
pub(crate) fn pieces(text: &str, style: impl Fn(&str) -> String) -> Vec<Piece> {
    let piece = |text: &str| {
        if text.trim().is_empty() {
            return Piece { text: " ".to_owned(), written: " ".to_owned() };
        }
        let shown = plain_line(text);
        let written = style(&shown);
        Piece { text: shown.into_owned(), written }
    };
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |char: char| char.is_whitespace() == first.is_whitespace();
        let end = rest.find(|char| !same(char)).unwrap_or(rest.len());
        pieces.push(piece(&rest[..end]));
        rest = &rest[end..];
    }
    pieces
}
