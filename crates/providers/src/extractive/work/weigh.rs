//! What each word of a question weighs, by its kind, its rarity and its place in the question.

use std::collections::BTreeSet;

use super::frame::Frame;
use super::searches::Findings;
use crate::extractive::text::concept::{Concept, Kind};
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::real;
use crate::extractive::text::word::{stems, words};

/// Words in at most so many passages are equally rare: one passage more or less leaves their weight as it is.
const RARE_PASSAGES: f64 = 3.0;
/// A word that answers often lack weighs this much.
const SOFT: f64 = 0.3;
/// That such a word is rare says little.
const SOFT_RARITY_MAX: f64 = 0.6;
/// A name of several words weighs as much as this many words.
const NAME_RUN: f64 = 1.3;
/// Classes of rarity between none and all.
const CLASSES: f64 = 6.0;
/// The weight of a word that stands everywhere.
const COMMON: f64 = 0.15;
/// What is asked for weighs this much more.
pub(super) const FOCUS: f64 = 1.4;
/// What such words together weigh at most beside the others.
const SOFT_SHARE_MAX: f64 = 0.4;
/// A word in parentheses weighs this much.
const ASIDE: f64 = 0.6;
/// In small documents read as a whole a word counts nearly the same however often it stands there, in larger ones less so.
const FLAT: (f64, f64) = (0.75, 0.4);
/// Passages up to which documents are small.
pub(super) const FEW_PASSAGES: usize = 36;
/// What a word weighs that stands in the title of every document: all of them is about it.
const SUBJECT: f64 = 0.5;
/// What the verb of a question weighs where it stands in the documents.
const VERB: f64 = 0.6;
/// A word that stands nowhere in them.
const ABSENT: f64 = 0.8;

