//! A specialist's turn: ask for tools until what is needed is there, then hand in.

mod candidate;
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
mod overview;
mod pick;
mod rank;
mod reading;
mod rows;
mod searches;
mod statements;
mod want;

use divisi_llm::inputs::WorkInput;
use divisi_llm::outputs::Solution;
use divisi_llm::{Request, ToolCall};

use super::assignment::{Assignment, Deliverable};
use super::question::without_mentions;
use super::text::concept::{Kind, concepts};
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

/// Whether an overview is asked for on something in particular.
fn has_topic(input: &WorkInput, assignment: &Assignment) -> bool {
    assignment.aspects.iter().any(|aspect| {
        let topic = without_mentions(aspect, &input.task, &assignment.sources);
        concepts(&topic).iter().any(|concept| concept.kind != Kind::Soft)
    })
}

fn turn(job: &impl Job, input: &WorkInput, request: &Request, known: &Exchanges) -> Step {
    let offered = |call: &Call| request.tools.iter().any(|tool| tool.name.as_str() == call.tool);
    let open: Vec<Call> =
        job.calls(known).into_iter().filter(|call| offered(call) && !known.has(call)).collect();
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
