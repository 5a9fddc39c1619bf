//! What people may see of the words of a server: bounded, one line, no key, no traceback, no path of its files.

/// The longest excerpt, in characters.
pub const EXCERPT_CHARS_MAX: usize = 240;
/// The most of a text that is looked at, in bytes.
const LOOKED_AT_BYTES_MAX: usize = 4_096;

/// Beginnings of words that are keys.
const KEY_BEGINNINGS: [&str; 9] = ["sk-", "sk_", "pk-", "AIza", "gsk_", "hf_", "xai-", "rk-", "eyJ"];

/// A clean excerpt of `text`; empty where nothing of it may be shown.
pub fn excerpt(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LOOKED_AT_BYTES_MAX)];
    if is_html(text) {
        return title(text).unwrap_or_default();
    }
    if text.contains("Traceback (most recent call last)") {
        return String::new();
    }
    bounded(text)
}

/// Whether a body is a page for people.
pub fn is_html(text: &str) -> bool {
    let start = text.trim_start().get(..15).unwrap_or(text).to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn title(page: &str) -> Option<String> {
    let after = page.split_once("<title>")?.1;
    Some(bounded(after.split_once('<')?.0))
}

fn bounded(text: &str) -> String {
    let mut shown = String::new();
    let printable = text.split(|char: char| char.is_whitespace() || char.is_control());
    for word in printable.filter(|word| !word.is_empty()) {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(shown_word(word));
    }
    if let Some((end, _)) = shown.char_indices().nth(EXCERPT_CHARS_MAX) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}

fn shown_word(word: &str) -> &str {
    let bare =
        word.trim_start_matches(|char: char| !char.is_ascii_alphanumeric() && char != '/' && char != '\\');
    if KEY_BEGINNINGS.iter().any(|key| bare.starts_with(key)) {
        return "[key]";
    }
    if is_path(bare) { "[path]" } else { word }
}

fn is_path(word: &str) -> bool {
    let rooted = word.starts_with('/') && word.matches('/').count() > 1 && !word.starts_with("/v1");
    let windows = word.get(1..3) == Some(":\\");
    rooted || windows || word.starts_with("~/") || word.starts_with("\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_see() {
        let rows = [
            ("plain", "The model is loading.", "The model is loading."),
            ("lines", " a\n\tb\u{1b}[0m ", "a b [0m"),
            ("a key", "Incorrect API key provided: sk-proj-****abcd.", "Incorrect API key provided: [key]"),
            ("a quoted key", "bad 'AIzaSyA' given", "bad [key] given"),
            ("a token", "Bearer eyJhbGciOi", "Bearer [key]"),
            ("a path", "File \"/usr/lib/python3/x.py\", line 3", "File [path] line 3"),
            ("a Windows path", "at C:\\models\\a.gguf", "at [path]"),
            ("an address of the API", "no route /v1/chat/completions", "no route /v1/chat/completions"),
            ("a traceback", "Traceback (most recent call last):\n  File \"x\"", ""),
            (
                "a page",
                "<!DOCTYPE html><html><head><title>502: Bad\ngateway</title></head>",
                "502: Bad gateway",
            ),
            ("a page without a title", "<html><body>x</body></html>", ""),
            ("nothing", "", ""),
        ];
        for (what, text, shown) in rows {
            assert_eq!(excerpt(text), shown, "{what}");
        }
    }

    #[test]
    fn it_is_bounded() {
        let shown = excerpt(&"å ".repeat(10_000));
        assert_eq!(shown.chars().count(), EXCERPT_CHARS_MAX + 1);
        assert!(shown.ends_with('…'));
    }
}
