//! Parts of a question that `and` or `or` joins (`sequences and large objects`): a statement on one of them is on the
//! question, since documents seldom treat both in one sentence.

use crate::extractive::text::lexicon::{is_soft, is_stop};
use crate::extractive::text::word::{Word, words};

/// Words of one joined part.
const PART_WORDS_MAX: usize = 3;
/// What the best covered part counts; the rest is for all of them together.
const BEST_SHARE: f64 = 0.9;

/// Joined parts, each with the positions of its concepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conjuncts {
    parts: Vec<Vec<usize>>,
}

impl Conjuncts {
    /// The joined parts of `text`, whose concepts have these stems.
    pub(super) fn of(text: &str, stems: &[&str]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for parts in joined(text) {
            let position = |stem: &String| stems.iter().position(|known| known == stem);
            let parts: Vec<Vec<usize>> =
                parts.iter().map(|part| part.iter().filter_map(position).collect()).collect();
            let taken = |at: &usize| found.iter().any(|known| known.has(*at));
            if parts.iter().all(|part| !part.is_empty() && !part.iter().any(taken)) {
                found.push(Self { parts });
            }
        }
        found
    }

    /// Whether a concept belongs to one of the parts.
    pub(super) fn has(&self, concept: usize) -> bool {
        self.parts.iter().any(|part| part.contains(&concept))
    }

    /// What is covered of the parts, given each concept's weight and the strength with which it is spoken of.
    pub(super) fn covered(&self, weighed: &[(f64, f64)]) -> f64 {
        let share = |concepts: &[usize]| {
            let weight: f64 = concepts.iter().map(|at| weighed[*at].0).sum();
            let held: f64 = concepts.iter().map(|at| weighed[*at].0 * weighed[*at].1).sum();
            if weight > 0.0 { held / weight } else { 0.0 }
        };
        let mut all: Vec<usize> = self.parts.concat();
        all.sort_unstable();
        all.dedup();
        let best = self.parts.iter().map(|part| share(part)).fold(0.0, f64::max);
        let weight: f64 = all.iter().map(|at| weighed[*at].0).sum();
        weight * (BEST_SHARE * best + (1.0 - BEST_SHARE) * share(&all))
    }
}

/// Runs of words with content around `and` and `or`, with those that commas join before them.
fn joined(text: &str) -> Vec<Vec<Vec<String>>> {
    let words = words(text);
    let raw = |at: usize| text[words[at].start..words[at].end].to_lowercase();
    let joints = (1..words.len().saturating_sub(1)).filter(|at| matches!(raw(*at).as_str(), "and" | "or"));
    let mut found = Vec::new();
    for at in joints {
        let right = run(text, &words, at + 1);
        let mut parts = vec![right.clone()];
        let mut end = at;
        let length = right.iter().filter(|stem| !is_soft(stem)).count().max(1);
        while let Some(left) = run_before(text, &words, end, length) {
            end -= left.len();
            parts.push(left);
            let comma = end > 0 && text[words[end - 1].end..words[end].start].trim() == ",";
            if !comma {
                break;
            }
        }
        if parts.len() > 1 && !right.is_empty() {
            found.push(parts);
        }
    }
    found
}

/// The words with content from `at`, up to a word without or a mark.
fn run(text: &str, words: &[Word], at: usize) -> Vec<String> {
    let mut run = Vec::new();
    for (offset, word) in words[at..].iter().take(PART_WORDS_MAX).enumerate() {
        let marked = offset > 0 && !text[words[at + offset - 1].end..word.start].trim().is_empty();
        if is_stop(&word.stem) || marked {
            break;
        }
        run.push(word.stem.clone());
    }
    run
}

/// The last `length` words with content before `end`, fewer where others stand between.
fn run_before(text: &str, words: &[Word], end: usize, length: usize) -> Option<Vec<String>> {
    let mut run: Vec<String> = Vec::new();
    for at in (0..end).rev().take(length) {
        let marked = !run.is_empty() && !text[words[at].end..words[at + 1].start].trim().is_empty();
        if is_stop(&words[at].stem) || marked {
            break;
        }
        run.insert(0, words[at].stem.clone());
    }
    (!run.is_empty()).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        let found: Vec<Vec<String>> =
            joined(text).into_iter().map(|parts| parts.iter().map(|part| part.join(" ")).collect()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn parts_around_and_or_or_are_found() {
        check("Does it copy sequences and large objects?", &[&["larg object", "sequenc"]]);
        check("May I endorse or promote it?", &[&["promot", "endors"]]);
        check(
            "unknown tests, unknown ports and unknown fields",
            &[&["unknown field", "unknown port", "unknown test"]],
        );
        check("How long is it and which name has it?", &[]);
        check("and", &[]);
        check("Who is it, and by whom?", &[]);
    }

    #[test]
    fn one_part_alone_nearly_covers_all() {
        let stems = ["copi", "sequenc", "larg", "object", "night"];
        let found = Conjuncts::of("copy sequences and large objects at night", &stems);
        let value = |strengths: [f64; 5]| {
            let weighed: Vec<(f64, f64)> = strengths.iter().map(|strength| (1.0, *strength)).collect();
            found[0].covered(&weighed)
        };
        assert_eq!(found.len(), 1);
        assert!(found[0].has(1) && found[0].has(3) && !found[0].has(0) && !found[0].has(4));
        assert!((value([0.0, 1.0, 1.0, 1.0, 0.0]) - 3.0).abs() < 1e-9);
        assert!((value([0.0, 1.0, 0.0, 0.0, 0.0]) - 2.8).abs() < 1e-9);
        assert!((value([0.0, 0.0, 0.0, 1.0, 0.0]) - 1.45).abs() < 1e-9);
        assert!(value([0.0; 5]).abs() < 1e-9);
    }
}
