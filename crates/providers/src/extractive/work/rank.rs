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
use crate::extractive::text::concept::{Concept, Kind, concepts};
use crate::extractive::text::language::Language;
use crate::extractive::text::lexicon::is_stop;
use crate::extractive::text::word::{stems, words};
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
/// The same in documents read as a whole.
const WHOLE_VALUE_OWN_MIN: f64 = 0.35;
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
/// What a document read as a whole gives each of its statements of a name that stands anywhere in it, and of any other
/// word.
const IN_DOCUMENT_NAME: f64 = 0.75;
const IN_DOCUMENT: f64 = 0.3;
/// What a passage keeps whose document does not speak of whom is asked about.
const OTHER_SUBJECT: f64 = 0.4;
/// The same, for what a statement itself says: all of the document has it.
const IN_DOCUMENT_OWN: f64 = 0.4;
/// In small documents read as a whole a word counts nearly the same however often it stands there, in larger ones less so.
const FLAT: (f64, f64) = (0.75, 0.4);
/// Passages up to which documents are small.
pub(super) const FEW_PASSAGES: usize = 36;
/// What a word weighs that stands in the title of every document: all of them is about it.
const SUBJECT: f64 = 0.5;
/// What a passage keeps that stands in an appendix on how to use the document.
const APPENDED: f64 = 0.7;
/// What the verb of a question weighs where it stands in the documents.
const VERB: f64 = 0.6;
/// A word that stands nowhere in them.
const ABSENT: f64 = 0.8;
/// What a statement gains there that has the kind of value that is wanted.
const WANTED: f64 = 0.12;
/// What it gains that has the very value that is asked for.
const FITTING: f64 = 0.2;
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
                let weight = in_run(&concept, &runs) * flat_weight(&concept, only_soft, &frame, findings);
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
        let foreign_name = concepts.iter().any(|(concept, _)| is_foreign(concept, findings));
        let main: Vec<&str> =
            concepts.iter().filter(|(one, _)| !one.aside).map(|(one, _)| one.stem.as_str()).collect();
        let conjuncts = if main.len() == concepts.len() { Conjuncts::of(text, &main) } else { Vec::new() };
        Self {
            total,
            conjuncts,
            pairs: pairs(text),
            cues: Cues::of(text),
            expected: Expected::of(text),
            foreign_name,
            want: frame.want,
            language: Language::of(text),
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
        let over: BTreeSet<&str> = passage.over.iter().chain(&passage.lead).map(String::as_str).collect();
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
        near + self.cues.bonus(statement) - short(statement)
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

/// How strongly each document that was read as a whole speaks of each concept. Whom it names at its beginning it is
/// about all along.
fn in_documents(concepts: &[(Concept, f64)], findings: &Findings) -> BTreeMap<String, Vec<f64>> {
    let strengths = |(source, stems): (&String, &BTreeSet<String>)| {
        let all: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
        let opening: BTreeSet<&str> =
            findings.openings.get(source).into_iter().flatten().map(String::as_str).collect();
        let strength = |(concept, _): &(Concept, f64)| match concept.kind {
            Kind::Name if concept.strength(&opening) > 0.0 => IN_DOCUMENT_NAME,
            _ => IN_DOCUMENT * concept.strength(&all),
        };
        (source.clone(), concepts.iter().map(strength).collect())
    };
    findings.whole.iter().map(strengths).collect()
}

/// For each document the names that stand at its beginning and nowhere behind it; one such word of a name is enough.
fn selecting(
    concepts: &[(Concept, f64)],
    runs: &[Vec<String>],
    findings: &Findings,
) -> BTreeMap<String, BTreeSet<usize>> {
    let of = |(source, opening): (&String, &BTreeSet<String>)| {
        let opening: BTreeSet<&str> = opening.iter().map(String::as_str).collect();
        let bodies = findings.bodies.get(source);
        let body: BTreeSet<&str> = bodies.into_iter().flatten().map(String::as_str).collect();
        let only_there = |one: &Concept| {
            one.kind == Kind::Name && one.strength(&opening) > 0.0 && one.strength(&body) <= 0.0
        };
        let run_of = |one: &Concept| runs.iter().find(|run| run.contains(&one.stem));
        let selects = |one: &Concept| {
            only_there(one)
                || run_of(one).is_some_and(|run| {
                    concepts.iter().any(|(mate, _)| run.contains(&mate.stem) && only_there(mate))
                })
        };
        let at = concepts.iter().enumerate().filter(|(_, (one, _))| selects(one)).map(|(at, _)| at);
        (source.clone(), at.collect())
    };
    findings.openings.iter().map(of).collect()
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

/// Advice behind the terms of a document on how to use them: it repeats them and lays nothing down.
fn is_appended(text: &str, heading: Option<&str>) -> bool {
    let heading = heading.unwrap_or_default().to_lowercase();
    heading.contains("how to apply")
        || heading.contains("how to use this")
        || text.contains("you can redistribute it and/or modify")
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

/// The same in documents that were read as a whole: what they do not have is known, and rarity says little.
fn flat_weight(concept: &Concept, only_soft: bool, frame: &Frame, findings: &Findings) -> f64 {
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
fn is_anywhere(concept: &Concept, findings: &Findings) -> bool {
    findings.whole.values().any(|stems| concept.strength(&stems.iter().map(String::as_str).collect()) > 0.0)
}

/// A count in the question (`a ride of 20 minutes`) need not stand in the answer; a year or a version does.
fn is_loose_number(concept: &Concept) -> bool {
    concept.word.len() <= 3 && concept.word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The documents that speak of every name of the question; `None` where there is no name, or where no document has all
/// and the question joins them.
fn on_names(
    text: &str,
    concepts: &[(Concept, f64)],
    runs: &[Vec<String>],
    findings: &Findings,
) -> Option<BTreeSet<String>> {
    let names: Vec<&Concept> = concepts
        .iter()
        .map(|(concept, _)| concept)
        .filter(|one| one.kind == Kind::Name && !one.aside && !is_loose_number(one))
        .collect();
    if names.is_empty() || findings.whole.len() < 2 {
        return None;
    }
    let has = |stems: &BTreeSet<String>, name: &Concept| {
        name.strength(&stems.iter().map(String::as_str).collect()) > 0.0
    };
    let run_mates = |name: &Concept| runs.iter().find(|run| run.contains(&name.stem));
    let speaks = |stems: &BTreeSet<String>, name: &Concept| {
        let mates = run_mates(name);
        has(stems, name)
            || mates.is_some_and(|run| names.iter().any(|one| run.contains(&one.stem) && has(stems, one)))
    };
    let all = |stems: &BTreeSet<String>| names.iter().all(|name| speaks(stems, name));
    let on: BTreeSet<String> =
        findings.whole.iter().filter(|(_, stems)| all(stems)).map(|(source, _)| source.clone()).collect();
    let joined =
        [" and ", " or ", " und ", " oder ", " et ", " ou "].iter().any(|joint| text.contains(joint));
    if on.is_empty() && joined { None } else { Some(on) }
}

fn frequency(concept: &Concept, findings: &Findings) -> u64 {
    let own = findings.frequency.get(&concept.stem).copied().unwrap_or(0);
    let others = concept.synonyms.iter().filter_map(|synonym| findings.frequency.get(synonym)).copied();
    if own > 0 { own } else { others.max().unwrap_or(0) }
}

/// A name that stands in no passage and in no heading or file name of what was found.
fn is_foreign(concept: &Concept, findings: &Findings) -> bool {
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

#[cfg(test)]
mod tests;
