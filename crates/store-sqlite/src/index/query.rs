//! What a person typed, as an FTS5 expression that cannot be a syntax error.

use divisi_domain::id::WorkspaceId;

/// Words of one query; more are left out.
const WORDS_MAX: usize = 16;
/// Characters of one word; more are cut.
const WORD_CHARS_MAX: usize = 64;
/// A shorter last word is not taken as the beginning of one: it would begin half the dictionary.
const PREFIX_CHARS_MIN: usize = 3;

/// The words of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// All of them as they stand.
    pub(super) whole: String,
    /// The last one as the beginning of a word, where it is long enough.
    pub(super) begun: Option<String>,
}

/// The quoted words of a query; `None` where it has none.
pub(super) fn words(query: &str) -> Option<Words> {
    let pieces: Vec<String> = query
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|piece| piece.chars().any(char::is_alphanumeric))
        .take(WORDS_MAX)
        .map(|piece| piece.chars().take(WORD_CHARS_MAX).collect())
        .collect();
    let last = pieces.last()?;
    let begins = last.chars().filter(|character| character.is_alphanumeric()).count() >= PREFIX_CHARS_MIN;
    let quoted: Vec<String> =
        pieces.iter().map(|piece| format!("\"{}\"", piece.replace('"', "\"\""))).collect();
    let quoted = quoted.join(" AND ");
    Some(Words { begun: begins.then(|| format!("({quoted} *)")), whole: format!("({quoted})") })
}

/// The token by which entries of one workspace are told from all others.
pub(super) fn scope(workspace: WorkspaceId) -> String {
    format!("w{:032x}", u128::from_be_bytes(*workspace.as_bytes()))
}

/// An expression for words in `columns` of the entries of a workspace.
pub(super) fn expression(workspace: WorkspaceId, columns: &str, words: &str) -> String {
    format!("scope : {} AND {{{columns}}} : {words}", scope(workspace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_the_last_one_may_go_on() {
        let rows = [
            ("license", r#"("license")"#, true),
            ("who owns it", r#"("who" AND "owns" AND "it")"#, false),
            (r#"say "hi there""#, r#"("say" AND """hi" AND "there""")"#, true),
            ("a\u{0}OR b:c", r#"("a" AND "OR" AND "b:c")"#, false),
            ("NOT NEAR(x)", r#"("NOT" AND "NEAR(x)")"#, true),
        ];
        for (typed, whole, begins) in rows {
            let words = words(typed).unwrap();
            assert_eq!(words.whole, whole, "{typed:?}");
            let begun = whole.strip_suffix(')').filter(|_| begins).map(|open| format!("{open} *)"));
            assert_eq!(words.begun, begun, "{typed:?}");
        }
        for typed in ["", "  \n\t - * \" ( ) :"] {
            assert_eq!(words(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_long_query_is_cut() {
        let long = "word ".repeat(100) + &"x".repeat(10_000);
        let quoted = words(&long).unwrap().whole;
        assert_eq!(quoted.matches("word").count(), WORDS_MAX);
        assert!(words(&"y".repeat(10_000)).unwrap().whole.len() < 100);
    }
}
