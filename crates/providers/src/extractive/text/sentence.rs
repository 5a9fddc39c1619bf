//! Where sentences begin and end.

use std::ops::Range;

/// Sentences longer than this are also divided at semicolons.
const LONG_SENTENCE_WORDS: usize = 55;
/// A sentence is never longer than this in bytes.
const SENTENCE_BYTES_MAX: usize = 1_200;
/// Words of a numbered title.
const TITLE_WORDS_MAX: usize = 8;
/// Words of a row whose cells blanks divide.
const ROW_WORDS_MAX: usize = 12;
/// Words and bytes of a title that nothing marks.
const BARE_TITLE_WORDS_MAX: usize = 4;
const BARE_TITLE_BYTES_MAX: usize = 40;
/// Bytes of the label of a line.
const LABEL_BYTES_MAX: usize = 24;

const ABBREVIATIONS: [&str; 27] = [
    "e.g", "i.e", "etc", "cf", "vs", "mr", "mrs", "ms", "dr", "prof", "st", "no", "nos", "fig", "sec", "inc",
    "ltd", "co", "corp", "resp", "approx", "pp", "vol", "ed", "al", "art", "u.s",
];

/// How a document's text is divided into statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Sentences.
    Prose,
    /// One statement a line.
    Lines,
    /// One statement an innermost object.
    Objects,
}

impl Shape {
    /// The shape of a document of this kind.
    pub(crate) fn of_kind(kind: &str) -> Self {
        match kind {
            "csv" | "tsv" => Self::Lines,
            "json" | "jsonl" => Self::Objects,
            _ => Self::Prose,
        }
    }
}

/// The statements of `text` as byte ranges without surrounding white space, in order.
pub(crate) fn statements(text: &str, shape: Shape) -> Vec<Range<usize>> {
    let ranges = match shape {
        Shape::Prose => blocks(text).into_iter().flat_map(|block| sentences(text, block)).collect(),
        Shape::Lines => lines(text, 0..text.len()),
        Shape::Objects => objects(text),
    };
    let has_word = |range: &Range<usize>| text[range.clone()].chars().any(char::is_alphanumeric);
    ranges.into_iter().flat_map(|range| capped(text, range)).filter(has_word).collect()
}

/// Paragraphs and list items: what blank lines, rules and list marks divide.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut labelled = false;
    let mut row = false;
    for line in lines_raw(text) {
        let content = text[line.clone()].trim();
        if content.is_empty() || !content.chars().any(char::is_alphanumeric) {
            open = false;
            continue;
        }
        // A title is never glued to what stands under it.
        let under = &text[line.end..];
        let title = is_title_mark(content)
            || !open && (is_numbered_title(content, under) || is_bare_title(content, under));
        let after_row = row;
        row = is_row(content);
        let after_label = labelled && content.starts_with(char::is_uppercase);
        labelled = is_labelled(content) && (labelled || !open);
        match blocks.last_mut() {
            Some(block)
                if open
                    && !title
                    && !row
                    && !after_row
                    && !labelled
                    && !after_label
                    && !starts_item(content) =>
            {
                block.end = line.end;
            }
            _ => blocks.push(line),
        }
        open = !title;
    }
    blocks
}

/// A row of a table: `Adults | 5.50 €`, `| 7 | waits |`, `Total      9.50`.
fn is_row(line: &str) -> bool {
    let aligned = line.contains("   ") && line.split_whitespace().count() <= ROW_WORDS_MAX;
    line.starts_with('|') || line.contains(" | ") || aligned
}

/// `## Title`.
fn is_title_mark(line: &str) -> bool {
    let bare = line.trim_start_matches('#');
    bare.len() < line.len() && line.len() - bare.len() <= 6 && bare.starts_with(' ')
}

/// `1. Services`, `§ 3 Miete`, `Article 2 - Price`, with text right under it.
fn is_numbered_title(line: &str, under: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let word = matches!(
        first,
        "§" | "Article" | "Art." | "Artikel" | "Section" | "Chapter" | "Clause" | "Artículo" | "Articolo"
    );
    let number = if word { words.next().unwrap_or_default() } else { first };
    let numbered =
        number.trim_end_matches(['.', ')', ':']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && number.starts_with(|c: char| c.is_ascii_digit());
    let rest: Vec<&str> = words.collect();
    let names = rest.iter().any(|word| word.chars().next().is_some_and(char::is_uppercase));
    let next = under.lines().next().unwrap_or_default().trim();
    let goes_on = next.chars().next().is_some_and(char::is_uppercase) && !starts_item(next);
    numbered && names && rest.len() <= TITLE_WORDS_MAX && !line.ends_with(['.', ';', ',', '!']) && goes_on
}

/// `Opening hours`: a few words without a stop over text that begins anew.
fn is_bare_title(line: &str, under: &str) -> bool {
    let next = under.lines().next().unwrap_or_default().trim();
    let count = line.split_whitespace().count();
    count <= BARE_TITLE_WORDS_MAX
        && line.len() <= BARE_TITLE_BYTES_MAX
        && line.starts_with(char::is_uppercase)
        && line.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '-')
        && !starts_item(line)
        && (next.split_whitespace().count() > BARE_TITLE_WORDS_MAX && next.starts_with(char::is_uppercase)
            || starts_item(next))
}

