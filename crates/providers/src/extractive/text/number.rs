//! Numbers and dates in a text, and words that count.

use std::collections::BTreeSet;

const NUMBER_WORDS: [&str; 55] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "twenty", "thirty", "sixty", "ninety", "hundred", "thousand", "million", "once", "twice",
    "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "zwölf", "zwanzig", "dreißig",
    "hundert", "deux", "trois", "quatre", "cinq", "sept", "huit", "neuf", "dix", "onze", "douze", "quinze",
    "vingt", "trente", "tres", "cuatro", "seis", "ocho", "nueve", "diez", "quattro",
];

/// The numbers of a text as written, digits only where they stand in a word of their own.
pub(crate) fn numbers(text: &str) -> BTreeSet<String> {
    text.split(|c: char| c.is_whitespace() || "()[]{}\"“”'‘’;".contains(c))
        .map(|token| token.trim_matches(|c: char| !c.is_alphanumeric() && c != '%'))
        .filter(|token| token.chars().next().is_some_and(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// The digits of a small number word.
pub(crate) fn digit(word: &str) -> Option<&'static str> {
    const DIGITS: [(&str, &str); 10] = [
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
        ("six", "6"),
        ("seven", "7"),
        ("eight", "8"),
        ("nine", "9"),
        ("ten", "10"),
    ];
    DIGITS.iter().find(|(known, _)| *known == word).map(|(_, digit)| *digit)
}

/// Whether a word is a year of our time: four digits from 1000 to 2999.
pub(crate) fn is_year(word: &str) -> bool {
    word.len() == 4 && word.starts_with(['1', '2']) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text has a number in digits or words.
pub(crate) fn has_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) || {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphabetic()).any(|word| NUMBER_WORDS[2..].contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_as_written() {
        let found: Vec<String> =
            numbers("Within 30 days (or 2004-03-05), 12.5 % of $100; SHA1 not").into_iter().collect();
        assert_eq!(found, ["100", "12.5", "2004-03-05", "30"]);
        assert!(is_year("1991") && is_year("2026") && !is_year("30") && !is_year("9999") && !is_year("199x"));
        assert!(has_number("within thirty days") && !has_number("no one knows"));
    }
}
