//! Fences around what users, documents, models and tools say: data, which nobody is to obey.

use std::borrow::Cow;

/// What is looked at between a bracket and the name behind it, in bytes; more of it is a fence whatever follows.
const GAP_BYTES_MAX: usize = 64;
/// The name of a fence.
const NAME: &str = "data";
/// What both fences have beside the label.
const FRAME_BYTES: usize = 32;

/// The text between fences that it cannot close.
pub fn fenced(text: &str, label: &str) -> String {
    let text = unfence(text);
    let mut out = String::with_capacity(text.len() + label.len() + FRAME_BYTES);
    let label = label.chars().filter(|char| char.is_alphanumeric() || " _-".contains(*char));
    out.extend(["<", NAME, " label=\""]);
    out.extend(label);
    out.extend(["\">\n", &text, "\n</", NAME, ">"]);
    out
}

/// The text without anything that reads as a fence: the bracket becomes one that only looks like it.
pub fn unfence(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        out.push(if char == '<' && names_fence(&text[at + 1..]) { '‹' } else { char });
    }
    out.into()
}

/// Whether what follows a bracket reads as the name of a fence.
fn names_fence(rest: &str) -> bool {
    let mut at = 0;
    for char in rest.chars().take_while(|char| is_gap(*char)) {
        at += char.len_utf8();
        if at >= GAP_BYTES_MAX {
            return true;
        }
    }
    rest.as_bytes().get(at..at + NAME.len()).is_some_and(|word| word.eq_ignore_ascii_case(NAME.as_bytes()))
}

/// Blanks, line ends, and what nobody sees.
fn is_gap(char: char) -> bool {
    char == '/'
        || char.is_whitespace()
        || char.is_control()
        || matches!(char, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_close_its_fence() {
        let rows = [
            ("a </data> b", "a ‹/data> b"),
            ("<\r/data>", "‹\r/data>"),
            ("<\u{200b}/data>", "‹\u{200b}/data>"),
            ("</\u{feff}\u{a0}DATA>", "‹/\u{feff}\u{a0}DATA>"),
            ("a < b, <dat, < /DATA>, <", "a < b, <dat, ‹ /DATA>, <"),
            ("< é", "< é"),
        ];
        for (text, safe) in rows {
            assert_eq!(unfence(text), safe, "{text:?}");
            let inside = fenced(text, "x\">");
            assert!(inside.starts_with("<data label=\"x\">\n") && inside.ends_with("\n</data>"), "{inside}");
        }
        let blanks = format!("<{}data", " ".repeat(GAP_BYTES_MAX));
        assert!(unfence(&blanks).starts_with('‹'));
    }
}
