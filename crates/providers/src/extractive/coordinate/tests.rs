use divisi_llm::inputs::{AcceptedSolution, CoordinateInput, Gap, SubtaskBrief, TaskBrief};
use divisi_llm::outputs::{Analysis, Citation, Claim, Relationship, Solution};

use super::coordinate;

fn accepted(number: u16, agent: &str, claims: &[(&str, &str)]) -> AcceptedSolution {
    let claim = |(source, text): &(&str, &str)| Claim {
        text: (*text).to_owned(),
        citations: vec![Citation {
            source: (*source).to_owned(),
            file: format!("{source}.txt"),
            end: 9,
            quote: (*text).to_owned(),
            ..Citation::default()
        }],
        subtasks: Vec::new(),
    };
    let subtask = SubtaskBrief {
        number,
        agent_type: agent.to_owned(),
        description: "Look for “the fee”.".to_owned(),
        ..SubtaskBrief::default()
    };
    let claims = claims.iter().map(claim).collect();
    let solution =
        Solution { claims, gaps: vec!["The documents do not say: who".to_owned()], ..Solution::default() };
    AcceptedSolution { subtask, solution, score_hundredths: 900 }
}

#[test]
fn same_findings_merge_and_other_numbers_contradict() {
    let input = CoordinateInput {
        task: TaskBrief::default(),
        analysis: Analysis::default(),
        solutions: vec![
            accepted(
                1,
                "reader",
                &[("D1", "The fee for each copy is 10 dollars."), ("D1", "It ends in March.")],
            ),
            accepted(
                2,
                "analyst",
                &[("D2", "The fee for each copy is 12 dollars."), ("D2", "it ends in march")],
            ),
        ],
        gaps: vec![Gap {
            subtask: SubtaskBrief { title: "T".to_owned(), ..SubtaskBrief::default() },
            reason: "no.".to_owned(),
        }],
    };
    let found = coordinate(&input);
    assert_eq!(found.structured_findings.len(), 1);
    let points = &found.structured_findings[0].key_points;
    assert_eq!(points.len(), 3);
    assert_eq!((points[1].citations.len(), points[1].subtasks.clone()), (2, vec![1, 2]));
    assert_eq!(found.inconsistencies.len(), 1);
    let kinds: Vec<Relationship> = found.cross_references.iter().map(|one| one.relationship).collect();
    assert_eq!(kinds, [Relationship::Contradicts, Relationship::Supports]);
    assert_eq!(found.identified_gaps, ["The documents do not say: who", "T: no."]);
    assert_eq!(found.metadata.total_specialists, 2);
}
