//! Headings in plain text: no mark-up says so, the shape of the line does.

use super::{Heading, offset};

/// The longest line taken for a heading, in characters.
const HEADING_CHARS_MAX: usize = 80;
/// The most words of a heading that nothing but its capital and its place mark.
const BARE_WORDS_MAX: usize = 6;
/// The most words of a numbered heading.
const NUMBERED_WORDS_MAX: usize = 14;
/// The most lines of a title.
const TITLE_LINES_MAX: usize = 3;
/// Spaces in front of a line that count as centred.
const CENTRED_INDENT_MIN: usize = 8;

/// A line of text without its line end, and where it starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) start: usize,
    pub(crate) text: &'a str,
}

impl Line<'_> {
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn heading(&self, level: u8, end: usize) -> Heading {
        let indent = self.text.len() - self.text.trim_start().len();
        Heading {
            level,
            text: one_line(self.text),
            start: offset(self.start + indent),
            end: offset(end.max(self.start + indent)),
        }
    }

    fn end(&self) -> usize {
        self.start + self.text.trim_end().len()
    }
}

/// The words of a heading on one line, shortened.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}

/// The lines of a text, without line ends.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        Line { start: at, text: line.trim_end_matches(['\n', '\r']) }
    })
}

/// The headings of a plain text, by underlines, numbers, capitals, centring or a short line of its own.
pub(super) fn plain_headings(text: &str) -> Vec<Heading> {
    let all: Vec<Line> = lines(text).collect();
    let mut found: Vec<Heading> = Vec::new();
    for at in 0..all.len() {
        let inside = found.last().is_some_and(|last| all[at].start < last.end as usize);
        if !inside {
            found.extend(heading_at(&all, at));
        }
    }
    found
}

fn heading_at(all: &[Line], at: usize) -> Option<Heading> {
    let line = all[at];
    let before = at.checked_sub(1).map(|before| all[before]);
    let after_gap = before.is_none_or(|before| before.is_blank() || underline(before.text).is_some());
    if !after_gap || line.is_blank() || line.text.len() > HEADING_CHARS_MAX * 4 {
        return None;
    }
    underlined(line, all.get(at + 1)).or_else(|| title(&all[at..])).or_else(|| run_in(line))
}

fn underlined(line: Line, below: Option<&Line>) -> Option<Heading> {
    let below = below?;
    let level = underline(below.text)?;
    let words = line.text.trim();
    let long_enough = below.text.trim().chars().count() * 2 >= words.chars().count();
    let is_title = words.chars().count() <= HEADING_CHARS_MAX && words.chars().any(char::is_alphabetic);
    (long_enough && is_title).then(|| line.heading(level, below.end()))
}

/// A line by itself, or a few in capitals or in the middle, between blank lines.
fn title(rest: &[Line]) -> Option<Heading> {
    let (first, block) =
        (*rest.first()?, rest.iter().take_while(|line| !line.is_blank()).take(TITLE_LINES_MAX + 1));
    let block: Vec<&Line> = block.collect();
    let last = block.last()?;
    let level = shape_level(&first)?;
    if block.len() == 1 {
        return Some(first.heading(level, first.end()));
    }
    let is_short = block.len() <= TITLE_LINES_MAX && !last.text.trim_end().ends_with(['.', ',', ';', ':']);
    if !is_short || !block.windows(2).all(|pair| pairs(pair[0], pair[1])) {
        return None;
    }
    let words: Vec<&str> = block.iter().map(|line| line.text).collect();
    Some(Heading { text: one_line(&words.join(" ")), ..first.heading(level, last.end()) })
}

/// Whether two lines can be one title.
fn pairs(one: &Line, other: &Line) -> bool {
    let both = |test: fn(&Line) -> bool| test(one) && test(other);
    let longest = one.text.trim().chars().count().max(other.text.trim().chars().count());
    longest <= HEADING_CHARS_MAX && (both(is_centred) || both(is_capital))
}

fn is_capital(line: &Line) -> bool {
    line.text.chars().any(char::is_alphabetic) && !line.text.chars().any(char::is_lowercase)
}

/// The level that a row of one repeated character under a line gives to it.
fn underline(text: &str) -> Option<u8> {
    let text = text.trim();
    let first = text.chars().next()?;
    if text.len() < 3 || !text.chars().all(|c| c == first) {
        return None;
    }
    match first {
        '=' | '*' | '#' => Some(1),
        '-' => Some(2),
        '~' | '^' => Some(3),
        _ => None,
    }
}

fn is_centred(line: &Line) -> bool {
    line.text.len() - line.text.trim_start().len() >= CENTRED_INDENT_MIN
}

/// The level of a line that stands alone, if it looks like a heading.
fn shape_level(line: &Line) -> Option<u8> {
    let text = line.text.trim();
    let words = text.split_whitespace().count();
    if text.chars().count() > HEADING_CHARS_MAX || text.chars().filter(|c| c.is_alphabetic()).count() < 3 {
        return None;
    }
    if let Some((level, rest)) = numbered(text) {
        return (words <= NUMBERED_WORDS_MAX && starts_high(rest) && !is_sentence(rest)).then_some(level);
    }
    if text.ends_with(['.', ',', ';', ':', '!', '?'])
        || text.contains("://")
        || text.starts_with(['-', '*', '•'])
    {
        return None;
    }
    if !text.chars().any(char::is_lowercase) {
        return Some(1);
    }
    if is_centred(line) && words <= BARE_WORDS_MAX && starts_high(text) {
        return Some(1);
    }
    let plain_end = text.ends_with(|c: char| c.is_alphanumeric() || c == ')');
    (words <= BARE_WORDS_MAX && starts_high(text) && plain_end && !has_columns(text)).then_some(2)
}

