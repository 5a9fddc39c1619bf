//! Words with their place and stem.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// First byte.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// Lower case, stemmed, in one spelling.
    pub(crate) stem: String,
}

/// All words of `text` in order. Hyphens divide words, underscores and inner dots do not.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let stemmer = Stemmer::create(Algorithm::English);
    let word = |(start, word): (usize, &str)| {
        let (start, word) = (start + elided(word), &word[elided(word)..]);
        Word { start, end: start + word.len(), stem: stem(&stemmer, word) }
    };
    text.unicode_word_indices().map(word).collect()
}

/// Bytes of an elided article or pronoun before a word: `l'employeur`, `d’essai`, `dell'anno`.
fn elided(word: &str) -> usize {
    const ELIDED: [&str; 15] =
        ["l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "dell", "all", "nell", "sull"];
    let Some((at, mark)) = word.char_indices().find(|(_, c)| matches!(c, '\'' | '’')) else { return 0 };
    let rest = at + mark.len_utf8();
    if ELIDED.contains(&word[..at].to_lowercase().as_str()) && word.len() - rest > 1 { rest } else { 0 }
}

/// The stems of `text` in order.
pub(crate) fn stems(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.stem).collect()
}

fn stem(stemmer: &Stemmer, word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    let bare = lower.strip_suffix("'s").unwrap_or(&lower);
    let stem = stemmer.stem(bare);
    if stem.ends_with("ifi") {
        // `modified` and `modification` are one word.
        return stem[..stem.len() - 1].to_owned();
    }
    american(&stem).map_or_else(|| stem.into_owned(), str::to_owned)
}

/// One spelling for words that are written in two ways.
fn american(stem: &str) -> Option<&'static str> {
    const PAIRS: [(&str, &str); 22] = [
        ("licenc", "licens"),
        ("sublicenc", "sublicens"),
        ("relicenc", "relicens"),
        ("behaviour", "behavior"),
        ("colour", "color"),
        ("favour", "favor"),
        ("honour", "honor"),
        ("labour", "labor"),
        ("centr", "center"),
        ("catalogu", "catalog"),
        ("programm", "program"),
        ("organis", "organ"),
        ("recognis", "recogn"),
        ("authoris", "author"),
        ("authoriz", "author"),
        ("optimis", "optim"),
        ("initialis", "initi"),
        ("normalis", "normal"),
        ("serialis", "serial"),
        ("synchronis", "synchron"),
        ("defenc", "defens"),
        ("offenc", "offens"),
    ];
    PAIRS.iter().find(|(british, _)| *british == stem).map(|(_, american)| *american)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_place_and_one_spelling() {
        let text = "The licence's “redistribution” of pg_dump 2.0";
        for word in words(text) {
            assert!(text.get(word.start..word.end).is_some(), "{word:?}");
        }
        assert_eq!(stems(text), ["the", "licens", "redistribut", "of", "pg_dump", "2.0"]);
        let same = [
            ("licensing licences", "license licensed"),
            ("behaviour colours", "behavior colors"),
            ("Authorised", "authorized"),
            ("the program’s", "the program's"),
        ];
        for (one, other) in same {
            assert_eq!(stems(one), stems(other), "{one} {other}");
        }
        assert_eq!(
            stems("l'employeur d’essai don't s'il o'clock"),
            ["employeur", "essai", "don't", "il", "o'clock"]
        );
        assert!(stems(" … – ").is_empty());
        assert_eq!(stems("modified notified"), stems("modification notification"));
    }
}
