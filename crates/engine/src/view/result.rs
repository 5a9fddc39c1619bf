//! The result of a task: its report, else its latest draft, else what was accepted.

use divisi_domain::task::{Stage, Task};
use divisi_llm::outputs::{Claim, Report, Section, Solution};

use super::sentence::failure_sentence;
use super::texts::subtask_texts;
use crate::content::{ContentError, Contents};
use crate::report::Presentation;

/// A report with what is to be said around it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The report, or what stands in for it.
    pub report: Report,
    /// Title, gaps, approval.
    pub presentation: Presentation,
    /// Whether it is only a draft of a task that has not completed.
    pub draft: bool,
}

/// What a finished task has to show; `None` where it is not finished, or has nothing.
pub fn outcome(contents: &Contents<'_>, task: &Task, title: &str) -> Result<Option<Outcome>, ContentError> {
    let Some(ending) = task.ending.as_ref().filter(|_| task.is_terminal() && !task.erased) else {
        return Ok(None);
    };
    let completed = task.stage == Stage::Completed;
    let written = ending.content.or_else(|| task.drafts.last().map(|draft| draft.content));
    let report = match written {
        Some(blob) => Some(contents.json::<Report>(blob)?),
        None => accepted(contents, task)?,
    };
    let Some(report) = report else { return Ok(None) };
    let mut missing = gaps(contents, task, &ending.missing)?;
    missing.extend(ending.reason.map(|reason| failure_sentence(reason).to_owned()));
    let not_approved = (completed && !ending.approved && ending.content.is_some())
        .then(|| "It is the best draft after all rounds of review.".to_owned());
    let presentation = Presentation { title: title.to_owned(), missing, not_approved };
    Ok(Some(Outcome { report, presentation, draft: !completed }))
}

fn gaps(contents: &Contents<'_>, task: &Task, missing: &[u16]) -> Result<Vec<String>, ContentError> {
    let texts = subtask_texts(contents, task)?;
    let sentence = |number: &u16| {
        let title = texts.get(number).map_or("", |text| text.title.trim());
        format!("Subtask {number} ({title}) brought no accepted solution.")
    };
    Ok(missing.iter().map(sentence).collect())
}

/// Accepted solutions in the form of a report, for a task that ended before one was written.
fn accepted(contents: &Contents<'_>, task: &Task) -> Result<Option<Report>, ContentError> {
    let texts = subtask_texts(contents, task)?;
    let mut report = Report::default();
    let mut confidence = 1.0_f64;
    for subtask in task.planned() {
        let Some(kept) = &subtask.accepted else { continue };
        let solution: Solution = contents.json(kept.content)?;
        let number = subtask.node.number;
        report.answer.push(Claim { text: solution.summary, citations: Vec::new(), subtasks: vec![number] });
        report.main_content.push(Section {
            title: texts.get(&number).map(|text| text.title.clone()).unwrap_or_default(),
            claims: solution.claims,
            table: solution.table,
        });
        confidence = confidence.min(solution.confidence);
    }
    if report.answer.is_empty() {
        return Ok(None);
    }
    report.overall_confidence = confidence;
    report.limitations =
        vec!["The task ended before a report was written; these are the accepted findings.".to_owned()];
    Ok(Some(report))
}
