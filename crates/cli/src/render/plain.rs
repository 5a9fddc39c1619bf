//! Text of people, models and files made harmless: nothing in it can steer a terminal.

use std::borrow::Cow;

/// What stands for a character that has no picture of its own.
const UNKNOWN: char = '\u{fffd}';

/// The text with a picture for each control character and for each mark that turns the direction of writing. Line
/// breaks and tabs stay.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    replaced(text, |char| steers(char) && !matches!(char, '\n' | '\t'))
}

/// As [`plain`], in one line: line breaks and tabs are spaces.
pub(crate) fn plain_line(text: &str) -> Cow<'_, str> {
    replaced(text, steers)
}

/// JSON text with escapes for the control characters that JSON lets stand as they are.
pub(crate) fn plain_json(json: String) -> String {
    let raw = |char: char| matches!(char, '\u{7f}'..='\u{9f}');
    if !json.contains(raw) {
        return json;
    }
    let escaped = |char: char| if raw(char) { format!("\\u{:04x}", char as u32) } else { char.to_string() };
    json.chars().map(escaped).collect()
}

fn replaced(text: &str, stops: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&stops) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|char| if stops(char) { picture(char) } else { char }).collect())
}

fn steers(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A visible stand-in.
fn picture(char: char) -> char {
    match char {
        '\n' | '\t' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(char)).unwrap_or(UNKNOWN),
        '\u{7f}' => '\u{2421}',
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_comes_through() {
        let rows = [
            ("Grüße, 世界 👋🏽", "Grüße, 世界 👋🏽"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "␛[2J␛]0;title␇"),
            ("\u{9b}31mred", "\u{fffd}31mred"),
            ("over\rwritten\u{8}\u{7f}", "over␍written␈␡"),
            ("user\u{202e}txt.exe\u{2069}", "user\u{fffd}txt.exe\u{fffd}"),
        ];
        for (text, expected) in rows {
            assert_eq!(plain(text), expected);
            assert_eq!(plain_line(text), expected);
        }
        assert_eq!(plain("a\n\tb"), "a\n\tb");
        assert_eq!(plain_line("a\n\tb"), "a  b");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "text": "a\u{9b}31m\u{7f}\u{1b}" });
        let text = plain_json(value.to_string());
        assert!(text.is_ascii(), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
