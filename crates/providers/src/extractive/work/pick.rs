//! Which statements are handed in.

use divisi_llm::outputs::{Citation, Claim};

use super::candidate::Passage;
use super::rank::Query;
use crate::extractive::text::flat;
use crate::extractive::text::similar::Fingerprint;

/// Citations of one claim: the same statement in this many places at most.
const CITATIONS_PER_CLAIM_MAX: usize = 6;

/// A statement with its score.
#[derive(Debug, Clone)]
pub(super) struct Picked {
    pub(super) score: f64,
    pub(super) citation: Citation,
    /// Further places that say the same.
    pub(super) also: Vec<Citation>,
    fingerprint: Fingerprint,
}

impl Picked {
    /// As a claim.
    pub(super) fn claim(self) -> Claim {
        let text = flat(&self.citation.quote);
        let citations = std::iter::once(self.citation).chain(self.also).collect();
        Claim { text, citations, subtasks: Vec::new() }
    }
}

/// All statements of `passages` that score at least `score_min`, best first, near-duplicates merged.
pub(super) fn ranked(passages: &[Passage<'_>], query: &Query, score_min: f64) -> Vec<Picked> {
    let mut found: Vec<Picked> = Vec::new();
    for passage in passages {
        let coverage = query.passage(passage);
        for statement in &passage.statements {
            let score = query.statement(statement, coverage);
            if score >= score_min {
                let fingerprint = Fingerprint::of(&statement.stems);
                found.push(Picked {
                    score,
                    citation: statement.citation.clone(),
                    also: Vec::new(),
                    fingerprint,
                });
            }
        }
    }
    found.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| place(&a.citation).cmp(&place(&b.citation)))
    });
    merged(found)
}

fn place(citation: &Citation) -> (&str, u64) {
    (&citation.file, citation.start)
}

fn merged(found: Vec<Picked>) -> Vec<Picked> {
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

fn overlaps(a: &Citation, b: &Citation) -> bool {
    a.source == b.source && a.start < b.end && b.start < a.end
}
