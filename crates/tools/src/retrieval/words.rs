//! Words as they are indexed: lower case, stemmed in the language of their document (Snowball), identifiers and
//! versions kept whole beside their parts.

use rust_stemmers::Stemmer;
use unicode_segmentation::UnicodeSegmentation;

use super::language::Language;

/// Bytes of a word that count; the rest of a longer one is noise.
const WORD_BYTES_MAX: usize = 64;

/// Words that carry no topic, in lower case.
const STOP_WORDS: &str = " a about above after again all also am an and any are as at be because been before being below \
between both but by can cannot could did do does doing down during each few for from further had has have having he her \
here hers him his how i if in into is it its itself just me more most my no nor not of off on once only or other our ours \
out over own same shall she should so some such than that the their theirs them then there these they this those through \
to too under until up upon us very was we were what when where which while who whom whose why will with would you your yours ";

/// Whether a word, in lower case, carries no topic.
pub(super) fn is_stop_word(word: &str) -> bool {
    !word.is_empty() && !word.contains(' ') && STOP_WORDS.contains(&format!(" {word} "))
}

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    pub(super) shape: Shape,
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One word.
    Simple,
    /// Words joined without a blank: `GPL-3.0`, `git-rebase`, `/etc/hosts`. Its parts follow by themselves.
    Compound,
}

/// The words of a text: before the parts of a compound the compound itself.
pub(super) fn for_each_word<'a>(text: &'a str, mut each: impl FnMut(Word<'a>)) {
    let mut at = 0;
    while let Some(start) = next_word_start(text, at) {
        let (end, parts) = chain(text, start);
        if parts > 1 {
            each(Word { text: clipped(&text[start..end]), shape: Shape::Compound });
        }
        simple_words(&text[start..end], &mut each);
        at = end;
    }
}

fn next_word_start(text: &str, from: usize) -> Option<usize> {
    text[from..].char_indices().find(|(_, c)| c.is_alphanumeric()).map(|(at, _)| from + at)
}

/// The end of a chain of words that single joining characters hold together, and how many they are.
fn chain(text: &str, start: usize) -> (usize, usize) {
    let (mut end, mut parts) = (word_end(text, start), 1);
    loop {
        let mut rest = text[end..].chars();
        let (Some(joint), Some(after)) = (rest.next(), rest.next()) else { return (end, parts) };
        if !is_joint(joint) || !after.is_alphanumeric() {
            return (suffixed(text, end), parts + usize::from(suffixed(text, end) > end));
        }
        end = word_end(text, end + joint.len_utf8());
        parts += 1;
    }
}

/// `C++` and `C#` keep their marks.
fn suffixed(text: &str, end: usize) -> usize {
    match &text[end..] {
        rest if rest.starts_with("++") => end + 2,
        rest if rest.starts_with('#') => end + 1,
        _ => end,
    }
}

fn is_joint(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | '/' | ':' | '@' | '+' | '&')
}

fn word_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        if bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        let apostrophe = matches!(c, '\'' | '’')
            && at > start
            && text[at + c.len_utf8()..].chars().next().is_some_and(char::is_alphabetic);
        if !(apostrophe || (!c.is_ascii() && (c.is_alphanumeric() || is_mark(c)))) {
            break;
        }
        at += c.len_utf8();
    }
    at
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

fn simple_words<'a>(chain: &'a str, each: &mut impl FnMut(Word<'a>)) {
    for part in chain.split(|c: char| is_joint(c) || c == '#').filter(|part| !part.is_empty()) {
        let mut simple = |text| each(Word { text: clipped(text), shape: Shape::Simple });
        // Scripts without blanks between words need the algorithm.
        if part.chars().any(|c| c >= '\u{2e80}') {
            part.unicode_words().for_each(simple);
        } else {
            simple(part);
        }
    }
}

fn clipped(word: &str) -> &str {
    &word[..word.floor_char_boundary(WORD_BYTES_MAX)]
}

/// Turns words of one language into index terms.
pub(super) struct Stems {
    stemmer: Stemmer,
    language: Language,
}

impl std::fmt::Debug for Stems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stems").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Stems {
    pub(super) fn of(language: Language) -> Self {
        Self { stemmer: Stemmer::create(language.algorithm()), language }
    }

    /// Their language.
    pub(super) const fn language(&self) -> Language {
        self.language
    }

    /// The term of a word. Compounds and words with digits keep their form.
    pub(super) fn term(&self, word: Word<'_>) -> String {
        let lower = word.text.to_lowercase().replace('’', "'");
        let english = self.language == Language::English;
        match word.shape {
            Shape::Simple
                if english && lower.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'\'') =>
            {
                self.stemmer.stem(&lower).into_owned()
            }
            Shape::Simple if !english && lower.chars().all(|c| c.is_alphabetic() || c == '\'') => {
                self.stemmer.stem(without_article(&lower)).into_owned()
            }
            Shape::Simple | Shape::Compound => lower,
        }
    }
}

/// `l'employeur` without what is elided before it.
fn without_article(word: &str) -> &str {
    match word.split_once('\'') {
        Some((before, rest)) if before.len() <= 6 && rest.len() > 1 => rest,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let stems = Stems::of(Language::English);
        let mut found = Vec::new();
        for_each_word(text, |word| found.push(stems.term(word)));
        found
    }

    #[test]
    fn words_are_stemmed_and_identifiers_kept() {
        let rows: &[(&str, &[&str])] = &[
            ("Conveying modified versions", &["convey", "modifi", "version"]),
            ("GPL-3.0", &["gpl-3.0", "gpl", "3", "0"]),
            ("the licensee's, don’t", &["the", "license", "don't"]),
            ("/etc/apt/sources.list.", &["etc/apt/sources.list", "etc", "apt", "sourc", "list"]),
            ("utf8_general --force", &["utf8_general", "utf8", "general", "forc"]),
            ("C++ and C# in 2024", &["c++", "c", "and", "c#", "c", "in", "2024"]),
            ("Größe ÉCOLE", &["größe", "école"]),
            ("これは文", &["こ", "れ", "は", "文"]),
            ("... --- !!!", &[]),
        ];
        for (text, expected) in rows {
            assert_eq!(terms(text), *expected, "{text}");
        }
    }

    #[test]
    fn other_languages_have_word_forms_of_their_own() {
        let term = |language, text| Stems::of(language).term(Word { text, shape: Shape::Simple });
        let rows = [
            (Language::German, "Häuser", "Haus"),
            (Language::German, "Kündigungen", "Kündigung"),
            (Language::French, "l’employeur", "employeurs"),
            (Language::Spanish, "billetes", "billete"),
            (Language::Italian, "dell'articolo", "articoli"),
        ];
        for (language, one, other) in rows {
            assert_eq!(term(language, one), term(language, other), "{one} {other}");
        }
        assert_eq!(term(Language::German, "B12"), "b12");
    }

    #[test]
    fn endless_words_are_clipped_between_characters() {
        let found = terms(&"ü".repeat(1_000));
        assert_eq!(found, ["ü".repeat(WORD_BYTES_MAX / 2)]);
    }

    #[test]
    fn stop_words_are_whole_words() {
        for (word, stop) in [
            ("the", true),
            ("which", true),
            ("her", true),
            ("license", false),
            ("th", false),
            ("", false),
            (" ", false),
        ] {
            assert_eq!(is_stop_word(word), stop, "{word}");
        }
    }
}
