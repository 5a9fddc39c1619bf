//! How well passages and statements speak of what is asked.

use std::collections::BTreeSet;

use super::candidate::{Passage, Statement};
use super::conjuncts::Conjuncts;
use super::context::TERM_WORDS_MAX;
use super::cues::Cues;
use super::expect::Expected;
use super::searches::Findings;
use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::word::words;
use crate::extractive::text::{real, word_count};

/// A concept that stands only in the heading or the file name of a passage counts this much.
const AROUND: f64 = 0.8;
/// A concept that stands only in the heading over a statement, or in the passage that it belongs to, counts this
/// much in what the statement itself says.
const OVER: f64 = 0.5;
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
const FOCUS: f64 = 1.4;
/// What such words together weigh at most beside the others.
const SOFT_SHARE_MAX: f64 = 0.4;
/// Words without which a passage answers another question.
const MARKERS: [&str; 3] = ["default", "maximum", "minimum"];
/// What a passage without them keeps of its coverage.
const UNMARKED: f64 = 0.6;
/// What a passage gains that counts what is to be counted.
const COUNTING: f64 = 0.2;
/// A statement on less than this share of the question does not count what is asked for.
const COUNTING_OWN_MIN: f64 = 0.25;
/// An identifier among so many first words is what the text is about.
const INTRODUCING_WORDS: usize = 8;
/// A value in a statement on less than this share of the question is the value of something else.
const VALUE_OWN_MIN: f64 = 0.5;
/// A word in parentheses weighs this much.
const ASIDE: f64 = 0.6;
/// What the rank of the passage in the search counts.
const SEARCH_SHARE: f64 = 0.08;
/// The search score at which half of that is reached, in thousandths.
const SEARCH_HALF_MILLI: f64 = 10_000.0;
/// What a statement's own words count in its score.
const OWN_SHARE: f64 = 0.50;
/// What the passage around it counts.
const PASSAGE_SHARE: f64 = 0.35;
/// What two words of the question count that stand side by side in the statement too.
const PAIR: f64 = 0.05;
/// The most that such pairs count.
const PAIRS_MAX: f64 = 0.10;
/// Words between the two words of a pair at most.
const PAIR_DISTANCE: usize = 2;

/// What is asked, with the weight of each concept in these documents.
#[derive(Debug, Clone)]
pub(super) struct Query {
    concepts: Vec<(Concept, f64)>,
    total: f64,
    conjuncts: Vec<Conjuncts>,
    pairs: Vec<(String, String)>,
    cues: Cues,
    expected: Option<Expected>,
    foreign_name: bool,
}

impl Query {
    /// Weighs the concepts of `text` by their rarity in what was searched.
    pub(super) fn of(text: &str, findings: &Findings) -> Self {
        let concepts = concepts(text);
        let only_soft = concepts.iter().all(|concept| concept.aside || concept.kind == Kind::Soft);
        let focus = focus(text);
        let runs = runs(text);
        let weighed = |concept: Concept| {
            let factor = if Some(&concept.stem) == focus.as_ref() && concept.kind == Kind::Content {
                FOCUS
            } else {
                1.0
            };
            let weight = factor * in_run(&concept, &runs) * weight(&concept, only_soft, findings);
            (concept, weight)
        };
        let mut concepts: Vec<(Concept, f64)> = concepts.into_iter().map(weighed).collect();
        hold_back_soft(&mut concepts);
        let total = summed(concepts.iter().map(|(concept, weight)| (concept.aside, *weight)));
        let foreign_name = concepts.iter().any(|(concept, _)| is_foreign(concept, findings));
        let main: Vec<&str> =
            concepts.iter().filter(|(one, _)| !one.aside).map(|(one, _)| one.stem.as_str()).collect();
        let conjuncts = if main.len() == concepts.len() { Conjuncts::of(text, &main) } else { Vec::new() };
        Self {
            concepts,
            total,
            conjuncts,
            pairs: pairs(text),
            cues: Cues::of(text),
            expected: Expected::of(text),
            foreign_name,
        }
    }

