//! A report as people edit it: checked like what a model wrote, every fault at once.

use std::collections::BTreeMap;

use divisi_domain::blob::BlobRef;
use divisi_domain::model_step::Purpose;
use divisi_domain::task::Task;
use divisi_llm::outputs::{Citation, Claim, Report};
use divisi_tools::documents::{Parsed, Span};
use serde_json::Value;

use super::texts::spec;
use crate::content::{ContentError, Contents};
use crate::perform::cite;
use crate::requests::parse_output;
use crate::spec::TaskSpec;

/// Faults that are told at once.
const FAULTS_MAX: usize = 50;
/// Characters of a quotation that a sentence repeats.
const QUOTE_CHARS_MAX: usize = 60;

/// Why an edited report is not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EditRefused {
    /// Everything that is wrong with it, as sentences.
    #[error("{}", .0.join(" "))]
    Faults(Vec<String>),
    /// It could not be checked.
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// The report of a person as it is kept, if it is one whose every citation is byte-equal to its span.
pub fn edited_report(contents: &Contents<'_>, task: &Task, written: &Value) -> Result<String, EditRefused> {
    if !written.is_object() {
        let sentence = "A report is one JSON object, in the form in which the approval shows it.";
        return Err(EditRefused::Faults(vec![sentence.to_owned()]));
    }
    let report: Report =
        parse_output(Purpose::Synthesise, &written.to_string()).map_err(EditRefused::Faults)?;
    let mut faults = unfit(task, &report);
    faults.extend(miscited(contents, task, &report)?);
    faults.truncate(FAULTS_MAX);
    if !faults.is_empty() {
        return Err(EditRefused::Faults(faults));
    }
    serde_json::to_string(&report).map_err(|error| EditRefused::Faults(vec![error.to_string()]))
}

/// What is wrong with it without a look at the documents.
fn unfit(task: &Task, report: &Report) -> Vec<String> {
    let mut faults = Vec::new();
    if report.answer.iter().all(|claim| claim.text.trim().is_empty()) {
        faults.push("At '/answer': a report has an answer of at least one statement.".to_owned());
    }
    if !(0.0..=1.0).contains(&report.overall_confidence) {
        faults.push("At '/overall_confidence': a confidence is 0 to 1.".to_owned());
    }
    let claims = report.answer.iter().chain(report.main_content.iter().flat_map(|section| &section.claims));
    for Claim { subtasks, .. } in claims {
        for number in subtasks.iter().filter(|number| !task.subtasks.contains_key(number)) {
            faults.push(format!("Subtask {number}, which a statement names, does not exist in this task."));
        }
    }
    faults
}

/// Citations that are not what the documents say.
fn miscited(contents: &Contents<'_>, task: &Task, report: &Report) -> Result<Vec<String>, ContentError> {
    let sources = match spec(contents, task)? {
        Some(spec) => sources(&spec),
        None => BTreeMap::new(),
    };
    let mut read: BTreeMap<&str, Parsed> = BTreeMap::new();
    let mut faults = Vec::new();
    for citation in cite::of_report(report) {
        let Some((file, blob)) = sources.get(&citation.source) else {
            faults.push(format!("{} names no document of this task.", named(citation)));
            continue;
        };
        if !read.contains_key(citation.source.as_str()) {
            let bytes = contents.bytes(*blob)?;
            let parsed = minicbor::decode(&bytes);
            let parsed: Parsed =
                parsed.map_err(|error| ContentError::Shape { blob: *blob, cause: error.to_string() })?;
            read.insert(&citation.source, parsed);
        }
        let fault = read.get(citation.source.as_str()).and_then(|parsed| wrong(citation, file, parsed));
        faults.extend(fault);
    }
    faults.dedup();
    Ok(faults)
}

/// By source number: file name and parsed text of each document that could be read.
fn sources(spec: &TaskSpec) -> BTreeMap<String, (String, BlobRef)> {
    let parsed = |file: &str| {
        spec.attachments.iter().find(|attachment| attachment.file == file).and_then(|found| found.parsed)
    };
    let known = spec.brief.documents.iter();
    known
        .filter_map(|document| {
            Some((document.source.clone(), (document.file.clone(), parsed(&document.file)?)))
        })
        .collect()
}

fn wrong(citation: &Citation, file: &str, parsed: &Parsed) -> Option<String> {
    if citation.file != file {
        return Some(format!("{} is the file '{file}', not '{}'.", named(citation), citation.file));
    }
    let offset = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span::new(offset(citation.start), offset(citation.end));
    let says = parsed.slice(span).filter(|says| !says.is_empty() && *says == citation.quote);
    if says.is_none() {
        let (start, end) = (citation.start, citation.end);
        return Some(format!("{} is not what bytes {start} to {end} of '{file}' say.", named(citation)));
    }
    let place = parsed.locate(span);
    let lines = (u64::from(place.line), u64::from(place.line_end));
    let told = citation.line == 0 || (citation.line, citation.line_end) == lines;
    (!told).then(|| format!("{} stands in lines {} to {}.", named(citation), lines.0, lines.1))
}

fn named(citation: &Citation) -> String {
    let quote: String = citation.quote.chars().take(QUOTE_CHARS_MAX).collect();
    format!("The citation of {} (\"{quote}\")", citation.source)
}
