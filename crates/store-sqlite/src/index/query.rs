//! What a person typed, as an FTS5 expression that cannot be a syntax error.

/// Words of one query; more are left out.
const WORDS_MAX: usize = 16;
/// Characters of one word; more are cut.
const WORD_CHARS_MAX: usize = 64;
/// A shorter last word is not taken as the beginning of one: it would begin half the dictionary.
const PREFIX_CHARS_MIN: usize = 3;

/// The words of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// All but the last, as they stand.
    before: Vec<String>,
    last: String,
}

/// The words of a query; `None` where it has none.
pub(super) fn words(query: &str) -> Option<Words> {
    let mut pieces: Vec<String> = query
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|piece| piece.chars().any(char::is_alphanumeric))
        .take(WORDS_MAX)
        .map(|piece| piece.chars().take(WORD_CHARS_MAX).collect())
        .collect();
    let last = pieces.pop()?;
    Some(Words { before: pieces, last })
}

impl Words {
    /// All of them as they stand.
    pub(super) fn whole(&self) -> String {
        self.with(quoted(&self.last))
    }

    /// The last one as the beginning of a word, where it is long enough.
    pub(super) fn begun(&self) -> Option<String> {
        let letters = self.last.chars().filter(|character| character.is_alphanumeric()).count();
        (letters >= PREFIX_CHARS_MIN).then(|| self.with(format!("{} *", quoted(&self.last))))
    }

    /// The last one as any of `ends`.
    pub(super) fn ending(&self, ends: &[String]) -> String {
        let ends: Vec<String> = ends.iter().map(|word| quoted(word)).collect();
        self.with(format!("({})", ends.join(" OR ")))
    }

    /// The last one as the index has it, where that is beyond doubt: folding other letters is the index's own affair.
    pub(super) fn beginning(&self) -> Option<String> {
        self.last.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| self.last.to_ascii_lowercase())
    }

    fn with(&self, last: String) -> String {
        self.before.iter().map(|word| quoted(word)).chain([last]).collect::<Vec<_>>().join(" AND ")
    }
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_the_last_one_may_go_on() {
        let rows = [
            ("license", r#""license""#, true),
            ("who owns it", r#""who" AND "owns" AND "it""#, false),
            (r#"say "hi there""#, r#""say" AND """hi" AND "there""""#, true),
            ("a\u{0}OR b:c", r#""a" AND "OR" AND "b:c""#, false),
            ("NOT NEAR(x)", r#""NOT" AND "NEAR(x)""#, true),
        ];
        for (typed, whole, begins) in rows {
            let words = words(typed).unwrap();
            assert_eq!(words.whole(), whole, "{typed:?}");
            assert_eq!(words.begun(), begins.then(|| format!("{whole} *")), "{typed:?}");
        }
        for typed in ["", "  \n\t - * \" ( ) :"] {
            assert_eq!(words(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_beginning_is_what_the_index_would_make_of_it() {
        let beginning = |typed| words(typed).unwrap().beginning();
        assert_eq!(beginning("the LICence2"), Some("licence2".to_owned()));
        for other in ["Müller", "b:c", "\"lic", "x*"] {
            assert_eq!(beginning(other), None, "{other:?}");
        }
        let ends = ["licence".to_owned(), "li\"c".to_owned()];
        assert_eq!(words("patent lic").unwrap().ending(&ends), r#""patent" AND ("licence" OR "li""c")"#);
    }

    #[test]
    fn a_long_query_is_cut() {
        let long = "word ".repeat(100) + &"x".repeat(10_000);
        assert_eq!(words(&long).unwrap().whole().matches("word").count(), WORDS_MAX);
        assert!(words(&"y".repeat(10_000)).unwrap().whole().len() < 100);
    }
}