/// Stems of names of several words (`Free Software Foundation`) and of words that a hyphen joins
/// (`machine-readable`).
pub(super) fn runs(text: &str) -> Vec<Vec<String>> {
    let mut runs: Vec<Vec<String>> = vec![Vec::new()];
    let mut before: Option<(usize, bool)> = None;
    for word in words(text) {
        let first = text[word.start..].chars().next();
        let capital = first.is_some_and(char::is_uppercase) && !is_stop(&word.stem);
        let goes_on =
            before.is_some_and(|(end, was_capital)| &text[end..word.start] == "-" || capital && was_capital);
        before = Some((word.end, capital));
        match runs.last_mut() {
            Some(run) if goes_on => run.push(word.stem),
            _ => runs.push(vec![word.stem]),
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}

/// The words of one name together weigh little more than one word.
pub(super) fn in_run(concept: &Concept, runs: &[Vec<String>]) -> f64 {
    let run = runs.iter().find(|run| run.contains(&concept.stem));
    run.map_or(1.0, |run| NAME_RUN / real(run.len()))
}

/// Words that answers often lack never weigh much beside those with content, however common these are.
pub(super) fn hold_back_soft(concepts: &mut [(Concept, f64)]) {
    let sum = |concepts: &[(Concept, f64)], soft: bool| {
        let chosen = concepts.iter().filter(|(concept, _)| (concept.kind == Kind::Soft) == soft);
        chosen.map(|(_, weight)| weight).sum::<f64>()
    };
    let (soft, telling) = (sum(concepts, true), sum(concepts, false));
    let factor = if telling > 0.0 && soft > 0.0 { (SOFT_SHARE_MAX * telling / soft).min(1.0) } else { 1.0 };
    for (_, weight) in concepts.iter_mut().filter(|(concept, _)| concept.kind == Kind::Soft) {
        *weight *= factor;
    }
}

/// The sum of all weights; of those in parentheses only the largest counts, since each alone tells what is meant.
pub(super) fn summed(weights: impl Iterator<Item = (bool, f64)>) -> f64 {
    let (mut sum, mut aside) = (0.0, 0.0_f64);
    for (is_aside, weight) in weights {
        if is_aside {
            aside = aside.max(weight);
        } else {
            sum += weight;
        }
    }
    sum + aside
}

/// What is asked for: the first word with content behind `what`, `which` or `how many`.
pub(super) fn focus(text: &str) -> Option<String> {
    let words = words(text);
    let raw = |at: usize| text[words[at].start..words[at].end].to_lowercase();
    let asks = |at: &usize| match raw(*at).as_str() {
        "what" | "which" => true,
        "many" | "much" => *at > 0 && raw(at - 1) == "how",
        _ => false,
    };
    let at = (0..words.len()).find(asks)?;
    words[at + 1..].iter().find(|word| !is_stop(&word.stem)).map(|word| word.stem.clone())
}

/// Rare concepts weigh more, words that answers often lack weigh less.
pub(super) fn weight(concept: &Concept, only_soft: bool, findings: &Findings) -> f64 {
    let rarity = rarity(concept, findings);
    let aside = if concept.aside { ASIDE } else { 1.0 };
    aside
        * match concept.kind {
            Kind::Name => 1.2 * rarity,
            Kind::Soft if !only_soft || concept.aside => SOFT * rarity.min(SOFT_RARITY_MAX),
            Kind::Content | Kind::Soft => rarity,
        }
}

/// The same in documents that were read as a whole: what they do not have is known, and rarity says little.
pub(super) fn flat_weight(concept: &Concept, only_soft: bool, frame: &Frame, findings: &Findings) -> f64 {
    let kind = match concept.kind {
        Kind::Name if is_loose_number(concept) && !is_anywhere(concept, findings) => return SOFT,
        Kind::Name => 1.2,
        Kind::Soft if !only_soft || concept.aside => SOFT,
        Kind::Content | Kind::Soft => 1.0,
    };
    let aside = if concept.aside { ASIDE } else { 1.0 };
    let stands = if is_anywhere(concept, findings) {
        let passages = findings.hits.iter().filter(|hit| {
            let stems = stems(&hit.text);
            concept.strength(&stems.iter().map(String::as_str).collect()) > 0.0
        });
        let share = (real(passages.count()) + 1.0).ln() / (real(findings.hits.len()) + 1.0).ln().max(1.0);
        let flat = if findings.hits.len() <= FEW_PASSAGES { FLAT.0 } else { FLAT.1 };
        let is_title =
            |stems: &BTreeSet<String>| concept.strength(&stems.iter().map(String::as_str).collect()) > 0.0;
        let framing = match concept.kind {
            Kind::Name => 1.0,
            _ if findings.titles.values().all(is_title) => SUBJECT,
            _ if frame.is_verb(&concept.stem) => VERB,
            _ => 1.0,
        };
        framing * (flat + (1.0 - flat) * (1.0 - share.min(1.0)))
    } else {
        ABSENT * frame.absent(&concept.stem).unwrap_or(1.0)
    };
    kind * aside * stands
}

/// Whether a document that was read as a whole speaks of it anywhere.
pub(super) fn is_anywhere(concept: &Concept, findings: &Findings) -> bool {
    findings.whole.values().any(|stems| concept.strength(&stems.iter().map(String::as_str).collect()) > 0.0)
}

/// A count in the question (`a ride of 20 minutes`) need not stand in the answer; a year or a version does.
pub(super) fn is_loose_number(concept: &Concept) -> bool {
    concept.word.len() <= 3 && concept.word.bytes().all(|byte| byte.is_ascii_digit())
}

fn frequency(concept: &Concept, findings: &Findings) -> u64 {
    let own = findings.frequency.get(&concept.stem).copied().unwrap_or(0);
    let others = concept.synonyms.iter().filter_map(|synonym| findings.frequency.get(synonym)).copied();
    if own > 0 { own } else { others.max().unwrap_or(0) }
}

/// A name that stands in no passage and in no heading or file name of what was found.
pub(super) fn is_foreign(concept: &Concept, findings: &Findings) -> bool {
    if !findings.whole.is_empty() {
        return concept.kind == Kind::Name && !is_loose_number(concept) && !is_anywhere(concept, findings);
    }
    concept.kind == Kind::Name
        && findings.chunks > 0
        && frequency(concept, findings) == 0
        && !findings.around.contains(&concept.stem)
}

/// 0.15 for what stands everywhere to 1 for what stands nowhere.
fn rarity(concept: &Concept, findings: &Findings) -> f64 {
    let chunks = real(usize::try_from(findings.chunks).unwrap_or(usize::MAX)).max(1.0);
    let known = real(usize::try_from(frequency(concept, findings)).unwrap_or(usize::MAX));
    let known = known.max((chunks / 10.0).floor().min(RARE_PASSAGES));
    let rarity = ((chunks + 1.0) / (known + 1.0)).ln() / (chunks + 1.0).ln();
    // Classes: one passage more or less in the documents leaves nearly every weight as it is.
    ((rarity.powf(1.5) * CLASSES).round() / CLASSES).max(COMMON)
}
