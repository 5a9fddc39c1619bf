//! Figures with what they measure: `140 euros a night`, `GBP 410 per cubic metre`.

use std::collections::BTreeSet;

use crate::extractive::text::lexicon::{is_soft, is_stop};
use crate::extractive::text::number::is_year;
use crate::extractive::text::real;
use crate::extractive::text::word::{stems, words};

/// Words behind a number that say what it measures.
const UNIT_WORDS_MAX: usize = 3;
/// What two sentences must share of their words with content.
const SHARED_MIN: f64 = 0.3;

/// A number and the stems of what it measures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Figure {
    value: String,
    unit: BTreeSet<String>,
}

/// Whether two sentences give the same thing in the same measure with other numbers.
pub(super) fn measure_the_same(one: &str, other: &str) -> bool {
    let (a, b) = (figures(one), figures(other));
    let (said, heard) = (content(one), content(other));
    let shared: BTreeSet<&String> = said.intersection(&heard).collect();
    let all = said.union(&heard).count().max(1);
    let pair = |x: &Figure, y: &Figure| {
        let unit: BTreeSet<&String> = x.unit.intersection(&y.unit).collect();
        let agree = b.iter().any(|one| one.value == x.value) || a.iter().any(|one| one.value == y.value);
        !unit.is_empty() && !agree && shared.iter().any(|stem| !unit.contains(stem))
    };
    real(shared.len()) / real(all) >= SHARED_MIN && a.iter().any(|x| b.iter().any(|y| pair(x, y)))
}

/// The numbers of a sentence that measure something; years and numbers of clauses measure nothing.
fn figures(text: &str) -> Vec<Figure> {
    let words = words(text);
    let raw = |at: usize| &text[words[at].start..words[at].end];
    let mut found = Vec::new();
    for at in 0..words.len() {
        let number = raw(at).starts_with(|c: char| c.is_ascii_digit());
        let opens = at == 0 && text[words[at].end..].starts_with(['.', ')']);
        if !number || opens || is_year(raw(at)) {
            continue;
        }
        let behind = (at + 1..words.len()).take_while(|next| {
            let gap = &text[words[next - 1].end..words[*next].start];
            !gap.contains([',', ';', '.', ':', '('])
        });
        let telling = behind.filter(|next| !is_stop(&words[*next].stem)).take(UNIT_WORDS_MAX);
        let mut unit: BTreeSet<String> = telling.map(|next| words[next].stem.clone()).collect();
        let before =
            at.checked_sub(1).map(raw).filter(|word| word.len() == 3 && word.chars().all(char::is_uppercase));
        unit.extend(before.map(str::to_lowercase));
        let sign = text[words[at].end..].trim_start().chars().next().filter(|c| "%€$£°".contains(*c));
        unit.extend(sign.map(String::from));
        found.push(Figure { value: raw(at).to_owned(), unit });
    }
    found
}

fn content(text: &str) -> BTreeSet<String> {
    let telling =
        |stem: &String| !is_stop(stem) && !is_soft(stem) && !stem.starts_with(|c: char| c.is_ascii_digit());
    stems(text).into_iter().filter(telling).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_measure_of_the_same_thing_is_compared() {
        let hotel = "Employees may book hotels up to 140 euros a night.";
        let rows = [
            (hotel, "Hotels may cost at most 110 euros a night.", true),
            (hotel, "Hotels may cost at most 140 euros a night.", false),
            (hotel, "A night guard earns 110 euros a night.", false),
            (hotel, "Meals are covered with 38 euros a day.", false),
            (
                "Oak is sold at GBP 385 per cubic metre.",
                "The buyer pays GBP 410 per cubic metre of oak.",
                true,
            ),
            ("It ends on 30 June 2027.", "It ends on 30 June 2026.", false),
            ("3. The fee is 4 %.", "7. The fee is 4 %.", false),
            ("Late payment bears interest at 8 %.", "Interest on late payment is 9 %.", true),
        ];
        for (one, other, expected) in rows {
            assert_eq!(measure_the_same(one, other), expected, "{one} {other}");
        }
    }
}
