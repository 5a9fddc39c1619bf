//! A specialist's turn: ask for tools until what is needed is there, then hand in.

mod candidate;
mod common;
mod comparison;
mod conjuncts;
mod context;
mod cues;
mod evidence;
mod exchange;
mod expect;
mod feedback;
mod figure;
mod frame;
mod outline;
mod overview;
mod pick;
mod rank;
mod reading;
mod rows;
mod searches;
mod statements;
mod want;
mod weigh;
mod whole;

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::Solution;
use divisi_llm::{Request, ToolCall};

use super::assignment::{Assignment, Deliverable};
use super::question::without_mentions;
use super::text::concept::{Concept, Kind, concepts};
use super::text::language::Language;
use super::text::word::stems;
use exchange::{Call, Exchanges};
use feedback::Wishes;

/// Tool calls of one turn.
const CALLS_PER_TURN_MAX: usize = 8;

/// What a turn brings.
pub(super) enum Step {
    /// More tool results are needed.
    Ask(Vec<ToolCall>),
    /// The answer.
    HandIn(Box<Solution>),
}

/// What a kind of work needs next, given what is known: calls not yet made, or nothing.
trait Job {
    /// Calls whose results the answer needs; grows as results come in.
    fn calls(&self, known: &Exchanges) -> Vec<Call>;
    /// The answer from what is known.
    fn solution(&self, known: &Exchanges) -> Solution;
}

/// One turn.
pub(super) fn work(input: &WorkInput, request: &Request) -> Step {
    let mut assignment = Assignment::of(&input.subtask, &input.task);
    let wishes = Wishes::of(input);
    if assignment.deliverable != Deliverable::Comparison {
        assignment.aspects.extend(wishes.extra.iter().cloned());
    }
    let known = Exchanges::of(&request.messages);
    match assignment.deliverable {
        Deliverable::Comparison => {
            turn(&comparison::Comparison { input, assignment }, input, request, &known)
        }
        Deliverable::Figure => turn(&figure::Figure { input, assignment }, input, request, &known),
        Deliverable::Outline => turn(&outline::Outline { input, assignment }, input, request, &known),
        Deliverable::Rows => turn(&rows::Rows { input, assignment }, input, request, &known),
        Deliverable::Overview if !has_topic(input, &assignment) => {
            turn(&overview::Overview { input, assignment, wishes }, input, request, &known)
        }
        Deliverable::Statements
        | Deliverable::Items
        | Deliverable::Steps
        | Deliverable::Background
        | Deliverable::Overview => {
            turn(&statements::Statements { input, assignment, wishes }, input, request, &known)
        }
    }
}

/// Whether an overview is asked for on something in particular: a word for the document itself, or of its name or title,
/// is nothing in particular.
fn has_topic(input: &WorkInput, assignment: &Assignment) -> bool {
    const ITSELF: &str = "contract agreement meeting minutes letter email thread report article policy licence manual recipe cv resume \
        invoice notes rules guide book story website table sentence sentences paragraph words lines bullets short shortly vertrag protokoll brief satzung contrat règlement document compte rendu";
    let mut own: Vec<String> = stems(ITSELF);
    for document in &input.task.documents {
        own.extend(stems(&document.file.replace(['_', '-', '.', '/'], " ")));
        own.extend(document.headings.first().iter().flat_map(|title| stems(title)));
    }
    assignment.aspects.iter().any(|aspect| {
        let topic = without_mentions(aspect, &input.task, &assignment.sources);
        let telling = |concept: &Concept| concept.kind != Kind::Soft && !own.contains(&concept.stem);
        let concepts = concepts(&topic);
        let asks = Language::of(&topic) != Language::English;
        concepts.iter().filter(|concept| !(asks && is_asking(&concept.word))).any(telling)
    })
}

/// Words of other languages that ask for a summary.
fn is_asking(word: &str) -> bool {
    let lower = word.to_lowercase();
    ["fass", "zusammen", "überblick", "résum", "resum", "riassum"]
        .iter()
        .any(|start| lower.starts_with(start))
}

fn turn(job: &impl Job, input: &WorkInput, request: &Request, known: &Exchanges) -> Step {
    let offered = |call: &Call| request.tools.iter().any(|tool| tool.name.as_str() == call.tool);
    let mut open: Vec<Call> = Vec::new();
    for call in job.calls(known) {
        // Two aspects may be looked for in the same words: asked twice, a call would count as repeated.
        if offered(&call) && !known.has(&call) && !open.contains(&call) {
            open.push(call);
        }
    }
    if open.is_empty() || input.turn >= input.turns_max {
        return Step::HandIn(Box::new(job.solution(known)));
    }
    let calls = open.into_iter().take(CALLS_PER_TURN_MAX).enumerate();
    Step::Ask(calls.map(|(at, call)| call.numbered(input.turn, at)).collect())
}

#[cfg(test)]
mod library;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
