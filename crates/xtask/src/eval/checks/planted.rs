//! Bad solutions made on purpose: off-topic, uncited, wrong span, padded, repeated. The manager must not accept them,
//! and must accept the good ones they were made from.

use std::sync::Arc;

use divisi_llm::inputs::{AcceptedSolution, TaskBrief};
use divisi_llm::outputs::{Analysis, Solution};
use divisi_tools::corpus::Corpus;

use super::{Check, named};
use crate::eval::documents::Library;
use crate::eval::pipeline::{ACCEPTED_MIN, Worker, hundredths, run};
use crate::eval::questions::Question;

/// Of a hundred bad solutions, how many must be refused.
const REFUSED_PERCENT_MIN: usize = 95;
/// Questions over the same documents: the solution of one is off-topic for the next.
const BASES: [&str; 8] = [
    "artistic-fee",
    "gfdl-transparent",
    "gpl3-installation",
    "lgpl3-combined",
    "bsd-endorse",
    "apache-patent-litigation",
    "cc0-fallback",
    "gpl1-fee-licences",
];
const FILLER: &str = "It is worth noting at this point that, all things considered, this matter deserves the attention of every \
    careful reader, since there is much to be said about it and much that could still be added. ";

/// A good solution with what it answers.
pub(super) struct Base {
    pub(super) corpus: Arc<Corpus>,
    pub(super) task: TaskBrief,
    pub(super) analysis: Analysis,
    pub(super) good: AcceptedSolution,
}

impl Base {
    /// The first solution of a question.
    pub(super) fn of(question: &Question, library: &mut Library) -> anyhow::Result<Self> {
        let corpus = library.corpus(&question.documents)?;
        let outcome = run(&corpus, &question.ask)?;
        let good = outcome.accepted.first().cloned();
        let good = good.ok_or_else(|| anyhow::anyhow!("{}: no solution", question.id))?;
        Ok(Self { corpus, task: outcome.task, analysis: outcome.analysis, good })
    }

    /// Whoever works on it.
    pub(super) fn worker(&self) -> Worker<'_> {
        Worker {
            corpus: &self.corpus,
            task: &self.task,
            analysis: &self.analysis,
            subtask: &self.good.subtask,
            dependencies: &[],
        }
    }

    /// The manager's score of a solution to it.
    pub(super) fn score(&self, solution: &Solution) -> anyhow::Result<u16> {
        Ok(hundredths(&self.worker().review(solution)?))
    }
}

/// Both promises.
pub(super) fn checks(questions: &[Question], library: &mut Library) -> anyhow::Result<Vec<Check>> {
    let mut bases = Vec::new();
    for id in BASES {
        bases.push(Base::of(named(questions, id)?, library)?);
    }
    let mut bad: Vec<(String, u16)> = Vec::new();
    let mut good: Vec<u16> = Vec::new();
    for (at, base) in bases.iter().enumerate() {
        good.push(base.score(&base.good.solution)?);
        let other = &bases[(at + 1) % bases.len()].good.solution;
        for (kind, solution) in planted(&base.good.solution, other, at) {
            bad.push((format!("{} {kind}", BASES[at]), base.score(&solution)?));
        }
    }
    let accepted: Vec<String> = bad
        .iter()
        .filter(|(_, score)| *score >= ACCEPTED_MIN)
        .map(|(name, score)| format!("{name} {score}"))
        .collect();
    let refused = bad.len() - accepted.len();
    let enough = bad.len() >= 40 && refused * 100 >= bad.len() * REFUSED_PERCENT_MIN;
    let lowest = good.iter().min().copied().unwrap_or(0);
    Ok(vec![
        Check::new(
            "planted bad solutions are refused",
            enough,
            format!("{refused} of {}; accepted: {}", bad.len(), accepted.join(", ")),
        ),
        Check::new(
            "good solutions are accepted",
            good.iter().all(|score| *score >= ACCEPTED_MIN),
            format!("{} solutions, lowest {lowest}", good.len()),
        ),
    ])
}

/// One bad solution of each kind; the kinds themselves vary with `at`.
pub(super) fn planted(good: &Solution, other: &Solution, at: usize) -> Vec<(&'static str, Solution)> {
    vec![
        ("off-topic", off_topic(good, other, at)),
        ("uncited", uncited(good, at)),
        ("wrong span", wrong_span(good, at)),
        ("padded", padded(good, other, at)),
        ("repeated", repeated(good, at)),
    ]
}

/// All of another subject, or as much again of it.
fn off_topic(good: &Solution, other: &Solution, at: usize) -> Solution {
    let mut bad = other.clone();
    if at % 2 == 1 {
        bad.claims = good.claims.iter().take(2).chain(other.claims.iter().take(4)).cloned().collect();
    }
    bad
}

fn uncited(good: &Solution, at: usize) -> Solution {
    let mut bad = good.clone();
    let step = if at.is_multiple_of(2) { 1 } else { bad.claims.len() };
    bad.claims.iter_mut().step_by(step.max(1)).for_each(|claim| claim.citations.clear());
    bad
}

/// The right words at the wrong place, or the wrong words at the right place.
fn wrong_span(good: &Solution, at: usize) -> Solution {
    let mut bad = good.clone();
    if let Some(citation) = bad.claims.first_mut().and_then(|claim| claim.citations.first_mut()) {
        match at % 3 {
            0 => {
                citation.start += 7;
                citation.end += 7;
            }
            1 => citation.quote = citation.quote.replace(' ', "  "),
            _ => "D99".clone_into(&mut citation.source),
        }
    }
    bad
}

fn padded(good: &Solution, other: &Solution, at: usize) -> Solution {
    let mut bad = good.clone();
    match at % 3 {
        0 => bad.summary = FILLER.repeat(4),
        1 => bad.claims.iter_mut().for_each(|claim| claim.text = format!("{FILLER}{}", claim.text)),
        _ => bad.claims.extend(other.claims.iter().cloned()),
    }
    bad
}

fn repeated(good: &Solution, at: usize) -> Solution {
    let mut bad = good.clone();
    let again = bad.claims.clone();
    for _ in 0..=at % 3 {
        bad.claims.extend(again.iter().cloned());
    }
    bad
}
