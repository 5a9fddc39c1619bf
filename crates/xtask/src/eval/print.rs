//! The table for people and the file for programmes.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::checks::Check;
use super::measure::{Measured, flat};
use super::pipeline::Outcome;
use super::questions::Kind;
use super::usefulness::Everyday;
use crate::report::target_folder;

/// The recall that a report must reach.
const RECALL_MIN: f64 = 0.9;
/// The words that reports may have on average.
const WORDS_AVERAGE_MAX: f64 = 600.0;

/// What the run showed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    pub(crate) passed: bool,
    pub(crate) questions: usize,
    pub(crate) recall: f64,
    pub(crate) recall_tuned: f64,
    pub(crate) recall_held_out: f64,
    pub(crate) recall_baseline: f64,
    pub(crate) words_average: f64,
    pub(crate) everyday: Everyday,
    pub(crate) strangers: Everyday,
    pub(crate) checks: Vec<Check>,
}

impl Verdict {
    /// Judges a run.
    pub(crate) fn of(measured: &[Measured], mut checks: Vec<Check>) -> Self {
        // Over everyday documents, and as strangers ask, other shares count.
        let all = |one: &&Measured| is_reference(one);
        let recall = recall(measured, all, |one| one.found);
        let recall_baseline = self::recall(measured, all, |one| one.baseline);
        let words_average = real(measured.iter().map(|one| one.words).sum()) / real(measured.len().max(1));
        let wrong: usize = measured.iter().map(|one| one.wrong_citations).sum();
        let citations: usize = measured.iter().map(|one| one.citations).sum();
        let misplaced: usize = measured.iter().map(|one| one.wrong_places).sum();
        let refused: Vec<String> = measured
            .iter()
            .flat_map(|one| one.refused.iter().map(|title| format!("{}: {title}", one.id)))
            .collect();
        let mut own = vec![
            check(
                "every citation is byte-equal to its span",
                wrong == 0,
                format!("{citations} citations, {wrong} wrong"),
            ),
            check(
                "every citation names the lines and page of its span in the file",
                misplaced == 0,
                format!("{misplaced} wrong"),
            ),
            check("every subtask gets an accepted solution", refused.is_empty(), refused.join(", ")),
            check("gold recall is at least 0.9", recall >= RECALL_MIN, format!("{recall:.3}")),
            check(
                "recall is above plain BM25's best 12 sentences",
                recall > recall_baseline,
                format!("{recall:.3} against {recall_baseline:.3}"),
            ),
            check(
                "reports have at most 600 words on average",
                words_average <= WORDS_AVERAGE_MAX,
                format!("{words_average:.0}"),
            ),
        ];
        own.extend(by_kind(measured));
        let unapproved: Vec<&str> =
            measured.iter().filter(|one| !one.approved).map(|one| one.id.as_str()).collect();
        own.push(check("every report is approved", unapproved.is_empty(), unapproved.join(", ")));
        let everyday = Everyday::of(measured);
        own.extend(everyday.checks());
        let strangers = Everyday::of_strangers(measured);
        own.push(strangers.stranger_check());
        own.append(&mut checks);
        Self {
            everyday,
            strangers,
            passed: own.iter().all(|check| check.passed),
            questions: measured.len(),
            recall,
            recall_tuned: self::recall(measured, |one| is_reference(one) && !one.holdout, |one| one.found),
            recall_held_out: self::recall(measured, |one| is_reference(one) && one.holdout, |one| one.found),
            recall_baseline,
            words_average,
            checks: own,
        }
    }
}

/// Over texts and tables that Debian ships, asked as one who knows them asks.
const fn is_reference(one: &Measured) -> bool {
    !one.everyday && !one.stranger
}

/// Of each kind whose answer has a form: whether all have it.
fn by_kind(measured: &[Measured]) -> Vec<Check> {
    let kinds = [
        (Kind::None, "unanswerable questions get no claim"),
        (Kind::Compare, "comparisons get a table with every cell cited or silent"),
        (Kind::Data, "questions over tables get their figure with its rows"),
    ];
    let judged = |(kind, name): (Kind, &str)| {
        let of_kind: Vec<&Measured> = measured.iter().filter(|one| one.kind == kind).collect();
        let bad: Vec<&str> = of_kind.iter().filter(|one| !one.form_ok).map(|one| one.id.as_str()).collect();
        check(name, bad.is_empty(), format!("{} questions; not: {}", of_kind.len(), bad.join(", ")))
    };
    kinds.into_iter().map(judged).collect()
}

fn check(name: &str, passed: bool, detail: String) -> Check {
    Check { name: name.to_owned(), passed, detail }
}

