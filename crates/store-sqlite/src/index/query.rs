//! What a person typed, as an FTS5 expression that cannot be a syntax error.

use divisi_domain::id::WorkspaceId;
use divisi_store::IndexKind;

/// Words of one query; more are left out.
const WORDS_MAX: usize = 16;
/// Characters of one word; more are cut.
const WORD_CHARS_MAX: usize = 64;
/// A shorter last word is not taken as the beginning of one: it would begin half the dictionary.
const PREFIX_CHARS_MIN: usize = 3;

/// The quoted words of a query; `None` where it has none.
pub(super) fn words(query: &str) -> Option<String> {
    let pieces: Vec<String> = query
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|piece| piece.chars().any(char::is_alphanumeric))
        .take(WORDS_MAX)
        .map(|piece| piece.chars().take(WORD_CHARS_MAX).collect())
        .collect();
    let last = pieces.last()?;
    let star = if last.chars().filter(|character| character.is_alphanumeric()).count() >= PREFIX_CHARS_MIN {
        " *"
    } else {
        ""
    };
    let quoted: Vec<String> =
        pieces.iter().map(|piece| format!("\"{}\"", piece.replace('"', "\"\""))).collect();
    Some(format!("({}{star})", quoted.join(" AND ")))
}

/// The tokens by which entries of one workspace are told from all others.
pub(super) fn scope(workspace: WorkspaceId, kind: IndexKind) -> String {
    format!("{} k{}", workspace_token(workspace), kind.code())
}

/// An expression for words in `columns` of the entries of a workspace.
pub(super) fn expression(
    workspace: WorkspaceId,
    kind: Option<IndexKind>,
    columns: &str,
    words: &str,
) -> String {
    let workspace = workspace_token(workspace);
    let kind = kind.map(|kind| format!(" AND scope : k{}", kind.code())).unwrap_or_default();
    format!("scope : {workspace}{kind} AND {{{columns}}} : {words}")
}

fn workspace_token(workspace: WorkspaceId) -> String {
    format!("w{:032x}", u128::from_be_bytes(*workspace.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_the_last_one_may_go_on() {
        let rows = [
            ("", None),
            ("  \n\t - * \" ( ) :", None),
            ("license", Some(r#"("license" *)"#)),
            ("who owns it", Some(r#"("who" AND "owns" AND "it")"#)),
            (r#"say "hi there""#, Some(r#"("say" AND """hi" AND "there""" *)"#)),
            ("a\u{0}OR b:c", Some(r#"("a" AND "OR" AND "b:c")"#)),
            ("NOT NEAR(x)", Some(r#"("NOT" AND "NEAR(x)" *)"#)),
        ];
        for (typed, expected) in rows {
            assert_eq!(words(typed).as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_long_query_is_cut() {
        let long = "word ".repeat(100) + &"x".repeat(10_000);
        let quoted = words(&long).unwrap();
        assert_eq!(quoted.matches("word").count(), WORDS_MAX);
        assert!(words(&"y".repeat(10_000)).unwrap().len() < 100);
    }
}
