//! One question measured.

use std::time::Duration;

use divisi_llm::inputs::CitationFinding;
use divisi_llm::outputs::{Citation, Claim, Report};
use divisi_tools::corpus::Corpus;
use divisi_tools::documents::Span;
use serde::Serialize;

use super::documents::Library;
use super::questions::{Kind, Question};
use super::{baseline, pipeline};

/// What one question brought.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "a line of a table: each is a column of its own")]
pub(crate) struct Measured {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) holdout: bool,
    /// Over everyday documents.
    pub(crate) everyday: bool,
    /// As strangers ask.
    pub(crate) stranger: bool,
    /// Whether the first statement of the answer cites a text that is looked for, or holds the figure.
    pub(crate) first: bool,
    /// Statements of the report that cite none.
    pub(crate) beside: usize,
    /// Texts looked for.
    pub(crate) gold: usize,
    /// Of them, those that the report cites.
    pub(crate) found: usize,
    /// Of them, those that the twelve sentences of plain BM25 hold.
    pub(crate) baseline: usize,
    pub(crate) missed: Vec<String>,
    pub(crate) words: usize,
    pub(crate) citations: usize,
    /// Citations that are not byte-equal to their span.
    pub(crate) wrong_citations: usize,
    /// Citations whose lines or page are not those of their span in the file.
    pub(crate) wrong_places: usize,
    /// Subtasks whose solution the manager did not accept in any cycle.
    pub(crate) refused: Vec<String>,
    pub(crate) approved: bool,
    /// Whether the form of the answer is right: a table, a figure, no claim where nothing is said.
    pub(crate) form_ok: bool,
    pub(crate) confidence: f64,
    pub(crate) millis: u64,
}

/// The texts of a question that stand in none of its documents: the question, or its edition, is wrong.
pub(crate) fn unanchored(question: &Question, library: &mut Library) -> anyhow::Result<Vec<String>> {
    let corpus = library.corpus(&question.documents)?;
    let texts: Vec<String> = corpus.documents().iter().map(|document| flat(&document.parsed.text)).collect();
    let wrong = question.gold.iter().filter(|gold| !holds(&texts, gold));
    Ok(wrong.map(|gold| format!("{}: in none of the documents: {gold}", question.id)).collect())
}

