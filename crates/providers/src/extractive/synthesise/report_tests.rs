use divisi_llm::inputs::{DocumentBrief, SynthesiseInput, TaskBrief};
use divisi_llm::outputs::{
    Analysis, Cell, Citation, Claim, Coordination, QuestionForm, Report, Row, Table, TopicFindings,
};

use super::super::coordinate::AROUND;
use super::synthesise;
use crate::extractive::wording::{NO_CONDITIONS, SAYS_NOTHING, not_said};

fn citation(source: &str, start: u64) -> Citation {
    Citation {
        source: source.into(),
        file: format!("{source}.txt"),
        start,
        end: start + 9,
        ..Citation::default()
    }
}

fn claim(text: &str, start: u64) -> Claim {
    Claim { text: text.to_owned(), citations: vec![citation("D1", start)], subtasks: vec![1] }
}

/// Points of so many words each.
fn topic(name: &str, points: usize, words: usize) -> TopicFindings {
    let text = |at: usize| format!("{name}{at}{}", " word".repeat(words - 1));
    let key_points = (0..points).map(|at| claim(&text(at), at as u64 * 10)).collect();
    TopicFindings { topic: name.to_owned(), key_points, confidence: 0.5, ..TopicFindings::default() }
}

fn input(topics: Vec<TopicFindings>, form: QuestionForm) -> SynthesiseInput {
    SynthesiseInput {
        task: TaskBrief { description: "What is the fee?".to_owned(), ..TaskBrief::default() },
        analysis: Analysis { question_form: form, ..Analysis::default() },
        coordination: Coordination { structured_findings: topics, ..Coordination::default() },
        solutions: Vec::new(),
        gaps: Vec::new(),
        previous: None,
        requests: Vec::new(),
        lessons: Vec::new(),
    }
}

fn first_words(claims: &[Claim]) -> Vec<&str> {
    claims.iter().filter_map(|claim| claim.text.split(' ').next()).collect()
}

fn sections(report: &Report) -> Vec<(&str, Vec<&str>)> {
    report.main_content.iter().map(|one| (one.title.as_str(), first_words(&one.claims))).collect()
}

#[test]
fn the_answer_takes_the_first_points_and_the_body_the_next() {
    let report = synthesise(&input(vec![topic("fee", 12, 40)], QuestionForm::Lookup));
    assert_eq!(first_words(&report.answer), ["fee0", "fee1", "fee2", "fee3"]);
    let further = ["fee4", "fee5", "fee6", "fee7", "fee8", "fee9", "fee10", "fee11"];
    assert_eq!(sections(&report), [("Further passages", further.to_vec())]);
    let report = synthesise(&input(vec![topic("fee", 12, 40)], QuestionForm::List));
    assert_eq!(report.answer.len(), 7);
}

#[test]
fn each_topic_has_its_share_and_what_surrounds_the_answer_its_own() {
    let topics = vec![topic("fee", 9, 40), topic("date", 9, 40), topic(AROUND, 9, 40)];
    let report = synthesise(&input(topics, QuestionForm::Lookup));
    assert_eq!(first_words(&report.answer), ["fee0", "fee1", "fee2", "date0", "date1", "date2"]);
    let around = report.main_content.iter().find(|one| one.title == AROUND).unwrap();
    assert_eq!(around.claims.len(), 2);
    assert!(report.answer.iter().all(|claim| !claim.text.starts_with("Conditions")));
}

#[test]
fn a_topic_always_gets_its_first_point_however_long() {
    let report = synthesise(&input(vec![topic("fee", 2, 900), topic("date", 1, 5)], QuestionForm::Lookup));
    assert_eq!(first_words(&report.answer), ["fee0", "date0"]);
}

#[test]
fn a_comparison_says_for_each_column_what_each_document_says() {
    let cell = |text: &str, source: &str| Cell {
        text: text.to_owned(),
        citations: if text == SAYS_NOTHING { Vec::new() } else { vec![citation(source, 0)] },
    };
    let row = |label: &str, source: &str, cells: [&str; 3]| Row {
        label: label.to_owned(),
        cells: cells.iter().map(|text| cell(text, source)).collect(),
    };
    let table = Table {
        columns: ["document", "patents", "warranty", "fees"].map(str::to_owned).to_vec(),
        rows: vec![
            row("GPL", "D1", ["granted", "none", SAYS_NOTHING]),
            row("MIT", "D2", [SAYS_NOTHING, "none", SAYS_NOTHING]),
        ],
    };
    let topic =
        TopicFindings { topic: "all".to_owned(), supporting_data: vec![table], ..TopicFindings::default() };
    let report = synthesise(&input(vec![topic], QuestionForm::Compare));
    let said: Vec<(&str, usize)> =
        report.answer.iter().map(|claim| (claim.text.as_str(), claim.citations.len())).collect();
    assert_eq!(
        said,
        [
            ("Patents – GPL: “granted”; MIT says nothing.", 1),
            ("Warranty – GPL: “none”; MIT: “none”.", 2),
            ("The documents do not say: fees.", 0),
        ]
    );
    assert_eq!(report.main_content.iter().filter(|one| one.table.is_some()).count(), 1);
}