    /// The share of what is asked that these stems speak of, 0 to 1.
    fn coverage(&self, stems: &BTreeSet<&str>, around: &BTreeSet<&str>, factor: f64) -> f64 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let strength = |concept: &Concept| concept.strength(stems).max(factor * concept.strength(around));
        let weighed: Vec<(f64, f64)> =
            self.concepts.iter().map(|(concept, weight)| (*weight, strength(concept))).collect();
        let joined = |at: usize| self.conjuncts.iter().any(|one| one.has(at));
        let alone = self.concepts.iter().zip(&weighed).enumerate().filter(|(at, _)| !joined(*at));
        let alone = alone.map(|(_, ((concept, _), (weight, strength)))| (concept.aside, weight * strength));
        let together: f64 = self.conjuncts.iter().map(|one| one.covered(&weighed)).sum();
        (summed(alone) + together) / self.total
    }

    /// Whether it asks for a name that stands nowhere in the documents.
    pub(super) const fn has_foreign_name(&self) -> bool {
        self.foreign_name
    }

    /// Coverage of a passage.
    pub(super) fn passage(&self, passage: &Passage<'_>) -> f64 {
        let stems = passage.stems.iter().map(String::as_str).collect();
        let around = passage.around.iter().chain(&passage.lead).map(String::as_str).collect();
        let lacks = |(concept, _): &&(Concept, f64)| {
            MARKERS.contains(&concept.stem.as_str())
                && concept.strength(&around) <= 0.0
                && !self.is_marked(concept, passage)
        };
        let unmarked = self.concepts.iter().any(|one| lacks(&one));
        let counting = self.counts(passage);
        let covered = self.coverage(&stems, &around, AROUND) + if counting { COUNTING } else { 0.0 };
        covered.min(1.0) * if unmarked { UNMARKED } else { 1.0 }
    }

    /// Whether a statement of the passage says `default` of something that is asked for, not of anything.
    fn is_marked(&self, marker: &Concept, passage: &Passage<'_>) -> bool {
        let concepts = self.concepts.iter().map(|(one, _)| one);
        let others: Vec<&Concept> = concepts.filter(|one| one.stem != marker.stem).collect();
        let all =
            passage.stems.iter().chain(&passage.around).chain(&passage.lead).map(String::as_str).collect();
        // A title or a term introduces what is said behind it.
        let opens = word_count(&passage.hit.text) <= TERM_WORDS_MAX;
        let names: Vec<&&Concept> = others.iter().filter(|concept| concept.kind == Kind::Name).collect();
        let introduced = !names.is_empty() && names.iter().all(|name| name.strength(&all) > 0.0);
        introduced && opens
            || passage.statements.iter().any(|statement| {
                let stems = statement.stems.iter().map(String::as_str).collect();
                let speaks = |concept: &&Concept| concept.strength(&stems) > 0.0;
                marker.strength(&stems) > 0.0
                    && (others.is_empty() || introduced || others.iter().any(speaks))
            })
    }

    /// Whether the first words of a text are an identifier of the question (`int asn1_delete_structure (`): what follows
    /// is about it.
    pub(super) fn is_introduced(&self, text: &str) -> bool {
        let first: Vec<String> =
            words(text).into_iter().take(INTRODUCING_WORDS).map(|word| word.stem).collect();
        let identifier = |concept: &Concept| {
            concept.kind == Kind::Name && concept.word.contains(|c: char| c == '_' || c.is_ascii_digit())
        };
        self.concepts.iter().any(|(concept, _)| identifier(concept) && first.contains(&concept.stem))
    }

    /// Whether things are to be counted and a statement on the subject does.
    fn counts(&self, passage: &Passage<'_>) -> bool {
        let counts = |expected: &Expected| {
            passage.statements.iter().any(|statement| {
                expected.is_in(statement) && self.own(statement, passage) >= COUNTING_OWN_MIN
            })
        };
        self.expected.as_ref().filter(|expected| expected.is_count()).is_some_and(counts)
    }

    /// Whether a value is asked for that none of these passages has.
    pub(super) fn lacks_value(&self, passages: &[&Passage<'_>]) -> bool {
        let has = |expected: &Expected| {
            passages.iter().any(|passage| {
                let speaks = |one: &Statement| expected.is_count() || self.own(one, passage) >= VALUE_OWN_MIN;
                passage.statements.iter().any(|one| expected.is_in(one) && speaks(one))
            })
        };
        self.expected.as_ref().is_some_and(|expected| !has(expected))
    }

    /// What the word with this stem weighs in the question; words that mean nearly the same weigh less.
    pub(super) fn word_weight(&self, stem: &str) -> f64 {
        let stems = BTreeSet::from([stem]);
        self.concepts.iter().map(|(concept, weight)| weight * concept.strength(&stems)).fold(0.0, f64::max)
    }

    /// What the search's own score of the passage adds: the same for small changes elsewhere in the documents.
    pub(super) fn searched(passage: &Passage<'_>) -> f64 {
        let milli = real(usize::try_from(passage.hit.score_milli).unwrap_or(usize::MAX));
        SEARCH_SHARE * (milli / (milli + SEARCH_HALF_MILLI) * 50.0).round() / 50.0
    }

    /// Coverage of a statement by its own words, and a little by the heading over it.
    pub(super) fn own(&self, statement: &Statement, passage: &Passage<'_>) -> f64 {
        let stems = statement.stems.iter().map(String::as_str).collect();
        let around = passage.around.iter().chain(&passage.lead).map(String::as_str).collect();
        self.coverage(&stems, &around, if passage.lead.is_empty() { OVER } else { AROUND })
    }

    /// Coverage of a statement that `lead` opens: an item of a list, what is said of a term.
    pub(super) fn led(&self, statement: &Statement, lead: &Passage<'_>) -> f64 {
        let stems = statement.stems.iter().map(String::as_str).collect();
        let around = lead.stems.iter().chain(&lead.around).map(String::as_str).collect();
        self.coverage(&stems, &around, AROUND)
    }

    /// Score of a statement of this own coverage in a passage of that coverage.
    pub(super) fn score(&self, statement: &Statement, own: f64, passage: f64) -> f64 {
        OWN_SHARE * own + PASSAGE_SHARE * passage + self.paired(statement) + self.cues.bonus(statement)
            - short(statement)
    }

    fn paired(&self, statement: &Statement) -> f64 {
        let stands = |(first, second): &&(String, String)| {
            let near = |at: usize| {
                let end = (at + 2 + PAIR_DISTANCE).min(statement.stems.len());
                statement.stems[at + 1..end].contains(second)
            };
            (0..statement.stems.len()).any(|at| statement.stems[at] == *first && near(at))
        };
        (PAIR * real(self.pairs.iter().filter(stands).count())).min(PAIRS_MAX)
    }
}