/// Runs and measures a question.
pub(crate) fn measure(question: &Question, library: &mut Library) -> anyhow::Result<Measured> {
    let corpus = library.corpus(&question.documents)?;
    let (outcome, took) = timed(|| pipeline::run(&corpus, &question.ask));
    let outcome = outcome?;
    let cited = cited(&outcome.report);
    let texts: Vec<String> = cited.iter().map(|citation| flat(&citation.quote)).collect();
    let missed: Vec<String> = question.gold.iter().filter(|gold| !holds(&texts, gold)).cloned().collect();
    let plain: Vec<String> =
        baseline::best_sentences(&corpus, &question.ask).iter().map(|text| flat(text)).collect();
    let checks = pipeline::checks(&corpus, &cited);
    Ok(Measured {
        id: question.id.clone(),
        kind: question.kind,
        holdout: question.holdout,
        everyday: question.everyday,
        stranger: question.stranger,
        first: is_first(question, &outcome.report),
        beside: beside(question, &outcome.report),
        gold: question.gold.len(),
        found: question.gold.len() - missed.len(),
        baseline: question.gold.iter().filter(|gold| holds(&plain, gold)).count(),
        missed,
        words: words(&outcome.report),
        citations: checks.len(),
        wrong_citations: checks.iter().filter(|check| check.finding != CitationFinding::Exact).count(),
        wrong_places: cited.iter().filter(|citation| !is_placed(&corpus, citation)).count(),
        refused: refused(&outcome),
        approved: outcome.final_review.approved,
        form_ok: form_ok(question, &outcome.report) && is_worded(question, &outcome.report),
        confidence: outcome.accepted.iter().map(|one| one.solution.confidence).fold(0.0, f64::max),
        millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Whether a statement cites one of the texts.
fn cites(claim: &Claim, gold: &[String]) -> bool {
    let quotes: Vec<String> = claim.citations.iter().map(|citation| flat(&citation.quote)).collect();
    gold.iter().any(|text| holds(&quotes, text))
}

fn is_first(question: &Question, report: &Report) -> bool {
    report.answer.first().is_some_and(|claim| match &question.figure {
        Some(figure) => claim.text.contains(figure.as_str()),
        None => cites(claim, &question.gold),
    })
}

/// Statements of answer and body beside those that are looked for.
fn beside(question: &Question, report: &Report) -> usize {
    let claims = report.answer.iter().chain(report.main_content.iter().flat_map(|section| &section.claims));
    claims.filter(|claim| !claim.citations.is_empty() && !cites(claim, &question.gold)).count()
}

fn refused(outcome: &pipeline::Outcome) -> Vec<String> {
    let refused = outcome.accepted.iter().filter(|one| one.score_hundredths < pipeline::ACCEPTED_MIN);
    refused.map(|one| format!("{} {}", one.subtask.title, one.score_hundredths)).collect()
}

/// The lines and the page are those that the document itself gives the span.
fn is_placed(corpus: &Corpus, citation: &Citation) -> bool {
    let offset = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
    let place = |document: &divisi_tools::corpus::Document| {
        document.parsed.locate(Span::new(offset(citation.start), offset(citation.end)))
    };
    let said = (citation.line, citation.line_end, citation.page);
    corpus.document(&citation.source).map(place).is_some_and(|place| {
        said == (u64::from(place.line), u64::from(place.line_end), place.page.map(u64::from))
    })
}

#[expect(clippy::disallowed_methods, reason = "a measurement for people: no result depends on it")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// The text is in one of them.
fn holds(texts: &[String], gold: &str) -> bool {
    let gold = flat(gold);
    texts.iter().any(|text| text.contains(&gold))
}

/// White space and case aside.
pub(crate) fn flat(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every citation that the report's text carries.
pub(crate) fn cited(report: &Report) -> Vec<Citation> {
    let claims = report.answer.iter().chain(report.main_content.iter().flat_map(|section| &section.claims));
    let tables = report.main_content.iter().filter_map(|section| section.table.as_ref());
    let cells =
        tables.flat_map(|table| &table.rows).flat_map(|row| &row.cells).flat_map(|cell| &cell.citations);
    claims.flat_map(|claim| &claim.citations).chain(cells).cloned().collect()
}

/// Whether the report holds what it must say besides, and nothing that it must not.
fn is_worded(question: &Question, report: &Report) -> bool {
    let all = vec![flat(&text(report).join(" "))];
    question.says.iter().all(|said| holds(&all, said)) && !question.never.iter().any(|said| holds(&all, said))
}

/// All words that a reader sees, the list of sources aside.
pub(crate) fn words(report: &Report) -> usize {
    text(report).iter().map(|text| text.split_whitespace().count()).sum()
}

fn text(report: &Report) -> Vec<&str> {
    let mut text: Vec<&str> = vec![&report.executive_summary];
    text.extend(report.answer.iter().map(|claim| claim.text.as_str()));
    for section in &report.main_content {
        text.push(&section.title);
        text.extend(section.claims.iter().map(|claim| claim.text.as_str()));
        if let Some(table) = &section.table {
            text.extend(table.columns.iter().map(String::as_str));
            for row in &table.rows {
                text.push(&row.label);
                text.extend(row.cells.iter().map(|cell| cell.text.as_str()));
            }
        }
    }
    let lists = [&report.key_insights, &report.recommendations, &report.limitations];
    text.extend(lists.into_iter().flatten().map(String::as_str));
    text.extend(report.supporting_evidence.iter().map(|evidence| evidence.claim.as_str()));
    text
}

fn form_ok(question: &Question, report: &Report) -> bool {
    match question.kind {
        Kind::None => {
            let says = report.answer.iter().any(|claim| claim.text.starts_with("The documents do not say"));
            says && cited(report).is_empty() && report.answer.len() == 1
        }
        Kind::Compare => {
            let table = report.main_content.iter().find_map(|section| section.table.as_ref());
            let size = table.map(|table| (table.rows.len(), table.columns.len().saturating_sub(1)));
            let cells = table.into_iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
            let mut cells = cells.map(|cell| !cell.citations.is_empty() || cell.text == "says nothing");
            let wide = size.is_some_and(|(_, aspects)| aspects >= question.aspects_min);
            wide && (question.table.is_none() || size == question.table) && cells.all(|ok| ok)
        }
        Kind::Data => question.figure.as_ref().is_none_or(|figure| {
            report
                .answer
                .first()
                .is_some_and(|claim| claim.text.contains(figure.as_str()) && !claim.citations.is_empty())
        }),
        Kind::One | Kind::Several | Kind::Needle => !cited(report).is_empty(),
    }
}
