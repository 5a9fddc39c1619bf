use divisi_llm::inputs::{SynthesiseInput, TaskBrief};
use divisi_llm::outputs::{Analysis, Citation, Claim, Coordination, TopicFindings};

use super::synthesise;
use crate::extractive::wording::{NO_MODEL, is_not_said};

fn claim(text: &str) -> Claim {
    let citation =
        Citation { source: "D1".into(), file: "a".into(), end: 3, quote: text.into(), ..Citation::default() };
    Claim { text: text.to_owned(), citations: vec![citation], subtasks: vec![1] }
}

fn input(points: &[&str], requests: &[&str]) -> SynthesiseInput {
    let topic = TopicFindings {
        topic: "fees".to_owned(),
        key_points: points.iter().map(|text| claim(text)).collect(),
        ..TopicFindings::default()
    };
    SynthesiseInput {
        task: TaskBrief { description: "What is the fee?".to_owned(), ..TaskBrief::default() },
        analysis: Analysis::default(),
        coordination: Coordination { structured_findings: vec![topic], ..Coordination::default() },
        solutions: Vec::new(),
        gaps: Vec::new(),
        previous: None,
        requests: requests.iter().map(|one| (*one).to_owned()).collect(),
        lessons: Vec::new(),
    }
}

#[test]
fn an_answer_comes_first_and_says_how_it_was_made() {
    let report = synthesise(&input(&["The fee is 10 dollars.", "Shipping is free of charge."], &[]));
    assert_eq!(report.answer[0].text, "The fee is 10 dollars.");
    assert_eq!(report.sources.len(), 2);
    assert!(report.limitations.iter().any(|one| one == NO_MODEL));
}

#[test]
fn without_findings_there_is_one_statement_without_source() {
    let report = synthesise(&input(&[], &[]));
    assert_eq!(report.answer.len(), 1);
    assert!(is_not_said(&report.answer[0].text) && report.answer[0].citations.is_empty());
    assert!(report.sources.is_empty() && report.main_content.is_empty());
}

#[test]
fn requests_change_the_report() {
    let points = ["The fee is 10 dollars.", "Shipping is free of charge."];
    let without = synthesise(&input(&points, &["Please leave out the shipping"]));
    assert_eq!(without.answer.len(), 1);
    let focus = synthesise(&input(&points, &["Say more on shipping"]));
    assert_eq!(focus.answer[0].text, points[1]);
    let named = synthesise(&input(&points, &["Drop what stands nowhere: “The fee is 10 dollars.”"]));
    assert_eq!(named.answer[0].text, points[1]);
}