/// Whether a line is a title by its marks, given what stands under it.
pub(crate) fn is_title(line: &str, under: &str) -> bool {
    let line = line.trim();
    is_title_mark(line) || is_numbered_title(line, under) || is_bare_title(line, under)
}

/// `Present: …`, `Date: …`: lines that each say something of their own.
fn is_labelled(line: &str) -> bool {
    let Some((label, rest)) = line.split_once(':') else { return false };
    let words = label.split_whitespace().count();
    (1..=3).contains(&words)
        && label.len() <= LABEL_BYTES_MAX
        && label.chars().next().is_some_and(char::is_uppercase)
        && rest.starts_with(' ')
        && !rest.trim().is_empty()
}

fn lines_raw(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some(start..*at)
    })
}

fn lines(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let offset = within.start;
    lines_raw(&text[within]).map(|line| trimmed(text, line.start + offset..line.end + offset)).collect()
}

/// Whether a line opens an item of a list: `-`, `(a)`, `2.`.
pub(crate) fn starts_item(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let inner = first.trim_start_matches('(').trim_end_matches([')', '.']);
    let marked = first.ends_with(')') || first.ends_with('.');
    let short = inner.len() <= 3 && inner.chars().all(char::is_alphanumeric) && !inner.is_empty();
    matches!(first, "-" | "*" | "+" | "•" | "·" | "–" | "o" | "#" | "##" | "###" | "####")
        || marked
            && short
            && line.len() > first.len()
            && (inner.len() == 1 || inner.bytes().all(|b| b.is_ascii_digit() || b"ivx".contains(&b)))
}

fn sentences(text: &str, block: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = block.start;
    for end in sentence_ends(text, block.clone()) {
        found.extend(divided(text, start..end));
        start = end;
    }
    found.extend(divided(text, start..block.end));
    found
}

fn sentence_ends(text: &str, block: Range<usize>) -> Vec<usize> {
    let part = &text[block.clone()];
    let mut ends = Vec::new();
    for (at, mark) in part.char_indices().filter(|(_, mark)| matches!(mark, '.' | '!' | '?')) {
        let rest = &part[at + mark.len_utf8()..];
        let closed = rest.trim_start_matches(['"', '\'', '”', '’', ')', ']', '»']);
        let after = closed.trim_start();
        let gap = closed.len() != after.len();
        if gap && starts_sentence(after) && !(mark == '.' && is_abbreviated(&part[..at])) {
            ends.push(block.start + part.len() - closed.len());
        }
    }
    ends
}

fn starts_sentence(after: &str) -> bool {
    after.trim_start_matches(['"', '\'', '“', '‘', '(', '[', '`', '*', '_']).chars().next().is_some_and(
        |first| {
            first.is_uppercase()
                || first.is_numeric()
                || !first.is_alphanumeric() && !matches!(first, ',' | ';')
        },
    ) || after.split(char::is_whitespace).next().is_some_and(|word| word.contains('_'))
}

fn is_abbreviated(before: &str) -> bool {
    let token = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let token = token.trim_start_matches(['(', '[', '"', '“', '`']);
    let opens_block = before.trim_start_matches(|c: char| c.is_whitespace() || c == '#').len() == token.len();
    let lower = token.to_lowercase();
    token.chars().count() == 1 && token.chars().all(char::is_alphabetic)
        || is_ordinal(before, token)
        || opens_block && is_item_mark(token)
        || ABBREVIATIONS.contains(&lower.as_str())
}

/// `am 1. April`: a day of the month in German.
fn is_ordinal(before: &str, token: &str) -> bool {
    let word = before[..before.len() - token.len()].split_whitespace().next_back().unwrap_or_default();
    token.len() <= 2
        && token.bytes().all(|byte| byte.is_ascii_digit())
        && ["am", "vom", "zum", "bis", "dem", "der", "den", "des", "ab", "zur", "im"].contains(&word)
}

/// `1`, `2.3`, `iv`.
fn is_item_mark(token: &str) -> bool {
    let numbered = token.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    numbered || token.len() <= 4 && token.bytes().all(|byte| b"ivxIVX".contains(&byte))
}

/// A long sentence is divided at its semicolons.
fn divided(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let part = &text[range.clone()];
    if part.split_whitespace().count() <= LONG_SENTENCE_WORDS {
        return vec![trimmed(text, range)];
    }
    let mut pieces = Vec::new();
    let mut start = range.start;
    for (at, _) in part.match_indices(';') {
        let end = range.start + at + 1;
        if text[start..end].split_whitespace().count() >= 8 {
            pieces.push(trimmed(text, start..end));
            start = end;
        }
    }
    pieces.push(trimmed(text, start..range.end));
    pieces
}

