//! When two statements say the same.

use std::collections::BTreeSet;

use super::real;

/// Statements at least this alike are near-duplicates.
pub(crate) const DUPLICATE: f64 = 0.8;

const NEGATIONS: [&str; 6] = ["not", "no", "never", "none", "cannot", "without"];

/// The content of a statement: its stems and their neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fingerprint(BTreeSet<String>);

impl Fingerprint {
    /// Of the stems of a statement in order.
    pub(crate) fn of(stems: &[String]) -> Self {
        let pairs = stems.windows(2).map(|pair| format!("{} {}", pair[0], pair[1]));
        Self(stems.iter().cloned().chain(pairs).collect())
    }

    /// Of a text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::of(&super::word::stems(text))
    }

    /// Shared content over all content, 0 to 1.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let shared = self.0.intersection(&other.0).count();
        let all = self.0.len() + other.0.len() - shared;
        if all == 0 { 0.0 } else { real(shared) / real(all) }
    }

    /// Whether they say the same: alike, with the same numbers and as often `not`.
    pub(crate) fn duplicates(&self, other: &Self) -> bool {
        self.decisive() == other.decisive() && self.likeness(other) >= DUPLICATE
    }

    /// Words that change what is said, however alike the rest is.
    fn decisive(&self) -> BTreeSet<&str> {
        let decides = |stem: &&str| {
            NEGATIONS.contains(stem) || stem.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        self.0.iter().map(String::as_str).filter(decides).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_and_case_do_not_matter_but_words_do() {
        let one = Fingerprint::of_text("You may convey  verbatim copies of the Program's source code.");
        let same = Fingerprint::of_text("you may convey verbatim\ncopies of the program's source code");
        let other =
            Fingerprint::of_text("You may not convey anything if you cannot satisfy the obligations.");
        assert!(one.duplicates(&same));
        assert!(!one.duplicates(&other));
        let within = |text: &str| Fingerprint::of_text(text);
        let days =
            "The violation has to be cured by the licensee within 30 days after the receipt of the notice";
        assert!(!within(days).duplicates(&within(&days.replace("30", "60"))));
        let likeness = |a: &str, b: &str| Fingerprint::of_text(a).likeness(&Fingerprint::of_text(b));
        assert!(likeness("a red fox", "a red fox") > 0.99);
        assert!(likeness("a red fox", "green trees grow") < 0.01);
        assert!(
            likeness("a red fox runs", "a red fox sleeps") > likeness("a red fox runs", "fox red a runs")
        );
        assert!(likeness("", "") < 0.01);
        assert!(!within(days).duplicates(&within(&days.replace("has to", "has not to"))));
    }
}
