//! Sentences with their exact bytes: Unicode segmentation (UAX #29), made to fit documents as they are. Lines
//! are hard-wrapped, so a sentence may go over a line end; a blank line always ends one, and so does the start
//! of a list item. A full stop after an abbreviation or a number of a section ends none.

use unicode_segmentation::UnicodeSegmentation;

use crate::documents::{Line, Span, lines, offset};

/// Words after which a full stop does not end a sentence, in lower case.
const ABBREVIATIONS: [&str; 43] = [
    "e.g", "i.e", "etc", "cf", "vs", "viz", "al", "no", "nos", "fig", "figs", "sec", "sect", "art", "arts",
    "ch", "chap", "vol", "pp", "p", "ed", "eds", "eq", "ref", "refs", "approx", "mr", "mrs", "ms", "dr",
    "prof", "st", "jr", "sr", "inc", "ltd", "co", "corp", "dept", "u.s", "u.k", "v", "resp",
];
/// Of these, the ones that may well stand at the end of a sentence: a capital after them ends it.
const ENDING_ABBREVIATIONS: [&str; 8] = ["etc", "inc", "ltd", "co", "corp", "jr", "al", "no"];

/// The sentences of a text, without the white space around them, in order.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for block in blocks(text) {
        split_block(text, block, &mut found);
    }
    found
}

/// Stretches without a blank line and without the start of a list item inside.
fn blocks(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut before: Option<Line> = None;
    for line in lines(text) {
        let (start, end) = (line.start, line.start + line.text.len());
        let item =
            starts_item(line.text, before.filter(|before| !before.is_blank()).map(|before| before.text));
        open = match open {
            _ if line.is_blank() => {
                found.extend(open);
                None
            }
            Some(block) if item => {
                found.push(block);
                Some((start, end))
            }
            Some((first, _)) => Some((first, end)),
            None => Some((start, end)),
        };
        before = Some(line);
    }
    found.extend(open);
    found.into_iter().map(|(start, end)| Span::new(offset(start), offset(end))).collect()
}

/// Whether a line begins a list item. A number or letter counts only where the line before has ended
/// something, since a wrapped line may well begin with `3.` or `a)`.
pub(super) fn starts_item(line: &str, before: Option<&str>) -> bool {
    let text = line.trim_start();
    let Some((mark, _)) = text.split_once(char::is_whitespace) else { return false };
    if matches!(mark, "-" | "*" | "•" | "+" | "–" | "o" if mark != "o" || line.len() > text.len()) {
        return true;
    }
    let after_end = before.is_none_or(|before| {
        let before = before.trim_end();
        before.ends_with(['.', ':', ';', '?', '!', ')'])
            || before.ends_with(" or")
            || before.ends_with(" and")
    });
    after_end && is_item_number(mark)
}

/// `1.`, `12)`, `a.`, `(b)`, `(iv)`, `3.1.`
fn is_item_number(mark: &str) -> bool {
    let bracketed = mark.starts_with('(') && mark.ends_with(')');
    let core = mark.trim_start_matches('(').trim_end_matches([')', '.']);
    if core.is_empty() || (core.len() == mark.len() && !bracketed) {
        return false;
    }
    let digits = core.len() <= 8
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let letters = core.len() == 1 && core.bytes().all(|b| b.is_ascii_alphabetic());
    let roman = core.len() <= 4 && core.bytes().all(|b| b"ivx".contains(&b));
    digits || letters || roman
}

fn split_block(text: &str, block: Span, found: &mut Vec<Span>) {
    let body = &text[block.start as usize..block.end as usize];
    // Line ends would end sentences in the algorithm; blanks of the same length keep every offset.
    let flat = body.replace(['\n', '\r'], " ");
    let mut start = None;
    for (at, piece) in flat.split_sentence_bound_indices() {
        let first = *start.get_or_insert(at);
        let end = at + piece.len();
        if !goes_on(&flat[first..end], &flat[end..]) {
            push_trimmed(&flat, (first, end), block.start, found);
            start = None;
        }
    }
    if let Some(first) = start {
        push_trimmed(&flat, (first, flat.len()), block.start, found);
    }
}

fn push_trimmed(flat: &str, (start, end): (usize, usize), base: u32, found: &mut Vec<Span>) {
    let piece = &flat[start..end];
    let lead = piece.len() - piece.trim_start().len();
    let body = piece.trim();
    if !body.is_empty() {
        let start = base + offset(start + lead);
        found.push(Span::new(start, start + offset(body.len())));
    }
}

/// Whether what the algorithm takes for the end of a sentence is none.
fn goes_on(sentence: &str, rest: &str) -> bool {
    let sentence = sentence.trim();
    if rest.trim().is_empty() {
        return false;
    }
    let next_is_high = rest.trim_start().chars().next().is_some_and(char::is_uppercase);
    if sentence.split_whitespace().count() == 1 && is_item_number(sentence) {
        return true;
    }
    let Some(before_stop) = sentence.strip_suffix('.') else { return false };
    let last = before_stop.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    let word = last.to_lowercase();
    if ABBREVIATIONS.contains(&word.as_str()) {
        return !(next_is_high && ENDING_ABBREVIATIONS.contains(&word.as_str()));
    }
    let initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase);
    initial && next_is_high && before_stop.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = sentences(text)
            .into_iter()
            .map(|span| {
                text[span.start as usize..span.end as usize].split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn sentences_of_real_documents() {
        check("One two. Three four! Five?", &["One two.", "Three four!", "Five?"]);
        check("A line\nthat goes on. Next\r\none.", &["A line that goes on.", "Next one."]);
        check("Heading\n\nText here.", &["Heading", "Text here."]);
        check(
            "See e.g. Section 3 or Fig. 2 for it. Done.",
            &["See e.g. Section 3 or Fig. 2 for it.", "Done."],
        );
        check("Files, logs, etc. The rest stays.", &["Files, logs, etc.", "The rest stays."]);
        check("3.1. The system. It works.", &["3.1. The system.", "It works."]);
        check(
            "These apply:\n  a) The first.\n  b) The second\n  line.",
            &["These apply:", "a) The first.", "b) The second line."],
        );
        check(
            "Use the version in section\n3. It is newer.",
            &["Use the version in section 3.", "It is newer."],
        );
        check("- one\n- two\n", &["- one", "- two"]);
        check(
            "Version 3.0.1 is out. Get it at example.org today.",
            &["Version 3.0.1 is out.", "Get it at example.org today."],
        );
        check("By J. R. Smith in 1999. He left.", &["By J. R. Smith in 1999.", "He left."]);
        check("Er sagte: „Nein.“ Dann ging er.", &["Er sagte: „Nein.“", "Dann ging er."]);
        check("これは文です。次の文です。", &["これは文です。", "次の文です。"]);
        check("", &[]);
    }

    proptest! {
        #[test]
        fn spans_are_ordered_and_cover_what_is_visible(text in "[a-zA-Z0-9 .!?\n\r()äß中\t-]{0,200}") {
            let mut at = 0;
            for span in sentences(&text) {
                let (start, end) = (span.start as usize, span.end as usize);
                prop_assert!(text.get(start..end).is_some_and(|piece| !piece.is_empty() && piece.trim() == piece));
                prop_assert!(text[at..start].trim().is_empty());
                at = end;
            }
            prop_assert!(text[at..].trim().is_empty());
        }
    }
}
