//! What never reaches a file: keys, and whose home folder a path goes through.
//!
//! Taking out twice is the same as once, and a text that was taken through comes out the same inside of another text: a
//! replayed answer goes into later prompts without what was taken out, and these prompts must fit what was recorded.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What stands where a key was.
pub const KEY: &str = "[key]";
/// What stands where the path of a home folder was.
pub const HOME: &str = "[home]";

/// Known secrets shorter than this are words such as `none` or `ollama`, which servers without keys are given.
const SECRET_BYTES_MIN: usize = 8;
/// How deep a text may lie in strings of JSON in strings of JSON.
const STRINGS_IN_STRINGS: usize = 3;
/// Characters after the beginning of a key, at least.
const KEY_TAIL_CHARS_MIN: usize = 16;
/// Beginnings of keys of well-known services.
const KEY_BEGINNINGS: [&str; 16] = [
    "sk-",
    "sk_",
    "pk-",
    "pk_",
    "rk-",
    "rk_",
    "AIza",
    "gsk_",
    "hf_",
    "xai-",
    "ghp_",
    "gho_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
    "AKIA",
];
const BLOCK_BEGINS: &str = "-----BEGIN ";
const BLOCK_KIND: &str = "PRIVATE KEY-----";
const BLOCK_ENDS: &str = "-----END ";
/// Folders that homes lie in.
const HOMES: [&str; 2] = ["/home/", "/Users/"];

/// Takes secrets out of texts.
#[derive(Clone, Default)]
pub struct Redaction {
    secrets: Vec<SecretString>,
    homes: Vec<String>,
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

impl Redaction {
    /// Takes out `secrets` and the folders `homes` beside what looks like a key or a home folder anyway.
    pub fn new(secrets: Vec<SecretString>, homes: Vec<String>) -> Self {
        let mut secrets: Vec<SecretString> =
            secrets.into_iter().filter(|secret| secret.expose_secret().len() >= SECRET_BYTES_MIN).collect();
        // One that begins another must not leave the other's end behind.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
        let named = |home: &String| home.trim_end_matches('/').len() > 1;
        let mut homes: Vec<String> = homes.into_iter().filter(named).collect();
        for home in &mut homes {
            home.truncate(home.trim_end_matches('/').len());
        }
        homes.sort_by_key(|home| std::cmp::Reverse(home.len()));
        Self { secrets, homes }
    }

    /// `text` without them.
    pub fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in self.secrets.iter().map(ExposeSecret::expose_secret) {
            let mut written = secret.to_owned();
            for _ in 0..=STRINGS_IN_STRINGS {
                if clean.contains(&written) {
                    clean = clean.replace(&written, KEY);
                }
                written = escaped(&written);
            }
        }
        for home in self.homes.iter().filter(|home| text.contains(home.as_str())) {
            clean = without_folder(&clean, home);
        }
        scanned(&without_blocks(&clean))
    }

    /// What is left of a text that was cut into its lines: a secret may lie over several of them. `None` where nothing is
    /// taken out.
    fn lines(&self, items: &[Value]) -> Option<Vec<Value>> {
        let text = joined(items)?;
        let clean = self.text(&text);
        (clean != text).then(|| clean.split('\n').map(Value::from).collect())
    }

