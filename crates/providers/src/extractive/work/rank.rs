//! How well passages and statements speak of what is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::{Passage, Statement};
use super::conjuncts::Conjuncts;
use super::context::TERM_WORDS_MAX;
use super::cues::Cues;
use super::expect::Expected;
use super::frame::{Frame, Want};
use super::searches::Findings;
use super::want;
use super::weigh::{
    FOCUS, flat_weight, focus, hold_back_soft, in_run, is_anywhere, is_foreign, runs, summed, weight,
};
use super::whole::{in_documents, on_names, selecting};
use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::language::Language;
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::sentence::starts_item;
use crate::extractive::text::word::words;
use crate::extractive::text::{real, word_count};

/// A word that answers often lack weighs nearly as much as others where it is what is asked for and stands in small
/// documents: `What is the total of the bill?`.
const SOFT_FOCUS: f64 = 0.7;
/// A concept that stands only in the heading or the file name of a passage counts this much.
const AROUND: f64 = 0.8;
/// A concept that stands only in the heading over a statement, or in the passage that it belongs to, counts this
/// much in what the statement itself says.
const OVER: f64 = 0.5;
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
/// The same in documents read as a whole.
const WHOLE_VALUE_OWN_MIN: f64 = 0.35;
/// What the rank of the passage in the search counts.
const SEARCH_SHARE: f64 = 0.08;
/// The search score at which half of that is reached, in thousandths.
const SEARCH_HALF_MILLI: f64 = 10_000.0;
/// What a statement's own words count in its score.
const OWN_SHARE: f64 = 0.50;
/// What the passage around it counts.
const PASSAGE_SHARE: f64 = 0.35;
/// What a passage keeps whose document does not speak of whom is asked about.
const OTHER_SUBJECT: f64 = 0.4;
/// The same, for what a statement itself says: all of the document has it.
const IN_DOCUMENT_OWN: f64 = 0.4;
/// What a passage keeps that stands in an appendix on how to use the document.
const APPENDED: f64 = 0.7;
/// What a statement gains there that has the kind of value that is wanted.
const WANTED: f64 = 0.12;
/// What it gains that has the very value that is asked for.
const FITTING: f64 = 0.2;
/// What a statement gains in larger ones that names somebody where somebody is asked for.
const PERSON: f64 = 0.1;
/// What it loses without.
const UNWANTED: f64 = 0.08;
/// What fragments lose there: lists and tables of small documents are made of them.
const SHORT_SHARE: f64 = 0.3;
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
    want: Want,
    language: Language,
    /// Whether steps are asked for: those of a document are about its title.
    steps: bool,
    /// Whether it is asked which thing must be so.
    which_must: bool,
    titles: BTreeMap<String, BTreeSet<String>>,
    /// Documents that were read as a whole, by source: how strongly each as a whole speaks of each concept.
    whole: BTreeMap<String, Vec<f64>>,
    /// By source, the positions of names that stand only at the beginning of the document: they tell which is meant.
    selecting: BTreeMap<String, BTreeSet<usize>>,
    /// Of them, those that speak of all whom is asked about.
    on_names: Option<BTreeSet<String>>,
}

