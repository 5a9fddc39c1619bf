use divisi_llm::outputs::{Cell, Citation, Claim, Evidence, Report, Row, Section, Table};

use super::*;

fn cite(file: &str, line: u64, quote: &str) -> Citation {
    Citation {
        source: "D1".into(),
        file: file.into(),
        start: line * 100,
        end: line * 100 + quote.len() as u64,
        line,
        line_end: line,
        page: None,
        quote: quote.into(),
    }
}

fn claim(text: &str, citations: &[Citation]) -> Claim {
    Claim { text: text.into(), citations: citations.to_vec(), subtasks: vec![1] }
}

fn full() -> Report {
    let grant = cite("GPL-3", 120, "You may convey\n  verbatim copies.");
    let patent = Citation { page: Some(4), ..cite("apache.pdf", 9, "a perpetual patent license") };
    let long = Citation { line_end: 14, ..cite("MIT", 12, &"word ".repeat(200)) };
    Report {
        answer: vec![
            claim("Copies may be passed on.", std::slice::from_ref(&grant)),
            claim("Patents are licensed.", &[patent.clone(), grant.clone()]),
        ],
        executive_summary: "Both licences allow copies.\n\nCopies may be passed on!".into(),
        main_content: vec![
            Section {
                title: "Copies".into(),
                claims: vec![
                    claim("Copies may be passed on.", std::slice::from_ref(&grant)),
                    claim("The notice must stay.", std::slice::from_ref(&long)),
                ],
                table: Some(Table {
                    columns: vec!["Licence".into(), "Patents".into(), "Copies | sale".into()],
                    rows: vec![
                        Row {
                            label: "Apache-2.0".into(),
                            cells: vec![Cell { text: "granted".into(), citations: vec![patent.clone()] }],
                        },
                        Row {
                            label: "MIT".into(),
                            cells: vec![
                                Cell { text: "says nothing".into(), citations: vec![] },
                                Cell { text: "a|b".into(), citations: vec![long] },
                                Cell::default(),
                            ],
                        },
                    ],
                }),
            },
            Section { title: "Again".into(), claims: vec![claim("the notice must stay", &[])], table: None },
        ],
        key_insights: vec!["Apache is clearer on patents.".into()],
        recommendations: vec!["Keep the notice.".into(), "Keep the notice.".into()],
        supporting_evidence: vec![Evidence {
            claim: "Patents are licensed.".into(),
            specialist: "researcher".into(),
            citations: vec![patent],
        }],
        limitations: vec!["No language model was used.".into()],
        overall_confidence: 0.824,
        sources: vec![grant, cite("extra", 1, "only in the list")],
    }
}

fn presentation() -> Presentation {
    Presentation { title: "Who may copy?".into(), ..Presentation::default() }
}

#[test]
fn a_report_begins_with_its_answer_and_says_nothing_twice() {
    insta::assert_snapshot!(render_markdown(&full(), &presentation()));
}

#[test]
fn a_partial_result_names_what_is_missing() {
    let partial = Presentation {
        title: "Who may copy?".into(),
        missing: vec!["Trade marks: the specialist ran out of turns.".into()],
        not_approved: Some("Two rounds were used up.".into()),
        draft: None,
    };
    insta::assert_snapshot!(render_markdown(&full(), &partial));
}

#[test]
fn an_empty_report_is_a_title_and_its_confidence() {
    let report = Report { overall_confidence: f64::NAN, ..Report::default() };
    assert_eq!(render_markdown(&report, &presentation()), "# Who may copy?\n\n*Confidence: 0 %.*\n");
}

#[test]
fn a_draft_says_so_and_why_before_anything_else() {
    let draft = Presentation { draft: Some("The cap was reached.".into()), ..presentation() };
    let page = render_markdown(&full(), &draft);
    let told = "# Who may copy?\n\n**This is a draft: the task has not completed.** The cap was reached.\n";
    assert!(page.starts_with(told), "{page}");
}

#[test]
fn a_place_is_a_line_a_range_or_a_page() {
    let at = |line, end, page| {
        citations::place(&Citation { file: "f".into(), line, line_end: end, page, ..Citation::default() })
    };
    assert_eq!(
        [at(3, 3, None), at(3, 5, None), at(3, 3, Some(2)), at(0, 0, None)],
        ["f:3", "f:3-5", "f p. 2", "f"]
    );
}
