//! The analyst: a report with its answer first.

mod answer;
mod body;
mod budget;
mod requests;
mod stance;

use std::collections::BTreeSet;

use divisi_llm::inputs::SynthesiseInput;
use divisi_llm::outputs::{Citation, Claim, Evidence, QuestionForm, Report, Section, TopicFindings};

use super::question::{asks_contradiction, order};
use super::text::concept::{Concept, Kind, concepts};
use super::text::word::stems;
use super::text::{shortened, word_count};
use super::wording::{NO_CONDITIONS, NO_MODEL, is_not_said};
use requests::Requests;

/// Words by which evidence names the claim it stands for.
const EVIDENCE_WORDS: usize = 6;
/// Gaps that the limitations name.
const GAPS_NAMED_MAX: usize = 6;

/// Writes the report.
pub(super) fn synthesise(input: &SynthesiseInput) -> Report {
    let requests = Requests::of(input);
    let topics = requests.applied(&input.coordination.structured_findings);
    let budget = budget::Budget::of(&topics, requests.shorter.then(|| written(input.previous.as_ref())));
    let (mut answer, used) = answer::answer(input, &topics, &budget);
    let budget = budget.after(&answer);
    let main_content = body::sections(input, &topics, &used, &budget);
    answer::take_stance(input, &topics, &mut answer);
    let mut report = Report {
        executive_summary: executive_summary(input, &topics, shown(&answer, &main_content)),
        key_insights: insights(input),
        recommendations: Vec::new(),
        supporting_evidence: evidence(&answer, input),
        limitations: limitations(input, &requests),
        overall_confidence: topics.iter().map(|topic| topic.confidence).fold(0.0, f64::max),
        sources: Vec::new(),
        answer,
        main_content,
    };
    report.sources = sources(&report);
    report
}

/// Statements that are shown.
fn shown(answer: &[Claim], body: &[Section]) -> usize {
    answer.len() + body.iter().map(|section| section.claims.len()).sum::<usize>()
}

fn executive_summary(input: &SynthesiseInput, topics: &[TopicFindings], shown: usize) -> String {
    let points: Vec<&Claim> = topics.iter().flat_map(|topic| &topic.key_points).collect();
    let mut files: Vec<&str> =
        points.iter().flat_map(|claim| &claim.citations).map(|citation| citation.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let documents = input.task.documents.len();
    if points.is_empty() {
        return match documents {
            0 => "No document was given, so there is nothing to answer from.".to_owned(),
            1 => "Nothing in the document answers the question.".to_owned(),
            _ => format!("Nothing in the {documents} documents answers the question."),
        };
    }
    let named = if files.len() <= 4 { files.join(", ") } else { format!("{} files", files.len()) };
    let found =
        if points.len() == 1 { "One statement".to_owned() } else { format!("{} statements", points.len()) };
    let compared = input.analysis.question_form == QuestionForm::Compare;
    let cut = match shown {
        1 if points.len() > 1 && !compared => "; the first is shown".to_owned(),
        _ if shown < points.len() && !compared => format!("; the first {shown} are shown"),
        _ => String::new(),
    };
    match documents {
        1 => format!("{found} found in {named}{cut}."),
        _ => format!("{found} found in {named} of {documents} documents{cut}."),
    }
}

/// Differing figures on what is asked about.
fn insights(input: &SynthesiseInput) -> Vec<String> {
    let compared = input.analysis.question_form == QuestionForm::Compare;
    let asked = concepts(&order(&input.task));
    let telling: Vec<&Concept> = asked.iter().filter(|one| one.kind != Kind::Soft).collect();
    let on_it = |text: &&String| {
        let stems = stems(text);
        let stems: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
        let held = telling.iter().filter(|one| one.strength(&stems) > 0.0).count();
        compared || held * 2 >= telling.len() && held > 0
    };
    let found = &input.coordination.inconsistencies;
    found
        .iter()
        .filter(on_it)
        .take(INSIGHTS_MAX)
        .map(|one| format!("The documents give different figures: {}", shortened(one, 60)))
        .collect()
}

/// Differing figures that are named.
const INSIGHTS_MAX: usize = 4;

fn evidence(answer: &[Claim], input: &SynthesiseInput) -> Vec<Evidence> {
    let specialist = |claim: &Claim| {
        let by = input.solutions.iter().find(|accepted| claim.subtasks.contains(&accepted.subtask.number));
        by.map(|accepted| accepted.subtask.agent_type.clone()).unwrap_or_default()
    };
    let cited = answer.iter().filter(|claim| !claim.citations.is_empty());
    cited
        .map(|claim| Evidence {
            claim: shortened(&claim.text, EVIDENCE_WORDS),
            specialist: specialist(claim),
            citations: claim.citations.clone(),
        })
        .collect()
}

fn limitations(input: &SynthesiseInput, requests: &Requests) -> Vec<String> {
    let mut limitations = vec![NO_MODEL.to_owned()];
    let tabled = input.analysis.question_form == QuestionForm::Compare;
    let all = input.coordination.identified_gaps.iter();
    // The table itself says where a document says nothing.
    let gaps: Vec<&String> =
        all.filter(|gap| *gap != NO_CONDITIONS && !(tabled && is_not_said(gap))).collect();
    limitations.extend(gaps.iter().take(GAPS_NAMED_MAX).map(|gap| shortened(gap, 30)));
    if gaps.len() > GAPS_NAMED_MAX {
        limitations.push(format!("{} more gaps.", gaps.len() - GAPS_NAMED_MAX));
    }
    limitations.extend(requests.limitation());
    if asks_contradiction(&input.task) && input.coordination.inconsistencies.is_empty() {
        limitations.push(NO_FIGURES.to_owned());
    }
    limitations.extend(input.task.documents.iter().filter_map(|document| {
        document.unreadable.as_ref().map(|sentence| format!("{} was not read: {sentence}", document.file))
    }));
    limitations
}

/// Words of the statements of an earlier report; 0 where there is none.
fn written(previous: Option<&Report>) -> usize {
    let claims = |report: &Report| -> usize {
        let body = report.main_content.iter().flat_map(|section| &section.claims);
        report.answer.iter().chain(body).map(|claim| word_count(&claim.text)).sum()
    };
    previous.map_or(0, claims)
}

/// Where it is asked whether documents contradict each other and no figures do.
const NO_FIGURES: &str =
    "No figures on the same thing were found to differ; whether words contradict each other is not judged.";

/// Every span that the report cites, once, by file and place.
fn sources(report: &Report) -> Vec<Citation> {
    let claims = report.answer.iter().chain(report.main_content.iter().flat_map(|section| &section.claims));
    let tables = report.main_content.iter().filter_map(|section| section.table.as_ref());
    let cells =
        tables.flat_map(|table| &table.rows).flat_map(|row| &row.cells).flat_map(|cell| &cell.citations);
    let mut all: Vec<Citation> = claims.flat_map(|claim| &claim.citations).chain(cells).cloned().collect();
    all.sort_by(|a, b| (&a.file, &a.source, a.start, a.end).cmp(&(&b.file, &b.source, b.start, b.end)));
    all.dedup();
    all
}

#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod tests;