/// The level and the rest of `3. Words`, `3.1 Words`, `IV. Words`, `Section 2 Words`.
fn numbered(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    if matches!(
        first.to_ascii_lowercase().as_str(),
        "section" | "article" | "chapter" | "part" | "appendix" | "§"
    ) {
        return Some((1, text));
    }
    let core = first.trim_end_matches(['.', ')', ':']);
    let digits =
        core.split('.').all(|part| matches!(part.len(), 1..=3) && part.bytes().all(|b| b.is_ascii_digit()));
    let roman = core.len() <= 5 && core.len() < first.len() && core.bytes().all(|b| b"IVXLC".contains(&b));
    if core.is_empty() || !(digits || roman) || first.ends_with(')') {
        return None;
    }
    let parts = core.split('.').count();
    Some((u8::try_from(parts + 1).unwrap_or(6).min(6), rest))
}

fn starts_high(text: &str) -> bool {
    text.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase())
}

/// A capital, mostly small words after it and a full stop: a sentence, not a title.
fn is_sentence(text: &str) -> bool {
    text.ends_with(['.', ';', ',', ':']) && text.split_whitespace().count() > 3 && !is_title(text)
}

/// Whether the long words mostly begin with a capital.
fn is_title(text: &str) -> bool {
    let long: Vec<&str> = text.split_whitespace().filter(|word| word.chars().count() >= 4).collect();
    let high = long.iter().filter(|word| starts_high(word)).count();
    !long.is_empty() && high * 4 >= long.len() * 3
}

/// Runs of spaces inside a line come from a table.
fn has_columns(text: &str) -> bool {
    text.contains("  ") || text.contains('\t') || text.contains('|')
}

/// `2. Grant of Copyright License. Subject to …`: a title in front of its paragraph.
fn run_in(line: Line) -> Option<Heading> {
    let text = line.text.trim_start();
    let (level, rest) = numbered(text)?;
    let stop = rest.find(". ")?;
    let title = &rest[..stop];
    let words = title.split_whitespace().count();
    if words == 0 || words > BARE_WORDS_MAX || !is_title(title) || title.contains([',', ';', ':', '"']) {
        return None;
    }
    let indent = line.text.len() - text.len();
    let end = indent + (text.len() - rest.len()) + stop + 1;
    Some(Line { start: line.start, text: &line.text[..end] }.heading(level, line.start + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u8, String)> {
        plain_headings(text).into_iter().map(|heading| (heading.level, heading.text)).collect()
    }

    #[test]
    fn the_shapes_of_headings() {
        let rows: &[(&str, &[(u8, &str)])] = &[
            ("Title\n=====\n\ntext\n", &[(1, "Title")]),
            ("1. Definitions\n--------------\n1.1. x\n", &[(2, "1. Definitions")]),
            ("  0. Definitions.\n\n  \"This License\" refers to it.\n", &[(2, "0. Definitions.")]),
            ("text.\n\n3.1. The Debian system\n\nmore\n", &[(3, "3.1. The Debian system")]),
            ("                            Preamble\n\n  The licence is\nfree.\n", &[(1, "Preamble")]),
            ("GNU GENERAL PUBLIC LICENSE\n\nx\n", &[(1, "GNU GENERAL PUBLIC LICENSE")]),
            (
                "\n          GNU LICENSE\n   TERMS AND CONDITIONS\n\nx\n",
                &[(1, "GNU LICENSE TERMS AND CONDITIONS")],
            ),
            ("          The Licence\n          Version 3\n\nx\n", &[(1, "The Licence Version 3")]),
            ("THERE IS NO WARRANTY\nFOR THE PROGRAM.\n\nx\n", &[]),
            ("A\nBB AB\nCC\nDDD\nEEE\n\nx\n", &[]),
            (
                "   2. Grant of Copyright License. Subject to the\n   terms\n",
                &[(2, "2. Grant of Copyright License.")],
            ),
            ("Getting started\n\nRead this.\n", &[(2, "Getting started")]),
            ("1. You may not use the name of the author.\n\nx\n", &[]),
            ("A sentence that ends here.\n\nAnother one follows it.\n", &[]),
            ("first line\nSecond Line\n\n", &[]),
            ("12:30\n\nx\n", &[]),
            ("- Item\n\n* Item\n\nhttp://EXAMPLE\n\n", &[]),
            ("Name      Age\n\nx\n", &[]),
        ];
        for (text, expected) in rows {
            let expected: Vec<(u8, String)> = expected.iter().map(|(l, t)| (*l, (*t).to_owned())).collect();
            assert_eq!(found(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_heading_ends_with_its_underline_and_starts_after_its_indent() {
        let text = "   Title\n   =====\nx";
        let heading = &plain_headings(text)[0];
        assert_eq!(&text[heading.start as usize..heading.end as usize], "Title\n   =====");
    }
}