impl Query {
    /// Weighs the concepts of `text` by their rarity in what was searched.
    pub(super) fn of(text: &str, findings: &Findings) -> Self {
        let concepts = asked_about(text);
        let only_soft = concepts.iter().all(|concept| concept.aside || concept.kind == Kind::Soft);
        let focus = focus(text);
        let runs = runs(text);
        let frame = Frame::of(text);
        let weighed = |concept: Concept| {
            if !findings.whole.is_empty() {
                let asked = concept.kind == Kind::Soft && Some(&concept.stem) == focus.as_ref();
                let (concept, factor) = if asked && is_anywhere(&concept, findings) {
                    (Concept { kind: Kind::Content, ..concept }, SOFT_FOCUS)
                } else {
                    (concept, 1.0)
                };
                let weight =
                    factor * in_run(&concept, &runs) * flat_weight(&concept, only_soft, &frame, findings);
                return (concept, weight);
            }
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
        let expected = Expected::of(text);
        let nobody = |head: &str| {
            !findings.whole.is_empty() && {
                let of = concepts.iter().map(|(one, _)| one).find(|one| one.stem == head);
                of.is_some_and(|one| !is_anywhere(one, findings))
            }
        };
        let foreign_name = concepts.iter().any(|(concept, _)| is_foreign(concept, findings))
            || expected.as_ref().and_then(Expected::head).is_some_and(nobody);
        let main: Vec<&str> =
            concepts.iter().filter(|(one, _)| !one.aside).map(|(one, _)| one.stem.as_str()).collect();
        let conjuncts = if main.len() == concepts.len() { Conjuncts::of(text, &main) } else { Vec::new() };
        Self {
            total,
            conjuncts,
            pairs: pairs(text),
            cues: Cues::of(text),
            expected,
            foreign_name,
            want: frame.want,
            language: Language::of(text),
            steps: asks_steps(text),
            which_must: asks_which_must(text),
            titles: findings.titles.clone(),
            on_names: on_names(text, &concepts, &runs, findings),
            whole: in_documents(&concepts, findings),
            selecting: selecting(&concepts, &runs, findings),
            concepts,
        }
    }

    /// Whether a value of a certain kind is asked for and the statement has it.
    pub(super) fn fits(&self, statement: &Statement) -> bool {
        self.expected.as_ref().is_some_and(|expected| expected.is_exact() && expected.is_in(statement))
    }

    /// Whether a time is asked for.
    pub(super) fn wants_time(&self) -> bool {
        self.want == Want::Time
    }

    /// Whether the title right over a passage has a telling word of the question.
    pub(super) fn is_titled(&self, passage: &Passage<'_>) -> bool {
        let over: BTreeSet<&str> = passage.over.iter().map(String::as_str).collect();
        self.concepts.iter().any(|(one, _)| one.kind != Kind::Soft && !one.aside && one.strength(&over) > 0.0)
    }

    /// Whether a value of some kind is asked for and the statement has one.
    pub(super) fn has_wanted(&self, statement: &Statement) -> bool {
        want::is_in(self.want, &statement.citation.quote, self.language)
    }

    /// How many of the names that are asked about the statement itself or the title over it has.
    pub(super) fn named(&self, statement: &Statement, passage: &Passage<'_>) -> usize {
        let own = statement.stems.iter().chain(&passage.over).chain(&passage.lead);
        let stems: BTreeSet<&str> = own.map(String::as_str).collect();
        let telling = |at: usize, concept: &Concept| {
            concept.kind == Kind::Name && !concept.aside && !self.selects(at, &passage.hit.source)
        };
        let concepts = self.concepts.iter().enumerate();
        concepts.filter(|(at, (one, _))| telling(*at, one) && one.strength(&stems) > 0.0).count()
    }

    /// Whether a concept only tells which document is meant.
    fn selects(&self, at: usize, source: &str) -> bool {
        self.selecting.get(source).is_some_and(|selecting| selecting.contains(&at))
    }

    /// Whether all documents were read as a whole.
    pub(super) fn is_whole(&self) -> bool {
        !self.whole.is_empty()
    }

    /// Where each document is asked by itself, none is the wrong one.
    pub(super) fn of_any_document(self) -> Self {
        Self { on_names: None, ..self }
    }

    fn is_on_names(&self, source: &str) -> bool {
        self.on_names.as_ref().is_none_or(|sources| sources.contains(source))
    }

    /// The share of what is asked that these stems speak of, 0 to 1.
    fn coverage(&self, stems: &BTreeSet<&str>, around: &BTreeSet<&str>, factor: f64, source: &str) -> f64 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let factor = if self.is_whole() { AROUND } else { factor };
        let whole = self.whole.get(source);
        let strength = |at: usize, concept: &Concept| {
            let near = concept.strength(stems).max(factor * concept.strength(around));
            near.max(whole.and_then(|known| known.get(at)).copied().unwrap_or(0.0))
        };
        let concepts = self.concepts.iter().enumerate();
        let weighed: Vec<(f64, f64)> =
            concepts.map(|(at, (concept, weight))| (*weight, strength(at, concept))).collect();
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
        let source = &passage.hit.source;
        let covered = self.coverage(&stems, &around, AROUND, source) + if counting { COUNTING } else { 0.0 };
        let other = if self.is_on_names(source) { 1.0 } else { OTHER_SUBJECT };
        let framing =
            if is_appended(&passage.hit.text, passage.hit.heading.as_deref()) { APPENDED } else { 1.0 };
        covered.min(1.0) * if unmarked { UNMARKED } else { 1.0 } * other * framing
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
                let own_min = if self.is_whole() { WHOLE_VALUE_OWN_MIN } else { VALUE_OWN_MIN };
                let speaks = |one: &Statement| expected.is_count() || self.own(one, passage) >= own_min;
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

    /// Coverage of a statement by its own words and the title right over it; little counts what stands elsewhere in a
    /// document that was read as a whole.
    pub(super) fn direct(&self, statement: &Statement, passage: &Passage<'_>) -> f64 {
        if !self.is_whole() || self.total <= 0.0 {
            return self.own(statement, passage);
        }
        let stems: BTreeSet<&str> = statement.stems.iter().map(String::as_str).collect();
        let step = self.steps && starts_item(statement.citation.quote.trim_start());
        let titles = self.titles.get(&passage.hit.source).filter(|_| step).into_iter().flatten();
        let over: BTreeSet<&str> =
            passage.over.iter().chain(&passage.lead).chain(titles).map(String::as_str).collect();
        let whole = self.whole.get(&passage.hit.source);
        let all = self.concepts.iter().enumerate();
        let selects = |at: usize| self.selects(at, &passage.hit.source);
        let telling = all.clone().any(|(at, (concept, _))| !selects(at) && concept.kind != Kind::Soft);
        let counted = |at: usize| !telling || !selects(at);
        let total =
            summed(all.clone().filter(|(at, _)| counted(*at)).map(|(_, (one, weight))| (one.aside, *weight)));
        let held = all.filter(|(at, _)| counted(*at)).map(|(at, (concept, weight))| {
            let near = concept.strength(&stems).max(AROUND * concept.strength(&over));
            let far = whole.and_then(|known| known.get(at)).copied().unwrap_or(0.0);
            (concept.aside, weight * near.max(IN_DOCUMENT_OWN * far))
        });
        if total > 0.0 { summed(held) / total } else { 0.0 }
    }

    /// Coverage of a statement by its own words, and a little by the heading over it.
    pub(super) fn own(&self, statement: &Statement, passage: &Passage<'_>) -> f64 {
        let stems = statement.stems.iter().map(String::as_str).collect();
        let around = passage.around.iter().chain(&passage.lead).map(String::as_str).collect();
        let factor = if passage.lead.is_empty() { OVER } else { AROUND };
        self.coverage(&stems, &around, factor, &passage.hit.source)
    }

    /// Coverage of a statement that `lead` opens: an item of a list, what is said of a term.
    pub(super) fn led(&self, statement: &Statement, lead: &Passage<'_>) -> f64 {
        let stems = statement.stems.iter().map(String::as_str).collect();
        let around = lead.stems.iter().chain(&lead.around).map(String::as_str).collect();
        self.coverage(&stems, &around, AROUND, &lead.hit.source)
    }

    /// Score of a statement of this own coverage in a passage of that coverage.
    pub(super) fn score(&self, statement: &Statement, own: f64, passage: f64) -> f64 {
        let near = OWN_SHARE * own + PASSAGE_SHARE * passage + self.paired(statement);
        if self.is_whole() {
            let wanted = match self.want {
                _ if self.cues.asks_duty() => self.cues.bonus(statement),
                _ if self.fits(statement) => FITTING,
                Want::Other => self.cues.bonus(statement),
                want if want::is_in(want, &statement.citation.quote, self.language) => WANTED,
                _ => -UNWANTED,
            };
            return near + wanted - SHORT_SHARE * short(statement);
        }
        let person = self.want == Want::Person && want::is_called(&statement.citation.quote);
        // What opens steps is short, and they follow it.
        let opens = self.steps && statement.citation.quote.ends_with(':');
        let called = if person { PERSON } else { 0.0 };
        near + self.cues.bonus(statement) + called - if opens { 0.0 } else { short(statement) }
    }

    /// Whether a duty is asked for that none of these passages lays down.
    pub(super) fn lacks_duty(&self, passages: &[&Passage<'_>]) -> bool {
        let verb = self.concepts.last().map(|(one, _)| one).filter(|_| self.which_must);
        let does = |one: &Statement, verb: &Concept| {
            verb.strength(&one.stems.iter().map(String::as_str).collect()) > 0.0
        };
        let answers = |passage: &Passage<'_>, verb: &Concept| {
            let on = |one: &&Statement| self.own(one, passage) >= VALUE_OWN_MIN;
            passage.statements.iter().filter(on).any(|one| Cues::lays_down(one) || does(one, verb))
        };
        verb.is_some_and(|verb| !passages.iter().any(|passage| answers(passage, verb)))
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

/// The concepts of a question without the noun that only says what kind of rule is wanted (`obligations on …`): a text
/// lays duties down and seldom calls them so.
fn asked_about(text: &str) -> Vec<Concept> {
    const KINDS_OF_RULES: [&str; 6] = ["oblig", "duti", "requir", "right", "restrict", "prohibit"];
    let all = concepts(text);
    let kind = |concept: &Concept| KINDS_OF_RULES.contains(&concept.stem.as_str());
    let opens = all.first().is_some_and(kind);
    let told = opens && all.iter().skip(1).any(|concept| concept.kind != Kind::Soft && !kind(concept));
    all.into_iter().skip(usize::from(told)).collect()
}

fn asks_steps(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "how do i ",
        "how do you ",
        "how do we ",
        "how to ",
        "how can i ",
        "how is ",
        "wie kann ich ",
        "wie macht man ",
        "comment ",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
}

/// `Which form must it have?`: a text that lays nothing down does not answer.
fn asks_which_must(text: &str) -> bool {
    let lower = text.to_lowercase();
    (lower.starts_with("which ") || lower.starts_with("what ") || lower.starts_with("in which "))
        && lower.split(' ').skip(2).any(|word| word == "must")
}

/// Advice behind the terms of a document on how to use them: it repeats them and lays nothing down.
fn is_appended(text: &str, heading: Option<&str>) -> bool {
    let heading = heading.unwrap_or_default().to_lowercase();
    heading.contains("how to apply")
        || heading.contains("how to use this")
        || text.contains("you can redistribute it and/or modify")
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
        _ if quote.ends_with('?') || points_elsewhere(quote) => 0.12,
        _ => 0.0,
    }
}

/// `See …`, `For details refer to …`: it says where something stands, not what.
fn points_elsewhere(quote: &str) -> bool {
    quote.starts_with("See ") || quote.starts_with("Refer to ") || quote.starts_with("For details")
}

/// Most of its longer words begin with a capital, as in `Accepting Warranty or Additional Liability`.
fn is_title(quote: &str) -> bool {
    let longer =
        || quote.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 3);
    let capital = |word: &&str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    let (all, capitals) = (longer().count(), longer().filter(capital).count());
    all > 1 && capitals * 4 >= all * 3 && quote.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests;
