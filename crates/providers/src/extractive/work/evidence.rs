//! What searches for one aspect brought, ranked, and whether it answers at all.

use divisi_llm::inputs::WorkInput;

use super::candidate::{Passage, Statement, connect};
use super::context;
use super::exchange::{Call, Exchanges};
use super::pick::{Picked, ranked, scored};
use super::rank::Query;
use super::reading;
use super::searches::{Hit, findings};
use super::weigh::FEW_PASSAGES;
use crate::extractive::text::excerpt::excerpt;
use crate::extractive::text::sentence::Shape;
use crate::extractive::text::word::stems;

/// A passage that covers less of the question does not answer it.
const ANSWER_COVERAGE_MIN: f64 = 0.62;
/// A row of a table that covers less does not: its cells say nothing beyond themselves.
const ROW_COVERAGE_MIN: f64 = 0.75;
/// The same where an earlier cycle missed something.
const WIDER_COVERAGE_MIN: f64 = 0.5;
/// Words scattered over a passage answer nothing: one of its statements must itself cover this share of what a
/// passage must.
const OWN_SHARE_MIN: f64 = 0.8;
/// A statement below this share of the best one is left out.
const STATEMENT_SHARE_MIN: f64 = 0.45;
/// The same where one or two answer.
const NARROW_SHARE_MIN: f64 = 0.55;
/// The same where all was read, of the score and of what a statement itself says.
const SHARES: (f64, f64) = (0.75, 0.6);
/// The same where many statements together answer.
const WIDE_SHARES: (f64, f64) = (0.55, 0.5);
/// A passage of small documents read as a whole that covers less does not answer.
const WHOLE_COVERAGE_MIN: f64 = 0.55;
/// What has the value that is asked for answers before all else, unless it scores less than this share of the best.
const VALUED_SHARE_MIN: f64 = 0.5;
/// What the first statement of another document with such a value needs of the score and of what it says itself.
const BESIDE_SHARES: (f64, f64) = (0.6, 0.45);
/// A statement says all that is asked from this share on.
const TOLD_MIN: f64 = 0.9;
/// A statement below this score is left out.
const SCORE_MIN: f64 = 0.2;

/// Passages for one aspect.
pub(super) struct Evidence {
    query: Query,
    hits: Vec<(Hit, Shape)>,
    coverage_min: f64,
}

impl Evidence {
    /// Reads the results of `searches` for `topic`.
    pub(super) fn of(
        topic: &str,
        searches: &[Call],
        known: &Exchanges,
        input: &WorkInput,
        sources: &[String],
    ) -> Self {
        let found = findings(searches, known);
        let reads = reading::calls(input, sources);
        let found = match reading::passages(&reads, known, input) {
            Some(passages) => found.read(&passages),
            None => found,
        };
        let query = Query::of(topic, &found);
        let shape = |source: &str| {
            let document = input.task.documents.iter().find(|document| document.source == source);
            document.map_or(Shape::Prose, |document| Shape::of_kind(&document.kind))
        };
        let hits: Vec<(Hit, Shape)> = found
            .hits
            .into_iter()
            .map(|hit| {
                let shape = shape(&hit.source);
                (hit, shape)
            })
            .collect();
        let tables = hits.iter().all(|(_, shape): &(Hit, Shape)| *shape != Shape::Prose);
        let coverage_min = match () {
            () if query.is_whole() && hits.len() <= FEW_PASSAGES => WHOLE_COVERAGE_MIN,
            () if tables => ROW_COVERAGE_MIN,
            () => ANSWER_COVERAGE_MIN,
        };
        Self { query, hits, coverage_min }
    }

    /// Content with less, where an earlier cycle missed something.
    pub(super) fn looking(self, wider: bool) -> Self {
        let coverage_min = if wider { WIDER_COVERAGE_MIN } else { self.coverage_min };
        let query = if wider { self.query.of_any_document() } else { self.query };
        Self { query, coverage_min, ..self }
    }

    /// Calls that read around the best passages of one document, or of all.
    pub(super) fn calls(&self, source: Option<&str>, passages_max: usize) -> Vec<Call> {
        if self.query.is_whole() {
            return Vec::new();
        }
        let passages = self.passages(source);
        let anchors = context::anchors(&passages, &self.query, self.coverage_min, passages_max);
        anchors.into_iter().map(|(passage, _)| context::call(passage)).collect()
    }

    /// How much of the question the best passage covers, 0 to 1.
    pub(super) fn coverage(&self, source: Option<&str>) -> f64 {
        self.passages(source).iter().map(|passage| self.query.passage(passage)).fold(0.0, f64::max)
    }

