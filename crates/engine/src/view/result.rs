//! The result of a task: its report, else its latest draft, else what was accepted.

use divisi_domain::task::{Ending, Stage, Task};
use divisi_llm::outputs::{Claim, Report, Section, Solution};

use super::sentence::{failure_sentence, partial_sentence};
use super::texts::subtask_texts;
use crate::content::{ContentError, Contents, or_told};
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
    let mut told = Vec::new();
    let report = match written(contents, task, ending, &mut told)? {
        Some(report) => Some(report),
        None => accepted(contents, task, &mut told)?,
    };
    let Some(report) = report else {
        return if told.is_empty() { Ok(None) } else { Err(ContentError::Lost(told.join(" "))) };
    };
    let mut missing = gaps(contents, task, &ending.missing, &mut told)?;
    missing.extend(told);
    let sentence = if completed { partial_sentence } else { failure_sentence };
    let reason = ending.reason.map(|reason| sentence(reason).to_owned());
    let draft = (!completed).then(|| reason.clone().unwrap_or_else(|| "It was cancelled.".to_owned()));
    missing.extend(reason.filter(|_| completed));
    let not_approved = (completed && !ending.approved && ending.content.is_some())
        .then(|| "It is the best draft after all rounds of review.".to_owned());
    let presentation = Presentation { title: title.to_owned(), missing, not_approved, draft };
    Ok(Some(Outcome { report, presentation, draft: !completed }))
}

/// The result as it was written: the report, else the latest draft of it that can be read.
fn written(
    contents: &Contents<'_>,
    task: &Task,
    ending: &Ending,
    told: &mut Vec<String>,
) -> Result<Option<Report>, ContentError> {
    let drafts = task.drafts.iter().rev().map(|draft| draft.content);
    let older = drafts.filter(|draft| Some(*draft) != ending.content);
    for blob in ending.content.into_iter().chain(older) {
        if let Some(report) = or_told(contents.json::<Report>(blob), told)? {
            return Ok(Some(report));
        }
    }
    Ok(None)
}

fn gaps(
    contents: &Contents<'_>,
    task: &Task,
    missing: &[u16],
    told: &mut Vec<String>,
) -> Result<Vec<String>, ContentError> {
    let texts = or_told(subtask_texts(contents, task), told)?.unwrap_or_default();
    let sentence = |number: &u16| {
        let title = texts.get(number).map_or("", |text| text.title.trim());
        format!("Subtask {number} ({title}) brought no accepted solution.")
    };
    Ok(missing.iter().map(sentence).collect())
}

/// Accepted solutions in the form of a report, for a task that ended before one was written.
fn accepted(
    contents: &Contents<'_>,
    task: &Task,
    told: &mut Vec<String>,
) -> Result<Option<Report>, ContentError> {
    let texts = or_told(subtask_texts(contents, task), &mut Vec::new())?.unwrap_or_default();
    let mut report = Report::default();
    let mut confidence = 1.0_f64;
    for subtask in task.planned() {
        let Some(kept) = &subtask.accepted else { continue };
        let Some(solution) = or_told(contents.json::<Solution>(kept.content), told)? else { continue };
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
