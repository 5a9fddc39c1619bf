//! The part of a long statement that speaks of what is asked.

use super::word::stems;

/// What a part gains that begins where a clause does.
const CLAUSE: f64 = 0.3;

/// The whole text where it has at most `words_max` words, else the run of so many words that weighs most; of several
/// the first. An ellipsis stands where words were left out.
pub(crate) fn excerpt(text: &str, words_max: usize, weight: impl Fn(&str) -> f64) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let length = words_max.max(1);
    if words.len() <= length {
        return words.join(" ");
    }
    let stems: Vec<Vec<String>> = words.iter().map(|word| stems(word)).collect();
    let mut best = (f64::NEG_INFINITY, 0);
    for start in 0..=words.len() - length {
        let value = held(&stems[start..start + length], &weight) + clause(&words, start);
        if value > best.0 + f64::EPSILON {
            best = (value, start);
        }
    }
    let (start, end) = (best.1, best.1 + length);
    let lead = if start > 0 { "… " } else { "" };
    let trail = if end < words.len() { " …" } else { "" };
    format!("{lead}{}{trail}", words[start..end].join(" "))
}

/// What the distinct words weigh.
fn held(words: &[Vec<String>], weight: &impl Fn(&str) -> f64) -> f64 {
    let distinct: std::collections::BTreeSet<&str> = words.iter().flatten().map(String::as_str).collect();
    distinct.into_iter().map(weight).sum()
}

fn clause(words: &[&str], start: usize) -> f64 {
    match start.checked_sub(1).map(|before| words[before].ends_with([',', ';', ':', '.', ')'])) {
        None | Some(true) => CLAUSE,
        Some(false) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words_max: usize, expected: &str) {
        let weight = |stem: &str| if matches!(stem, "patent" | "grant") { 1.0 } else { 0.0 };
        assert_eq!(excerpt(text, words_max, weight), expected, "{text:?} {words_max}");
    }

    #[test]
    fn the_part_that_weighs_most_is_kept() {
        check("You grant  it.", 3, "You grant it.");
        check("", 3, "");
        check("One two three four", 2, "One two …");
        check(
            "Subject to these terms, each person hereby grants a patent licence",
            4,
            "… hereby grants a patent …",
        );
        check(
            "Subject to terms, each grants patent rights to all of you",
            4,
            "… each grants patent rights …",
        );
        check("A patent here and then again one patent there", 3, "A patent here …");
        check("ä ö ü patent", 0, "… patent");
    }
}
