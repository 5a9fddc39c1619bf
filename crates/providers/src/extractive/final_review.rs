//! The manager's review of the report.

use std::collections::BTreeSet;

use divisi_llm::inputs::{CitationFinding, FinalReviewInput};
use divisi_llm::outputs::{Claim, FinalReview, Report};

use super::text::concept::concepts;
use super::text::shortened;
use super::text::word::stems;
use super::topic::asked_in;
use super::wording::{NAMED_WORDS, is_not_said, quoted};

/// Approves a report that answers, whose citations are exact, and that speaks of every part or says that it cannot.
pub(super) fn final_review(input: &FinalReviewInput) -> FinalReview {
    let mut requests = Vec::new();
    if input.report.answer.is_empty() {
        requests.push("Begin with an answer, or say that the documents do not say.".to_owned());
    }
    for claim in claims(&input.report).filter(|claim| is_unsound(claim, input)) {
        requests.push(format!(
            "Drop what its citation does not hold: {}.",
            quoted(&shortened(&claim.text, NAMED_WORDS))
        ));
    }
    for aspect in input.analysis.aspects.iter().filter(|aspect| !is_covered(aspect, input)) {
        requests.push(format!("Speak of {} or say that the documents do not.", quoted(aspect)));
    }
    let approved = requests.is_empty();
    let feedback =
        if approved { "Answered, cited, and its gaps are named." } else { "Not yet to be published." };
    FinalReview { approved, requests, feedback: feedback.to_owned() }
}

fn claims(report: &Report) -> impl Iterator<Item = &Claim> {
    report.answer.iter().chain(report.main_content.iter().flat_map(|section| &section.claims))
}

fn is_unsound(claim: &Claim, input: &FinalReviewInput) -> bool {
    let wrong = |check: &divisi_llm::inputs::CitationCheck| {
        check.finding != CitationFinding::Exact && claim.citations.contains(&check.citation)
    };
    let bare = claim.citations.is_empty() && !is_not_said(&claim.text);
    bare || input.citation_checks.iter().any(wrong)
}

/// Some statement shares a word with it, or a gap does.
fn is_covered(aspect: &str, input: &FinalReviewInput) -> bool {
    let sources: Vec<String> = input.task.documents.iter().map(|one| one.source.clone()).collect();
    let titled = asked_in(&[aspect.to_owned()], &sources, &input.task);
    if claims(&input.report).any(|claim| titled.aspects.iter().any(|one| titled.is_on(claim, one))) {
        return true;
    }
    let asked = concepts(aspect);
    let report = &input.report;
    let tables = report.main_content.iter().filter_map(|section| section.table.as_ref());
    let columns = tables.flat_map(|table| table.columns.clone());
    let texts =
        claims(report).map(|claim| claim.text.clone()).chain(report.limitations.clone()).chain(columns);
    let gaps = input.coordination.identified_gaps.iter().cloned();
    texts.chain(gaps).any(|text| {
        let stems = stems(&text);
        let stems: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
        asked.is_empty() || asked.iter().any(|concept| concept.strength(&stems) > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_llm::inputs::{CitationCheck, TaskBrief};
    use divisi_llm::outputs::{Analysis, Citation, Coordination};

    fn reviewed(answer: Vec<Claim>, finding: &CitationFinding) -> FinalReview {
        let checks = answer.iter().flat_map(|claim| claim.citations.clone());
        let citation_checks =
            checks.map(|citation| CitationCheck { citation, finding: finding.clone() }).collect();
        final_review(&FinalReviewInput {
            task: TaskBrief::default(),
            analysis: Analysis { aspects: vec!["the fee".to_owned()], ..Analysis::default() },
            coordination: Coordination::default(),
            report: Report { answer, ..Report::default() },
            citation_checks,
            gaps: Vec::new(),
        })
    }

    fn claim(text: &str, citations: usize) -> Claim {
        let citations = vec![Citation { quote: text.to_owned(), ..Citation::default() }; citations];
        Claim { text: text.to_owned(), citations, subtasks: Vec::new() }
    }

    #[test]
    fn only_an_exact_and_complete_report_is_approved() {
        let rows = [
            (vec![claim("The fee is 1.", 1)], CitationFinding::Exact, true),
            (vec![claim("The documents do not say: the fee.", 0)], CitationFinding::Exact, true),
            (vec![claim("The fee is 1.", 1)], CitationFinding::Unknown, false),
            (vec![claim("The fee is 1.", 0)], CitationFinding::Exact, false),
            (vec![claim("Rivers flow.", 1)], CitationFinding::Exact, false),
            (Vec::new(), CitationFinding::Exact, false),
            (vec![claim("The fee is 1.", 2)], CitationFinding::Exact, true),
            (vec![claim("The price is 1.", 1)], CitationFinding::Exact, true),
            (vec![claim("The fee is 1.", 1), claim("Rivers flow.", 0)], CitationFinding::Exact, false),
            (vec![claim("The fee is 1.", 1)], CitationFinding::WrongSpan { actual: "x".to_owned() }, false),
        ];
        for (answer, finding, expected) in rows {
            let review = reviewed(answer.clone(), &finding);
            assert_eq!(review.approved, expected, "{answer:?} {review:?}");
            assert_eq!(review.requests.is_empty(), expected);
        }
    }
}
