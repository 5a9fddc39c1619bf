//! Which statements are handed in.

use divisi_llm::outputs::{Citation, Claim};

use super::candidate::{Passage, Statement};
use super::rank::Query;
use crate::extractive::text::similar::Fingerprint;
use crate::extractive::text::{flat, word_count};

/// Citations of one claim: the same statement in this many places at most.
const CITATIONS_PER_CLAIM_MAX: usize = 6;

/// A statement of fewer words is a heading or a fragment.
const WORDS_MIN: usize = 4;

/// The same in documents that were read as a whole, whose titles are known.
const WHOLE_WORDS_MIN: usize = 2;

/// What a statement gains that itself has a name that is asked about, where all was read.
const NAMED: f64 = 0.15;

/// A statement with its score.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) score: f64,
    /// How much of the question it speaks of by itself.
    pub(super) direct: f64,
    /// Whether it has the very value that is asked for.
    pub(super) fits: bool,
    /// Whether it has a value of the kind that is asked for.
    pub(super) wanted: bool,
    /// Whether the title right over it is on what is asked.
    pub(super) titled: bool,
    /// How many of the names that are asked about it has.
    pub(super) named: usize,
    pub(super) citation: Citation,
    /// Further places that say the same.
    pub(super) also: Vec<Citation>,
    fingerprint: Fingerprint,
}

impl Picked {
    /// A statement with its score.
    pub(super) fn of(statement: &Statement, score: f64) -> Self {
        let fingerprint = Fingerprint::of(&statement.stems);
        Self {
            score,
            direct: 0.0,
            fits: false,
            wanted: false,
            titled: false,
            named: 0,
            citation: statement.citation.clone(),
            also: Vec::new(),
            fingerprint,
        }
    }

    /// As a claim.
    pub(super) fn claim(self) -> Claim {
        let text = flat(&self.citation.quote);
        let citations = std::iter::once(self.citation).chain(self.also).collect();
        Claim { text, citations, subtasks: Vec::new() }
    }
}

/// All statements of passages that cover enough, with their scores.
pub(super) fn scored(passages: &[Passage<'_>], query: &Query, coverage_min: f64) -> Vec<Picked> {
    let mut found = Vec::new();
    for passage in passages {
        let coverage = query.passage(passage);
        if coverage < coverage_min {
            continue;
        }
        let searched = Query::searched(passage);
        let score = |statement: &Statement| {
            let direct = query.direct(statement, passage);
            let named = if query.is_whole() && query.named(statement, passage) > 0 { NAMED } else { 0.0 };
            (direct, query.score(statement, direct, coverage) + searched + named)
        };
        let words_min = if query.is_whole() { WHOLE_WORDS_MIN } else { WORDS_MIN };
        let telling = passage.statements.iter().filter(|statement| statement.stems.len() >= words_min);
        found.extend(telling.map(|statement| {
            let (direct, score) = score(statement);
            Picked {
                direct,
                fits: query.fits(statement),
                wanted: query.has_wanted(statement),
                titled: query.is_titled(passage),
                named: query.named(statement, passage),
                ..Picked::of(statement, score)
            }
        }));
    }
    found
}

/// Best first, overlaps dropped, near-duplicates merged; at least `score_min`.
pub(super) fn ranked(mut found: Vec<Picked>, score_min: f64) -> Vec<Picked> {
    found.retain(|picked| picked.score >= score_min);
    found.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| place(&a.citation).cmp(&place(&b.citation)))
    });
    let mut kept: Vec<Picked> = Vec::new();
    for picked in found {
        if kept.iter().any(|known| overlaps(&known.citation, &picked.citation)) {
            continue;
        }
        match kept.iter_mut().find(|known| known.fingerprint.duplicates(&picked.fingerprint)) {
            Some(known) if known.also.len() + 1 < CITATIONS_PER_CLAIM_MAX => known.also.push(picked.citation),
            Some(_) => {}
            None => kept.push(picked),
        }
    }
    kept
}

/// The first of `ranked` whose words together are at most `words_max`, at most `count_max`. It stops at the first that
/// does not fit: whatever is missing from the documents, those that stay are never displaced.
pub(super) fn within(ranked: Vec<Picked>, count_max: usize, words_max: usize) -> Vec<Picked> {
    let mut words = 0;
    let mut kept = Vec::new();
    for picked in ranked {
        words += word_count(&picked.citation.quote);
        if !kept.is_empty() && (kept.len() >= count_max || words > words_max) {
            break;
        }
        kept.push(picked);
    }
    kept
}

fn place(citation: &Citation) -> (&str, u64) {
    (&citation.file, citation.start)
}

fn overlaps(a: &Citation, b: &Citation) -> bool {
    a.source == b.source && a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
