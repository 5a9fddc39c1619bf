//! Documents that a question names: by file name, or nearly (`GPLv3`, `the Apache licence`).

use std::ops::Range;

use divisi_llm::inputs::DocumentBrief;

use crate::extractive::text::lexicon::{is_soft, is_stop};
use crate::extractive::text::word::stems;

/// A place in the question where documents are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    /// Bytes of the question.
    pub(crate) place: Range<usize>,
    /// Positions of the documents.
    pub(crate) documents: Vec<usize>,
}

/// Positions of all named documents, sorted.
pub(crate) fn documents(mentions: &[Mention]) -> Vec<usize> {
    let mut named: Vec<usize> = mentions.iter().flat_map(|mention| mention.documents.clone()).collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// Where `text` names which of `documents`.
pub(crate) fn mentions(text: &str, documents: &[DocumentBrief]) -> Vec<Mention> {
    let tokens = tokens(text);
    let names: Vec<[String; 2]> = documents.iter().map(|document| names(&document.file)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mention = (1..=4)
            .rev()
            .filter(|count| at + count <= tokens.len())
            .find_map(|count| exact(text, &tokens[at..at + count], &names).map(|mention| (count, mention)));
        if let Some((count, mention)) = mention {
            found.push(mention);
            at += count;
        } else {
            found.extend(by_family(text, &tokens[at], documents));
            at += 1;
        }
    }
    found
}

/// The name without extension and punctuation, once with and once without a closing `.0`.
fn names(file: &str) -> [String; 2] {
    let stem = stem(file);
    [plain(stem), plain(stem.strip_suffix(".0").unwrap_or(stem))]
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().any(char::is_alphabetic) && !stem.is_empty() => stem,
        _ => name,
    }
}

/// Letters and digits in lower case; a `v` before a digit is left out.
fn plain(text: &str) -> String {
    let letters: Vec<char> = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let kept = |(at, c): (usize, &char)| {
        let version = *c == 'v' && at > 0 && letters.get(at + 1).is_some_and(char::is_ascii_digit);
        (!version).then_some(*c)
    };
    letters.iter().enumerate().filter_map(kept).collect()
}

fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    for part in text.split_whitespace() {
        // `split_whitespace` yields slices of `text`.
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        let lead = part.len() - part.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        let bare = part.trim_matches(|c: char| !c.is_alphanumeric());
        let bare = bare.strip_suffix("'s").or(bare.strip_suffix("’s")).unwrap_or(bare);
        tokens.push(start + lead..start + lead + bare.len());
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

fn exact(text: &str, tokens: &[Range<usize>], names: &[[String; 2]]) -> Option<Mention> {
    let place = tokens.first()?.start..tokens.last()?.end;
    let filler = |word: &str| matches!(word.to_lowercase().as_str(), "version" | "v");
    let opens_or_ends_in_filler =
        [tokens.first()?, tokens.last()?].iter().any(|token| filler(&text[(*token).clone()]));
    if opens_or_ends_in_filler {
        return None;
    }
    let joined: String =
        tokens.iter().map(|token| &text[token.clone()]).filter(|word| !filler(word)).map(plain).collect();
    let single = (tokens.len() == 1).then(|| plain(stem(&text[place.clone()])));
    let spelt =
        |spelling: &String| spelling.len() > 1 && (*spelling == joined || single.as_ref() == Some(spelling));
    let documents: Vec<usize> = (0..names.len()).filter(|at| names[*at].iter().any(spelt)).collect();
    let common = tokens.len() == 1 && text[place.clone()].chars().all(char::is_lowercase);
    (!documents.is_empty() && !common).then_some(Mention { place, documents })
}

/// A capitalised word that begins the names of documents: `Apache` for `Apache-2.0`.
fn by_family(text: &str, token: &Range<usize>, documents: &[DocumentBrief]) -> Option<Mention> {
    let word = &text[token.clone()];
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    let telling =
        word.chars().count() >= 3 && stems(word).iter().all(|stem| !is_stop(stem) && !is_soft(stem));
    if !capital || !telling {
        return None;
    }
    let word = word.to_lowercase();
    let family =
        |file: &str| stem(file).to_lowercase().split(|c: char| !c.is_alphanumeric()).next() == Some(&word);
    let named: Vec<usize> = (0..documents.len()).filter(|at| family(&documents[*at].file)).collect();
    (!named.is_empty()).then(|| Mention { place: token.clone(), documents: named })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let files = [
            "Apache-2.0",
            "Artistic",
            "GPL-2",
            "GPL-3",
            "MPL-1.1",
            "MPL-2.0",
            "notes/ubuntu.csv",
            "git-rebase.txt",
        ];
        let briefs: Vec<DocumentBrief> = files
            .iter()
            .map(|file| DocumentBrief { file: (*file).to_owned(), ..DocumentBrief::default() })
            .collect();
        let named: Vec<&str> = documents(&mentions(text, &briefs)).into_iter().map(|at| files[at]).collect();
        assert_eq!(named, expected, "{text}");
    }

    #[test]
    fn documents_are_named_exactly_or_nearly() {
        check("Compare GPL-2, GPL-3's and the Apache licence", &["Apache-2.0", "GPL-2", "GPL-3"]);
        check("What does GPLv3 say?", &["GPL-3"]);
        check("the GPL version 3 and MPL 2.0", &["GPL-3", "MPL-2.0"]);
        check("MPL 2 against Artistic", &["Artistic", "MPL-2.0"]);
        check("how many rows has ubuntu.csv?", &["notes/ubuntu.csv"]);
        check("how does git rebase work", &["git-rebase.txt"]);
        check("an artistic choice about rebase", &[]);
        check("the MIT licence", &[]);
        check("GPL-2 or gpl-3, that is the question", &["GPL-2", "GPL-3"]);
        check("MPL", &["MPL-1.1", "MPL-2.0"]);
        check("Compare all MPL versions with Apache", &["Apache-2.0", "MPL-1.1", "MPL-2.0"]);
        check("ubuntu.csv and notes/ubuntu.csv", &["notes/ubuntu.csv"]);
        check("git-rebase.txt, please", &["git-rebase.txt"]);
        check("“Apache-2.0”", &["Apache-2.0"]);
        check("", &[]);
        check("version", &[]);
    }
}