fn recall(measured: &[Measured], of: impl Fn(&&Measured) -> bool, found: impl Fn(&Measured) -> usize) -> f64 {
    let chosen = || measured.iter().filter(|one| of(one));
    let gold: usize = chosen().map(|one| one.gold).sum();
    real(chosen().map(found).sum()) / real(gold.max(1))
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The table.
pub(crate) fn print(measured: &[Measured], verdict: &Verdict) -> anyhow::Result<()> {
    for one in measured {
        self::one(one)?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\nquestions {}  recall {:.3} (tuned {:.3}, held out {:.3}, plain BM25 {:.3})  words {:.0}",
        verdict.questions,
        verdict.recall,
        verdict.recall_tuned,
        verdict.recall_held_out,
        verdict.recall_baseline,
        verdict.words_average
    )?;
    drop(out);
    group("everyday questions", &verdict.everyday)?;
    group("questions of strangers", &verdict.strangers)?;
    let mut out = std::io::stdout().lock();
    for check in &verdict.checks {
        writeln!(out, "{}  {}: {}", if check.passed { "ok  " } else { "FAIL" }, check.name, check.detail)?;
    }
    Ok(())
}

/// What holds over one kind of questions.
pub(crate) fn group(name: &str, everyday: &Everyday) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\n{name} {}  answered {:.3} (held out {:.3})  first {:.3}  beside {:.2}  wrongly claimed {}",
        everyday.questions,
        everyday.answered,
        everyday.answered_held_out,
        everyday.first,
        everyday.beside,
        everyday.claimed.join(", ")
    )?;
    Ok(())
}

/// Documents of another edition than the questions were written on.
pub(crate) fn editions(names: &[String]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if !names.is_empty() {
        writeln!(out, "other editions than pinned, anchored by their text: {}", names.join(", "))?;
    }
    Ok(())
}

/// One line of the table, and what was missed.
pub(crate) fn one(one: &Measured) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:28} {:8} {} {:>2}/{:<2} {} +{:<2} bm25 {:>2}  {:>4} words {:>3} cited  {:.2} {:>5} ms {}{}",
        one.id,
        format!("{:?}", one.kind).to_lowercase(),
        if one.holdout { "h" } else { " " },
        one.found,
        one.gold,
        if one.first { "first" } else { "     " },
        one.beside,
        one.baseline,
        one.words,
        one.citations,
        one.confidence,
        one.millis,
        if one.form_ok { "" } else { "FORM " },
        if one.approved { "" } else { "NOT APPROVED" },
    )?;
    for missed in &one.missed {
        writeln!(out, "    missed: {}", flat(missed).chars().take(150).collect::<String>())?;
    }
    Ok(())
}

/// A whole outcome, to see why.
pub(crate) fn outcome(name: &str, outcome: &Outcome) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n=== {name} — {}", outcome.task.description)?;
    writeln!(out, "{:?} aspects {:?}", outcome.analysis.question_form, outcome.analysis.aspects)?;
    for subtask in &outcome.plan.subtasks {
        writeln!(
            out,
            "  {} [{}] {} ← {:?}",
            subtask.id,
            subtask.assigned_specialist,
            subtask.description.chars().take(300).collect::<String>(),
            subtask.dependencies
        )?;
    }
    for accepted in &outcome.accepted {
        writeln!(
            out,
            "  s{} score {} confidence {:.2} claims {} gaps {:?}",
            accepted.subtask.number,
            accepted.score_hundredths,
            accepted.solution.confidence,
            accepted.solution.claims.len(),
            accepted.solution.gaps
        )?;
    }
    let report = &outcome.report;
    writeln!(out, "{}", report.executive_summary)?;
    for claim in &report.answer {
        let places: Vec<String> =
            claim.citations.iter().map(|one| format!("{}:{}", one.file, one.line)).collect();
        writeln!(out, "* {} [{}]", claim.text, places.join(", "))?;
    }
    for section in &report.main_content {
        writeln!(out, "## {}", section.title)?;
        for claim in &section.claims {
            let places: Vec<String> =
                claim.citations.iter().map(|one| format!("{}:{}", one.file, one.line)).collect();
            writeln!(out, "- {} [{}]", claim.text, places.join(", "))?;
        }
        if let Some(table) = &section.table {
            writeln!(out, "| {}", table.columns.join(" | "))?;
            for row in &table.rows {
                writeln!(
                    out,
                    "| {} | {}",
                    row.label,
                    row.cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>().join(" | ")
                )?;
            }
        }
    }
    writeln!(
        out,
        "insights {:?}\nlimits {:?}\nfinal {:?}; {} tool calls",
        report.key_insights, report.limitations, outcome.final_review, outcome.tool_calls
    )?;
    Ok(())
}

/// Writes the machine-readable results.
pub(crate) fn write(measured: &[Measured], verdict: &Verdict, path: Option<&Path>) -> anyhow::Result<()> {
    let path = match path {
        Some(path) => path.to_path_buf(),
        None => target_folder()?.join("eval-extractive.json"),
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text =
        serde_json::to_string_pretty(&serde_json::json!({ "verdict": verdict, "questions": measured }))?;
    std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
}
