//! Words, sentences, concepts and numbers of plain text. Nothing here knows of tasks or tools.

pub(crate) mod concept;
pub(crate) mod excerpt;
pub(crate) mod language;
pub(crate) mod lexicon;
pub(crate) mod number;
pub(crate) mod sentence;
pub(crate) mod similar;
pub(crate) mod word;

/// A count as a real number; counts beyond 32 bits do not occur in what one answer looks at.
pub(crate) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// The text on one line: every run of white space becomes one space.
pub(crate) fn flat(text: &str) -> String {
    let mut flat = String::with_capacity(text.len());
    for part in text.split_whitespace() {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(part);
    }
    flat
}

/// How many words a person would count.
pub(crate) fn word_count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// At most `words_max` words, with an ellipsis where something was left out.
pub(crate) fn shortened(text: &str, words_max: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= words_max {
        return words.join(" ");
    }
    format!("{} …", words[..words_max].join(" "))
}
