use divisi_llm::inputs::{CitationCheck, CitationFinding, ReviewInput, SubtaskBrief, TaskBrief};
use divisi_llm::outputs::{Analysis, Citation, Claim, Solution};

use super::review;

const GOOD: [&str; 3] = [
    "Each contributor grants you a patent license under its essential patent claims.",
    "The patent license ends when you start patent litigation against anyone.",
    "A patent license is discriminatory if it does not include the covered work.",
];
const OTHER: &str = "Bananas grow best in warm and humid weather near the equator.";

fn claim(text: &str, start: u64) -> Claim {
    let quote = text.to_owned();
    let end = start + quote.len() as u64;
    let citation =
        Citation { source: "D1".into(), file: "GPL-3".into(), start, end, quote, ..Citation::default() };
    Claim { text: text.to_owned(), citations: vec![citation], subtasks: Vec::new() }
}

fn good() -> Vec<Claim> {
    GOOD.iter().zip(0..).map(|(text, at)| claim(text, at * 200)).collect()
}

fn hundredths(claims: Vec<Claim>, gaps: &[&str], summary: &str, wrong_at: Option<usize>) -> u32 {
    let citations = claims.iter().flat_map(|claim| claim.citations.clone());
    let checked = citations.enumerate().map(|(at, citation)| CitationCheck {
        citation,
        finding: if wrong_at == Some(at) {
            CitationFinding::WrongSpan { actual: "else".to_owned() }
        } else {
            CitationFinding::Exact
        },
    });
    let citation_checks = checked.collect();
    let solution = Solution {
        summary: summary.to_owned(),
        claims,
        table: None,
        gaps: gaps.iter().map(|gap| (*gap).to_owned()).collect(),
        confidence: 0.5,
    };
    let subtask = SubtaskBrief {
        description: "Look in D1 (GPL-3) for “What does it say on a patent license?”.".to_owned(),
        ..SubtaskBrief::default()
    };
    let (task, analysis) = (TaskBrief::default(), Analysis::default());
    let scores =
        review(&ReviewInput { task, analysis, subtask, solution, citation_checks, previous: None }).scores;
    let sum =
        3.0 * scores.completeness + 3.0 * scores.accuracy + 2.0 * scores.relevance + 2.0 * scores.quality;
    format!("{:.0}", sum * 10.0).parse().unwrap()
}

#[test]
fn sound_solutions_are_accepted() {
    assert!(hundredths(good(), &[], "3 statements.", None) >= 900);
    assert!(hundredths(Vec::new(), &["The documents do not say: x"], "", None) >= 700);
}

#[test]
fn bad_solutions_are_not() {
    let mut uncited = good();
    uncited[1].citations.clear();
    let mut invented = good();
    invented[0].text = "Bananas may be sold by every grower in any country for a fee.".to_owned();
    let off = vec![claim(OTHER, 9_000), claim("Rivers flow to the sea and carry sand along.", 12_000)];
    let mut half_off = good();
    half_off.extend(off.clone());
    let mut twice = good();
    twice.extend(good());
    let mut one_twice = good();
    one_twice.push(good()[0].clone());
    let rows = [
        ("uncited", uncited, "ok", None),
        ("invented", invented, "ok", None),
        ("off-topic", off, "ok", None),
        ("half off-topic", half_off, "ok", None),
        ("twice", twice, "ok", None),
        ("one twice", one_twice, "ok", None),
        ("wrong span", good(), "ok", Some(2)),
        ("empty", Vec::new(), "ok", None),
    ];
    for (name, claims, summary, wrong_at) in rows {
        let score = hundredths(claims, &[], summary, wrong_at);
        assert!(score < 700, "{name}: {score}");
    }
    let padded = "It is worth noting at this point that all of this matters. ".repeat(12);
    let score = hundredths(good(), &[], &padded, None);
    assert!(score < 700, "padded: {score}");
}