    /// Statements of one document, or of all, best first; none where nothing answers. `wide` where many may answer.
    pub(super) fn ranked(
        &self,
        source: Option<&str>,
        passages_max: usize,
        known: &Exchanges,
        wide: bool,
    ) -> Vec<Picked> {
        let passages = self.passages(source);
        if self.coverage(source) < self.coverage_min || self.query.has_foreign_name() {
            return Vec::new();
        }
        let answering: Vec<&Passage<'_>> =
            passages.iter().filter(|passage| self.query.passage(passage) >= self.coverage_min).collect();
        let many = self.query.is_whole() && self.hits.len() > FEW_PASSAGES;
        let own_of = |one: &Statement, passage: &Passage<'_>| {
            if many { self.query.direct(one, passage) } else { self.query.own(one, passage) }
        };
        let own = |passage: &&Passage<'_>| {
            passage.statements.iter().map(|one| own_of(one, passage)).fold(0.0, f64::max)
        };
        let best = answering.iter().map(own).fold(0.0, f64::max);
        let own_share = if many { 1.0 } else { OWN_SHARE_MIN };
        if best < self.coverage_min * own_share || self.query.lacks_value(&answering) {
            return Vec::new();
        }
        if !self.query.is_whole() && self.query.lacks_duty(&answering) {
            return Vec::new();
        }
        let mut all = scored(&passages, &self.query, self.coverage_min);
        let anchors = if self.query.is_whole() {
            Vec::new()
        } else {
            context::anchors(&passages, &self.query, self.coverage_min, passages_max)
        };
        for (passage, coverage) in anchors {
            let around = context::around(passage, coverage, &self.query, known);
            let picked =
                around.iter().map(|(one, own, wide)| Picked::of(one, self.query.score(one, *own, *wide)));
            all.extend(picked);
        }
        let ranked = ranked(all, SCORE_MIN);
        if self.query.is_whole() {
            return outstanding(ranked, wide, self.query.wants_time());
        }
        let best = ranked.first().map_or(0.0, |picked| picked.score);
        let share = if wide { STATEMENT_SHARE_MIN } else { NARROW_SHARE_MIN };
        ranked.into_iter().filter(|picked| picked.score >= best * share).collect()
    }

    /// The part of `text` that speaks of what is asked, in at most `words_max` words.
    pub(super) fn excerpt(&self, text: &str, words_max: usize) -> String {
        excerpt(text, words_max, |stem| self.query.word_weight(stem))
    }

    fn passages(&self, source: Option<&str>) -> Vec<Passage<'_>> {
        let of = |(hit, _): &&(Hit, Shape)| source.is_none_or(|source| hit.source == source);
        let mut passages =
            self.hits.iter().filter(of).map(|(hit, shape)| Passage::of(hit, *shape)).collect::<Vec<_>>();
        connect(&mut passages);
        passages
    }
}

/// Where all was read, what answers stands out: by its score, by what it says itself, by the names and the value it has.
/// What a second document says with a value of the same kind stands beside it.
fn outstanding(mut ranked: Vec<Picked>, wide: bool, timed: bool) -> Vec<Picked> {
    let (share, direct_share) = if wide { WIDE_SHARES } else { SHARES };
    let named = ranked.first().map_or(0, |picked| picked.named);
    let first = ranked.first().map_or(0.0, |picked| picked.score);
    // What says all that is asked answers, also where it has no time: `when` may ask for a case.
    let told = ranked.first().is_some_and(|picked| picked.direct >= TOLD_MIN);
    let has_value = |picked: &Picked| picked.fits || timed && picked.wanted && !told;
    let answers = |picked: &Picked| {
        has_value(picked) && picked.named >= named && picked.score >= first * VALUED_SHARE_MIN
    };
    if !wide && ranked.iter().any(answers) {
        ranked.retain(has_value);
    }
    let best = ranked.first().map_or(0.0, |picked| picked.score);
    let direct = ranked.iter().map(|picked| picked.direct).fold(0.0, f64::max);
    let valued = ranked.first().is_some_and(|picked| picked.wanted);
    let mut seen: Vec<String> = Vec::new();
    let stands_out = |picked: &Picked| {
        let opens = !seen.contains(&picked.citation.source);
        seen.push(picked.citation.source.clone());
        let beside = opens
            && valued
            && picked.wanted
            && picked.score >= best * BESIDE_SHARES.0
            && picked.direct >= direct * BESIDE_SHARES.1;
        let stands = picked.score >= best * share && picked.direct >= direct * direct_share;
        (stands || beside) && picked.named >= named
    };
    ranked.retain(stands_out);
    ranked
}

/// Whether a statement is about when something holds or does not.
pub(super) fn is_condition(text: &str) -> bool {
    const MARKS: [&str; 18] = [
        "unless", "except", "if", "provid", "howev", "onli", "condit", "warn", "note", "mean", "defin",
        "befor", "must", "not", "cannot", "without", "although", "otherwis",
    ];
    stems(text).iter().any(|stem| MARKS.contains(&stem.as_str()))
}