/// Stems of names of several words (`Free Software Foundation`) and of words that a hyphen joins
/// (`machine-readable`).
fn runs(text: &str) -> Vec<Vec<String>> {
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
fn in_run(concept: &Concept, runs: &[Vec<String>]) -> f64 {
    let run = runs.iter().find(|run| run.contains(&concept.stem));
    run.map_or(1.0, |run| NAME_RUN / real(run.len()))
}

/// Words that answers often lack never weigh much beside those with content, however common these are.
fn hold_back_soft(concepts: &mut [(Concept, f64)]) {
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
fn summed(weights: impl Iterator<Item = (bool, f64)>) -> f64 {
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
fn focus(text: &str) -> Option<String> {
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

/// Neighbouring words of the question that both carry content.
fn pairs(text: &str) -> Vec<(String, String)> {
    let words = words(text);
    let both =
        |pair: &[crate::extractive::text::word::Word]| !is_stop(&pair[0].stem) && !is_stop(&pair[1].stem);
    words
        .windows(2)
        .filter(|pair| both(pair))
        .map(|pair| (pair[0].stem.clone(), pair[1].stem.clone()))
        .collect()
}

/// Headings, fragments and entries of an index say little.
fn short(statement: &Statement) -> f64 {
    let quote = &statement.citation.quote;
    let ends = quote.ends_with(['.', '!', ';', ':', '"', ')', '}']);
    match statement.stems.len() {
        0..=3 => 0.25,
        4..=10 if is_title(quote) => 0.20,
        4..=5 => 0.10,
        6..=12 if !ends => 0.12,
        _ if quote.ends_with('?') => 0.12,
        _ => 0.0,
    }
}

/// Most of its longer words begin with a capital, as in `Accepting Warranty or Additional Liability`.
fn is_title(quote: &str) -> bool {
    let longer =
        || quote.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 3);
    let capital = |word: &&str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    let (all, capitals) = (longer().count(), longer().filter(capital).count());
    all > 1 && capitals * 4 >= all * 3 && quote.chars().any(char::is_lowercase)
}

/// Rare concepts weigh more, words that answers often lack weigh less.
fn weight(concept: &Concept, only_soft: bool, findings: &Findings) -> f64 {
    let rarity = rarity(concept, findings);
    let aside = if concept.aside { ASIDE } else { 1.0 };
    aside
        * match concept.kind {
            Kind::Name => 1.2 * rarity,
            Kind::Soft if !only_soft || concept.aside => SOFT * rarity.min(SOFT_RARITY_MAX),
            Kind::Content | Kind::Soft => rarity,
        }
}

fn frequency(concept: &Concept, findings: &Findings) -> u64 {
    let own = findings.frequency.get(&concept.stem).copied().unwrap_or(0);
    let others = concept.synonyms.iter().filter_map(|synonym| findings.frequency.get(synonym)).copied();
    if own > 0 { own } else { others.max().unwrap_or(0) }
}

/// A name that stands in no passage and in no heading or file name of what was found.
fn is_foreign(concept: &Concept, findings: &Findings) -> bool {
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

#[cfg(test)]
mod tests;
