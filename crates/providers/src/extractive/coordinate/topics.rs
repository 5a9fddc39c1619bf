//! Findings by topic: the aspects of the question, then what surrounds them.

use std::collections::BTreeSet;

use divisi_llm::inputs::{AcceptedSolution, CoordinateInput};
use divisi_llm::outputs::{Claim, TopicFindings};

use crate::extractive::assignment::{Assignment, Deliverable};
use crate::extractive::text::similar::Fingerprint;
use crate::extractive::wording::is_not_said;

/// The topic of what surrounds the answer.
pub(crate) const AROUND: &str = "Conditions and exceptions";

/// Findings by topic; the same finding of two specialists is one with both.
pub(super) fn topics(input: &CoordinateInput) -> Vec<TopicFindings> {
    let mut topics: Vec<TopicFindings> = Vec::new();
    let mut known: Vec<(usize, usize, Fingerprint)> = Vec::new();
    let (first, second): (Vec<_>, Vec<_>) =
        input.solutions.iter().partition(|accepted| deliverable(accepted, input) != Deliverable::Background);
    let compared = first.iter().any(|accepted| deliverable(accepted, input) == Deliverable::Comparison);
    for accepted in first.into_iter().chain(second) {
        let kind = deliverable(accepted, input);
        let at = topic_of(&mut topics, accepted, kind, input);
        if !(compared && kind == Deliverable::Rows) {
            topics[at].supporting_data.extend(accepted.solution.table.clone());
        }
        for claim in accepted.solution.claims.iter().filter(|claim| !is_not_said(&claim.text)) {
            add(&mut topics, &mut known, at, claim, accepted);
        }
    }
    topics.retain(|topic| !topic.key_points.is_empty() || !topic.supporting_data.is_empty());
    topics
}

fn deliverable(accepted: &AcceptedSolution, input: &CoordinateInput) -> Deliverable {
    Assignment::of(&accepted.subtask, &input.task).deliverable
}

fn topic_of(
    topics: &mut Vec<TopicFindings>,
    accepted: &AcceptedSolution,
    kind: Deliverable,
    input: &CoordinateInput,
) -> usize {
    let name = match kind {
        Deliverable::Background => AROUND.to_owned(),
        Deliverable::Overview | Deliverable::Outline | Deliverable::Rows => accepted.subtask.title.clone(),
        Deliverable::Statements
        | Deliverable::Items
        | Deliverable::Steps
        | Deliverable::Comparison
        | Deliverable::Figure => Assignment::of(&accepted.subtask, &input.task).aspects.join(", "),
    };
    let at = topics.iter().position(|topic| topic.topic == name).unwrap_or(topics.len());
    if at == topics.len() {
        topics.push(TopicFindings { topic: name, ..TopicFindings::default() });
    }
    let topic = &mut topics[at];
    if !topic.sources.contains(&accepted.subtask.agent_type) {
        topic.sources.push(accepted.subtask.agent_type.clone());
    }
    topic.confidence = topic.confidence.max(accepted.solution.confidence);
    at
}

fn add(
    topics: &mut [TopicFindings],
    known: &mut Vec<(usize, usize, Fingerprint)>,
    at: usize,
    claim: &Claim,
    accepted: &AcceptedSolution,
) {
    let print = Fingerprint::of_text(&claim.text);
    let number = accepted.subtask.number;
    let same =
        known.iter().find(|(_, _, other)| other.duplicates(&print)).map(|(topic, point, _)| (*topic, *point));
    if let Some((topic, point)) = same {
        merge(&mut topics[topic].key_points[point], claim, number);
        return;
    }
    known.push((at, topics[at].key_points.len(), print));
    let mut point = claim.clone();
    point.subtasks = vec![number];
    topics[at].key_points.push(point);
}

fn merge(point: &mut Claim, claim: &Claim, number: u16) {
    let places: BTreeSet<(String, u64, u64)> = point
        .citations
        .iter()
        .map(|citation| (citation.source.clone(), citation.start, citation.end))
        .collect();
    let new =
        claim.citations.iter().filter(|one| !places.contains(&(one.source.clone(), one.start, one.end)));
    point.citations.extend(new.cloned());
    if !point.subtasks.contains(&number) {
        point.subtasks.push(number);
    }
}
