//! What is measured on a solution.

use std::collections::BTreeSet;

use divisi_llm::inputs::{CitationFinding, ReviewInput};
use divisi_llm::outputs::{Cell, Citation, Claim, Solution};

use crate::extractive::assignment::{Assignment, Deliverable};
use crate::extractive::text::concept::concepts;
use crate::extractive::text::similar::Fingerprint;
use crate::extractive::text::word::stems;
use crate::extractive::text::{flat, real, word_count};
use crate::extractive::topic::{Asked, asked};
use crate::extractive::wording::is_not_said;

/// A claim whose words lie in its quotes to this share is supported.
const SUPPORT_MIN: f64 = 0.7;
/// Words of all claims of one solution.
pub(super) const CLAIM_WORDS_MAX: usize = 700;
/// Words of a summary.
pub(super) const SUMMARY_WORDS_MAX: usize = 90;

/// Counts and shares of one solution.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Measures {
    /// Aspects asked for.
    pub(super) aspects: Vec<String>,
    /// Those that no sound claim and no stated gap speaks of.
    pub(super) open: Vec<String>,
    /// Claims in all.
    pub(super) claims: usize,
    /// Claims without any citation.
    pub(super) uncited: Vec<String>,
    /// Citations whose quote is not what stands there.
    pub(super) wrong: Vec<String>,
    /// Claims that say what their quotes do not.
    pub(super) unsupported: Vec<String>,
    /// Claims that are about something else.
    pub(super) off_topic: Vec<String>,
    /// Claims that repeat another one.
    pub(super) repeated: Vec<String>,
    /// Words of all claims.
    pub(super) claim_words: usize,
    /// Words of the summary.
    pub(super) summary_words: usize,
    /// Whether it says that something is not in the documents.
    pub(super) states_gaps: bool,
}

impl Measures {
    /// Measures the solution of `input`.
    pub(super) fn of(input: &ReviewInput) -> Self {
        let solution = &input.solution;
        let assignment = Assignment::of(&input.subtask, &input.task);
        let claims = statements(solution);
        let mut measures = Self {
            aspects: assignment.aspects.clone(),
            claims: claims.len(),
            claim_words: claims.iter().map(|claim| word_count(&claim.text)).sum(),
            summary_words: word_count(&solution.summary),
            states_gaps: !solution.gaps.is_empty(),
            ..Self::default()
        };
        measures.wrong = wrong(input);
        measures.uncited = texts(&claims, |claim| claim.citations.is_empty());
        // A figure is computed from the rows it cites: its words need not stand in them.
        let computed = assignment.deliverable == Deliverable::Figure;
        measures.unsupported =
            texts(&claims, |claim| !computed && !claim.citations.is_empty() && !is_supported(claim));
        measures.repeated = repeated(&claims, &assignment);
        measures.off_topic = off_topic(&claims, &assignment, input);
        measures.open = open(&claims, &assignment, input);
        measures
    }

    /// The share of `some` in all claims.
    pub(super) fn share(&self, some: &[String]) -> f64 {
        if self.claims == 0 { 0.0 } else { real(some.len()) / real(self.claims) }
    }
}

/// All claims that assert something, those of table cells that no claim repeats included.
fn statements(solution: &Solution) -> Vec<Claim> {
    let mut all: Vec<Claim> =
        solution.claims.iter().filter(|claim| !is_not_said(&claim.text)).cloned().collect();
    let cells = solution.table.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
    for cell in cells.filter(|cell| !cell.citations.is_empty()) {
        let said = |claim: &Claim| {
            claim.text == cell.text || claim.citations.iter().any(|known| cell.citations.contains(known))
        };
        if !all.iter().any(said) {
            all.push(cell_claim(cell));
        }
    }
    all
}

fn cell_claim(cell: &Cell) -> Claim {
    Claim { text: cell.text.clone(), citations: cell.citations.clone(), subtasks: Vec::new() }
}

fn texts(claims: &[Claim], is: impl Fn(&Claim) -> bool) -> Vec<String> {
    claims.iter().filter(|claim| is(claim)).map(|claim| claim.text.clone()).collect()
}

fn wrong(input: &ReviewInput) -> Vec<String> {
    let named = |check: &divisi_llm::inputs::CitationCheck| {
        let citation = &check.citation;
        format!("{} {}–{}", citation.file, citation.start, citation.end)
    };
    let is_wrong = |check: &&divisi_llm::inputs::CitationCheck| check.finding != CitationFinding::Exact;
    input.citation_checks.iter().filter(is_wrong).map(named).collect()
}

fn is_supported(claim: &Claim) -> bool {
    let quotes: BTreeSet<String> =
        claim.citations.iter().flat_map(|citation| stems(&citation.quote)).collect();
    let words = stems(&claim.text);
    let held = words.iter().filter(|stem| quotes.contains(*stem)).count();
    words.is_empty() || real(held) / real(words.len()) >= SUPPORT_MIN
}

/// In a table two documents may say the same; one document may not say it twice.
fn repeated(claims: &[Claim], assignment: &Assignment) -> Vec<String> {
    let table = matches!(assignment.deliverable, Deliverable::Rows | Deliverable::Comparison);
    let prints: Vec<Fingerprint> = claims.iter().map(|claim| Fingerprint::of_text(&claim.text)).collect();
    let source = |at: usize| claims[at].citations.first().map(|citation| &citation.source);
    let same = |earlier: usize, at: usize| {
        prints[earlier].duplicates(&prints[at]) && (!table || source(earlier) == source(at))
    };
    let repeats = |at: &usize| (0..*at).any(|earlier| same(earlier, *at));
    (0..claims.len()).filter(repeats).map(|at| claims[at].text.clone()).collect()
}

/// Claims that share too little with what is asked and do not stand beside one that shares enough, and claims from
/// documents that were not to be looked at.
fn off_topic(claims: &[Claim], assignment: &Assignment, input: &ReviewInput) -> Vec<String> {
    let foreign = |claim: &Claim| {
        let named = |citation: &Citation| assignment.sources.contains(&citation.source);
        !assignment.sources.is_empty() && !claim.citations.is_empty() && !claim.citations.iter().any(named)
    };
    let by_kind =
        matches!(assignment.deliverable, Deliverable::Overview | Deliverable::Figure | Deliverable::Outline);
    let on = if by_kind { vec![true; claims.len()] } else { asked(assignment, &input.task).on_topic(claims) };
    let off = |(claim, on): (&Claim, bool)| (foreign(claim) || !on).then(|| claim.text.clone());
    claims.iter().zip(on).filter_map(off).collect()
}

fn open(claims: &[Claim], assignment: &Assignment, input: &ReviewInput) -> Vec<String> {
    let solution = &input.solution;
    let titled: Asked = asked(assignment, &input.task);
    let covered = |aspect: &String| {
        let asked = concepts(aspect);
        claims.iter().any(|claim| !claim.citations.is_empty() && titled.is_on(claim, &asked))
    };
    let stated = |aspect: &String| {
        solution.gaps.iter().any(|gap| gap.contains(flat(aspect).trim_end_matches(['.', '?', '!', ' '])))
    };
    let gap_only = claims.is_empty() && !solution.gaps.is_empty();
    let answered = |aspect: &&String| !(covered(aspect) || stated(aspect) || gap_only);
    let by_kind =
        matches!(assignment.deliverable, Deliverable::Overview | Deliverable::Figure | Deliverable::Outline);
    if by_kind && !claims.is_empty() {
        return Vec::new();
    }
    assignment.aspects.iter().filter(answered).cloned().collect()
}
