//! A valid answer of every purpose.

use divisi_llm::CallContext;
use divisi_llm::inputs::{
    AnalyseInput, CoordinateInput, DecomposeInput, Inputs, ReviewInput, SelectInput, SynthesiseInput,
    WorkInput,
};
use divisi_llm::outputs::{
    Analysis, Claim, Coordination, Decomposition, DroppedSpecialist, FinalReview, Report, Review, Scores,
    Selection, Solution, Specialist, SubtaskDraft, TopicFindings,
};
use serde::Serialize;

use super::Script;

/// The answer to `inputs` as JSON.
pub(super) fn answer(script: &Script, inputs: &Inputs, context: &CallContext) -> String {
    match inputs {
        Inputs::Analyse(input) => json(&analysis(input)),
        Inputs::Select(input) => json(&selection(input)),
        Inputs::Decompose(input) => json(&decomposition(script, input)),
        Inputs::Work(input) => json(&solution(input)),
        Inputs::Review(input) => json(&review(script, input, context)),
        Inputs::Coordinate(input) => json(&coordination(input)),
        Inputs::Synthesise(input) => json(&report(input)),
        Inputs::FinalReview(_) => json(&FinalReview { approved: true, ..FinalReview::default() }),
    }
}

fn json(output: &impl Serialize) -> String {
    // Outputs have string keys and finite numbers only: they always serialise.
    serde_json::to_string(output).unwrap_or_default()
}

fn analysis(input: &AnalyseInput) -> Analysis {
    Analysis {
        domain: "scripted".to_owned(),
        keywords: input.task.description.split_whitespace().take(5).map(str::to_owned).collect(),
        required_capabilities: input
            .capabilities
            .first()
            .map(|name| name.as_str().to_owned())
            .into_iter()
            .collect(),
        success_criteria: vec!["Answered".to_owned()],
        aspects: vec![input.task.description.clone()],
        ..Analysis::default()
    }
}

/// Those that cover what is required first, then the others in the order of the crew.
fn selection(input: &SelectInput) -> Selection {
    let required = &input.analysis.required_capabilities;
    let covers = |agent: &&divisi_llm::inputs::AgentTypeBrief| {
        agent
            .capabilities
            .iter()
            .any(|capability| required.iter().any(|wanted| wanted == capability.as_str()))
    };
    let (first, rest): (Vec<_>, Vec<_>) = input.agent_types.iter().partition(covers);
    let chosen = first.into_iter().chain(rest).take(usize::from(input.specialists_max.max(1)));
    let specialist = |agent: &divisi_llm::inputs::AgentTypeBrief| Specialist {
        agent_type: agent.name.as_str().to_owned(),
        rationale: "scripted".to_owned(),
        priority: divisi_llm::outputs::Priority::Medium,
        focus_areas: Vec::new(),
        relevance: 1.0,
    };
    Selection { specialists: chosen.map(specialist).collect() }
}

fn decomposition(script: &Script, input: &DecomposeInput) -> Decomposition {
    let names: Vec<&str> = input.selection.specialists.iter().map(|one| one.agent_type.as_str()).collect();
    let count = script.plan_subtasks.clamp(1, input.subtasks_max.max(1));
    let agent = |at: u16| names.get(usize::from(at) % names.len().max(1)).copied().unwrap_or_default();
    let subtasks: Vec<SubtaskDraft> = (0..count)
        .map(|at| SubtaskDraft {
            id: format!("s{}", at + 1),
            title: format!("Part {}", at + 1),
            description: format!("Part {} of {}", at + 1, input.task.description),
            assigned_specialist: agent(at).to_owned(),
            deliverable: "A statement".to_owned(),
            ..SubtaskDraft::default()
        })
        .collect();
    let idle =
        names.iter().filter(|name| !subtasks.iter().any(|subtask| subtask.assigned_specialist == **name));
    let dropped_specialists = idle
        .map(|name| DroppedSpecialist { agent_type: (*name).to_owned(), reason: "scripted".to_owned() })
        .collect();
    Decomposition { subtasks, dropped_specialists }
}

fn solution(input: &WorkInput) -> Solution {
    let text = format!("{} is done", input.subtask.title);
    let claim = Claim { text: text.clone(), ..Claim::default() };
    Solution { summary: text, claims: vec![claim], confidence: 1.0, ..Solution::default() }
}

/// Accepts; sends a first solution back where the seed says so.
fn review(script: &Script, input: &ReviewInput, context: &CallContext) -> Review {
    let first = input.previous.is_none();
    let draw = mixed(script.seed, &context.idempotency_key) % 100;
    let back = first && draw < u64::from(script.revise_percent);
    let score = if back { 6.0 } else { 9.0 };
    let scores = Scores { completeness: score, accuracy: score, relevance: score, quality: score };
    let feedback = if back { "Say more." } else { "Good." };
    Review { scores, feedback: feedback.to_owned(), ..Review::default() }
}

/// FNV-1a of the key, begun with the seed: the same draw in every process.
fn mixed(seed: u64, key: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 16
}

fn coordination(input: &CoordinateInput) -> Coordination {
    let points = input.solutions.iter().flat_map(|accepted| accepted.solution.claims.clone()).collect();
    let topic = TopicFindings {
        topic: "all".to_owned(),
        key_points: points,
        confidence: 1.0,
        ..TopicFindings::default()
    };
    Coordination { structured_findings: vec![topic], ..Coordination::default() }
}

fn report(input: &SynthesiseInput) -> Report {
    let points = input.coordination.structured_findings.iter().flat_map(|topic| topic.key_points.clone());
    Report {
        answer: points.collect(),
        executive_summary: format!("{} solutions.", input.solutions.len()),
        overall_confidence: 1.0,
        ..Report::default()
    }
}