#[test]
fn gaps_and_unread_files_are_named_as_limitations() {
    let mut input = input(vec![topic("fee", 1, 5)], QuestionForm::Lookup);
    let mut gaps: Vec<String> = (0..9).map(|at| not_said(&format!("gap{at}"))).collect();
    gaps.push(NO_CONDITIONS.to_owned());
    input.coordination.identified_gaps = gaps;
    input.task.documents = vec![DocumentBrief {
        file: "broken.pdf".to_owned(),
        unreadable: Some("it is encrypted.".to_owned()),
        ..DocumentBrief::default()
    }];
    let limitations = synthesise(&input).limitations;
    assert!(limitations.contains(&"The documents do not say: gap5".to_owned()));
    assert!(!limitations.iter().any(|one| one.contains("gap6") || one == NO_CONDITIONS), "{limitations:?}");
    assert!(limitations.contains(&"3 more gaps.".to_owned()));
    assert!(limitations.contains(&"broken.pdf was not read: it is encrypted.".to_owned()));
}

#[test]
fn a_shorter_report_is_asked_for_in_many_words() {
    for request in ["Make it shorter", "Please be concise.", "This is too long"] {
        let mut short = input(vec![topic("fee", 12, 40)], QuestionForm::Lookup);
        short.requests = vec![request.to_owned()];
        let report = synthesise(&short);
        assert_eq!(first_words(&report.answer), ["fee0", "fee1"], "{request}");
    }
}

#[test]
fn sources_are_told_once_by_file_and_place() {
    let mut twice = topic("fee", 3, 5);
    twice.key_points[2].citations.push(citation("D1", 0));
    twice.key_points[0].citations.push(citation("D0", 70));
    let report = synthesise(&input(vec![twice], QuestionForm::Lookup));
    let places: Vec<(&str, u64)> =
        report.sources.iter().map(|one| (one.source.as_str(), one.start)).collect();
    assert_eq!(places, [("D0", 70), ("D1", 0), ("D1", 10), ("D1", 20)]);
}

#[test]
fn what_the_documents_contradict_is_an_insight_where_it_is_asked_about() {
    let mut asked = input(vec![topic("fee", 1, 5)], QuestionForm::Lookup);
    asked.coordination.inconsistencies = vec![
        "“It takes 3 days.” against “It takes 5 days.”.".to_owned(),
        "“The fee is 1” against “x”.".to_owned(),
    ];
    let insights = synthesise(&asked).key_insights;
    assert_eq!(insights, ["The documents give different figures: “The fee is 1” against “x”."]);
    asked.analysis.question_form = QuestionForm::Compare;
    assert_eq!(synthesise(&asked).key_insights.len(), 2);
}

#[test]
fn shorter_is_shorter_than_before() {
    let long = input(vec![topic("fee", 12, 30)], QuestionForm::List);
    let before = synthesise(&long);
    let asked = SynthesiseInput { previous: Some(before.clone()), requests: vec!["shorter".into()], ..long };
    let after = synthesise(&asked);
    let words = |report: &Report| super::written(Some(report));
    assert!(words(&after) * 2 <= words(&before), "{} {}", words(&after), words(&before));
    let again = synthesise(&SynthesiseInput { previous: Some(after.clone()), ..asked });
    assert!(words(&again) < words(&after));
    assert!(!again.answer.is_empty());
}

#[test]
fn a_question_of_yes_or_no_begins_with_what_speaks_for_or_against_it() {
    let mut asked = input(vec![topic("fee", 0, 1)], QuestionForm::YesNo);
    asked.task.description = "May I pay later?".to_owned();
    asked.coordination.structured_findings[0].key_points =
        vec![claim("Payment is due in May.", 0), claim("You may not pay later.", 40)];
    let report = synthesise(&asked);
    assert_eq!(report.answer[0].text, "The text speaks against it: “You may not pay later.”");
    assert_eq!(report.answer[1].text, "Payment is due in May.");
    asked.coordination.structured_findings[0].key_points.push(claim("You may pay later.", 90));
    assert_eq!(synthesise(&asked).answer[0].text, "Payment is due in May.", "two disagree");
}
