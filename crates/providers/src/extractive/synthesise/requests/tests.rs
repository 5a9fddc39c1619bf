use super::*;
use divisi_llm::inputs::{RevisionBrief, TaskBrief};
use divisi_llm::outputs::{Analysis, Coordination, Report};

fn claim(text: &str) -> Claim {
    Claim { text: text.to_owned(), ..Claim::default() }
}

const FEE: &str = "The fee is 10 dollars.";
const SHIPPING: &str = "Shipping is free of charge within the country.";
const PATENTS: &str = "Patents are granted to everyone.";

fn input(requests: &[&str], revision: Option<&str>) -> SynthesiseInput {
    SynthesiseInput {
        task: TaskBrief {
            revision: revision
                .map(|request| RevisionBrief { request: request.to_owned(), areas: Vec::new() }),
            ..TaskBrief::default()
        },
        analysis: Analysis::default(),
        coordination: Coordination::default(),
        solutions: Vec::new(),
        gaps: Vec::new(),
        previous: None,
        requests: requests.iter().map(|one| (*one).to_owned()).collect(),
        lessons: Vec::new(),
    }
}

fn applied(requests: &[&str], revision: Option<&str>) -> (bool, Vec<String>) {
    let requests = Requests::of(&input(requests, revision));
    let topic = TopicFindings {
        key_points: [FEE, SHIPPING, PATENTS].map(claim).to_vec(),
        ..TopicFindings::default()
    };
    let points = requests.applied(&[topic]).into_iter().flat_map(|topic| topic.key_points);
    (requests.shorter, points.map(|point| point.text).collect())
}

#[test]
fn requests_leave_out_bring_forward_and_shorten() {
    let rows: [(&str, bool, &[&str]); 9] = [
        ("", false, &[FEE, SHIPPING, PATENTS]),
        ("Please say it better.", false, &[FEE, SHIPPING, PATENTS]),
        ("Say more on patents.", false, &[PATENTS, FEE, SHIPPING]),
        ("Leave out the shipping.", false, &[FEE, PATENTS]),
        ("Write it without patents", false, &[FEE, SHIPPING]),
        ("Drop what stands nowhere: “The fee is 10 dollars.”.", false, &[SHIPPING, PATENTS]),
        ("Remove “Nothing that stands here.”", false, &[FEE, SHIPPING, PATENTS]),
        ("Be brief.", true, &[FEE, SHIPPING, PATENTS]),
        ("Use fewer words on patents", true, &[FEE, SHIPPING, PATENTS]),
    ];
    for (request, shorter, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(applied(&[request], None), (shorter, expected.clone()), "{request}");
        assert_eq!(applied(&[], Some(request)), (shorter, expected), "as a revision: {request}");
    }
}

#[test]
fn several_requests_hold_together() {
    let (shorter, points) = applied(&["Make it shorter", "Say more on patents", "Omit the fee"], None);
    assert!(shorter);
    assert_eq!(points, [PATENTS, SHIPPING]);
}

#[test]
fn what_an_earlier_pass_left_out_stays_out() {
    let previous = Report {
        limitations: vec!["Left out as asked: “the shipping”.".to_owned()],
        ..Report::default()
    };
    let requests = Requests::of(&SynthesiseInput { previous: Some(previous), ..input(&[], Some("shorter")) });
    let topic = TopicFindings { key_points: [FEE, SHIPPING].map(claim).to_vec(), ..TopicFindings::default() };
    let points = requests.applied(&[topic]).into_iter().flat_map(|topic| topic.key_points);
    assert_eq!(points.map(|point| point.text).collect::<Vec<_>>(), [FEE]);
    assert!(requests.shorter);
    assert_eq!(requests.limitation().as_deref(), Some("Left out as asked: “the shipping”."));
}

#[test]
fn a_topic_without_points_is_gone() {
    assert!(applied(&["Leave out the fee", "without shipping", "drop patents"], None).1.is_empty());
}