/// Innermost `{…}`; lines where there is none.
fn objects(text: &str) -> Vec<Range<usize>> {
    let mut open = None;
    let mut found = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open = Some(at),
            b'}' => found.extend(open.take().map(|start| start..at + 1)),
            _ => {}
        }
    }
    if found.is_empty() { lines(text, 0..text.len()) } else { found }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    let mut from = start;
    for bullet in ["- ", "* ", "+ ", "• ", "· ", "– ", "#### ", "### ", "## ", "# "] {
        if let Some(rest) = text[start..range.end].strip_prefix(bullet) {
            from = range.end - rest.trim_start().len();
            break;
        }
    }
    from..(range.start + part.trim_end().len()).max(from)
}

fn capped(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    if range.len() <= SENTENCE_BYTES_MAX {
        return vec![range];
    }
    let pieces = lines(text, range.clone());
    if pieces.iter().all(|piece| piece.len() <= SENTENCE_BYTES_MAX) {
        return pieces;
    }
    let end = (range.start..=range.start + SENTENCE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at));
    vec![trimmed(text, range.start..end.unwrap_or(range.start))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shape: Shape, expected: &[&str]) {
        let found: Vec<&str> = statements(text, shape).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn prose_is_divided_at_sentences_and_items() {
        check("One. Two is\nlonger, e.g. Three", Shape::Prose, &["One.", "Two is\nlonger, e.g. Three"]);
        check("See version 2.0 of it. Then go!", Shape::Prose, &["See version 2.0 of it.", "Then go!"]);
        check("  4. Termination. You may not.", Shape::Prose, &["4. Termination.", "You may not."]);
        check(
            "Items:\n - first one\n - second\n   goes on",
            Shape::Prose,
            &["Items:", "first one", "second\n   goes on"],
        );
        check("Title\n=====\n\nText (here.) Next.", Shape::Prose, &["Title", "Text (here.)", "Next."]);
        check("By J. Smith et al. Then", Shape::Prose, &["By J. Smith et al. Then"]);
        check("", Shape::Prose, &[]);
        check("He said \"Stop.\" Then he left.", Shape::Prose, &["He said \"Stop.\"", "Then he left."]);
        check("Is it? Yes! No.", Shape::Prose, &["Is it?", "Yes!", "No."]);
        check(
            "See fig. 3 and sec. 4.1 of it. Done.",
            Shape::Prose,
            &["See fig. 3 and sec. 4.1 of it.", "Done."],
        );
        check("(a) first\n(b) second", Shape::Prose, &["(a) first", "(b) second"]);
        check("one.two three", Shape::Prose, &["one.two three"]);
        check("## 2. Budget\nIt is small.", Shape::Prose, &["2. Budget", "It is small."]);
        check(
            "1. Services\nThe firm cleans.\nIt rests.",
            Shape::Prose,
            &["1. Services", "The firm cleans.", "It rests."],
        );
        check("§ 3 Miete\nSie beträgt 9 Euro.", Shape::Prose, &["§ 3 Miete", "Sie beträgt 9 Euro."]);
        check(
            "Present: Ann, Bob\nAbsent: Eve\n\nWe met.",
            Shape::Prose,
            &["Present: Ann, Bob", "Absent: Eve", "We met."],
        );
        check(
            "Mail: a@b.de\nShe cooks.\nIt is hot.",
            Shape::Prose,
            &["Mail: a@b.de", "She cooks.", "It is hot."],
        );
        check(
            "Ticket | Price\nAdult | 5 €\nFree. Go.",
            Shape::Prose,
            &["Ticket | Price", "Adult | 5 €", "Free.", "Go."],
        );
        check("Es beginnt am 1. April und endet.", Shape::Prose, &["Es beginnt am 1. April und endet."]);
        check(
            "Opening hours\nThe hall is open each day.\nIt rests.",
            Shape::Prose,
            &["Opening hours", "The hall is open each day.", "It rests."],
        );
        check(
            "Gutter     GBP 9\nTotal      GBP 12",
            Shape::Prose,
            &["Gutter     GBP 9", "Total      GBP 12"],
        );
        check("It ran. pg_dump goes on.", Shape::Prose, &["It ran.", "pg_dump goes on."]);
        check("It says\nNote: go\non", Shape::Prose, &["It says\nNote: go\non"]);
        check("***\n\n---", Shape::Prose, &[]);
    }

    #[test]
    fn tables_and_objects_are_divided_at_their_rows() {
        check("a,b\n1,2\n", Shape::Lines, &["a,b", "1,2"]);
        check("[{\"a\": 1}, {\"b\":\n 2}]", Shape::Objects, &["{\"a\": 1}", "{\"b\":\n 2}"]);
        check("\"a\": 1,\n\"b\": 2", Shape::Objects, &["\"a\": 1,", "\"b\": 2"]);
    }

    #[test]
    fn long_sentences_are_divided_at_semicolons() {
        let clause = "word ".repeat(30);
        let text = format!("{clause}; {clause}.");
        assert_eq!(statements(&text, Shape::Prose).len(), 2);
    }
}