    /// All texts in `value`, names of fields included; a list of texts is also seen as the lines of one.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => match self.lines(items) {
                Some(clean) => *items = clean,
                None => items.iter_mut().for_each(|item| self.value(item)),
            },
            Value::Object(fields) => {
                let old = std::mem::take(fields);
                for (name, mut field) in old {
                    self.value(&mut field);
                    fields.insert(self.text(&name), field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The items as one text, where they may be the lines of one.
fn joined(items: &[Value]) -> Option<String> {
    let line = |item: &Value| item.as_str().filter(|line| !line.contains('\n')).map(str::to_owned);
    let lines: Vec<String> = items.iter().map(line).collect::<Option<_>>()?;
    Some(lines.join("\n"))
}

/// As it stands inside of a string of JSON.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// A named folder, not one whose name only begins the same.
fn without_folder(text: &str, folder: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(folder) {
        clean.push_str(before);
        let ends = !after.starts_with(in_name);
        clean.push_str(if ends { HOME } else { folder });
        rest = after;
    }
    clean + rest
}

/// Blocks of private keys, to the end of the text where the end of one is missing.
fn without_blocks(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((at, after)) = block(rest) {
        clean.push_str(&rest[..at]);
        clean.push_str(KEY);
        let end = after.find(BLOCK_ENDS).map(|end| &after[end + BLOCK_ENDS.len()..]);
        rest = end.and_then(|end| end.split_once("-----")).map_or("", |(_, behind)| behind);
    }
    clean + rest
}

/// Where a block begins, and what follows its first line.
fn block(text: &str) -> Option<(usize, &str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find(BLOCK_BEGINS) {
        let at = from + found;
        let kind = &text[at + BLOCK_BEGINS.len()..];
        // `RSA `, `EC `, `ENCRYPTED `, `OPENSSH `, or nothing.
        let word = kind.find(|char: char| !char.is_ascii_uppercase() && char != ' ').unwrap_or(kind.len());
        if let Some(start) = kind.find(BLOCK_KIND).filter(|start| *start <= word) {
            return Some((at, &kind[start + BLOCK_KIND.len()..]));
        }
        from = at + BLOCK_BEGINS.len();
    }
    None
}

/// Keys and homes by their look.
fn scanned(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (kept, taken) = match looked_at(text, text.len() - rest.len()) {
            Some((instead, length)) => (instead, length),
            None => (&rest[..char.len_utf8()], char.len_utf8()),
        };
        clean.push_str(kept);
        rest = &rest[taken..];
    }
    clean
}

/// What stands instead of what begins at `at`, and how long that is.
fn looked_at(text: &str, at: usize) -> Option<(&'static str, usize)> {
    let (before, rest) = (&text[..at], &text[at..]);
    // Most characters begin nothing.
    if !rest.starts_with(['s', 'p', 'r', 'A', 'g', 'h', 'x', '/', '\\']) {
        return None;
    }
    if let Some(beginning) = KEY_BEGINNINGS.iter().find(|beginning| rest.starts_with(**beginning)) {
        let tail = &rest[beginning.len()..];
        let length = tail.find(|char: char| !in_key(char)).unwrap_or(tail.len());
        return (begins(before) && is_key(&tail[..length])).then_some((KEY, beginning.len() + length));
    }
    let folder = HOMES.iter().find(|folder| rest.starts_with(**folder)).map(|folder| folder.len());
    let folder = folder.or_else(|| of_windows(rest))?;
    let name = &rest[folder..];
    let length = name.find(|char: char| !in_name(char)).unwrap_or(name.len());
    (length > 0 && is_rooted(before)).then_some((HOME, folder + length))
}

/// The length of `\Users\`, with as many backslashes as strings in strings need.
fn of_windows(rest: &str) -> Option<usize> {
    let behind = rest.trim_start_matches('\\');
    let slashes = &rest[..rest.len() - behind.len()];
    let name = behind.strip_prefix("Users")?.strip_prefix(slashes).filter(|_| !slashes.is_empty())?;
    Some(rest.len() - name.len())
}

/// Whether something may begin after `before`: a word does not go on, other than as the `n` of an escaped line end.
fn begins(before: &str) -> bool {
    let mut last = before.chars().rev();
    match last.next() {
        Some('n' | 'r' | 't') => last.next() == Some('\\'),
        Some(char) => !char.is_alphanumeric(),
        None => true,
    }
}

fn is_rooted(before: &str) -> bool {
    begins(before) && (before.ends_with("file://") || !before.ends_with(['.', '_', '-', '/', '~', ']', '\\']))
}

/// A key has a digit, and is no row of words with hyphens.
fn is_key(tail: &str) -> bool {
    let has = |is: fn(&char) -> bool| tail.chars().any(|char| is(&char));
    let random = has(char::is_ascii_uppercase) || !has(|char| *char == '-');
    tail.len() >= KEY_TAIL_CHARS_MIN && has(char::is_ascii_digit) && random
}

const fn in_key(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_')
}

fn in_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '.' | '-' | '_')
}
