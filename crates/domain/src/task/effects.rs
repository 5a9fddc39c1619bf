//! `effects`: what should be in flight, and when to look again. A pure function of the state.

use super::phase::Stage;
use super::state::{Step, Task};
use crate::blob::BlobRef;
use crate::id::AgentId;
use crate::model_step::{Cause, ModelStep, Purpose, StepPhase};
use crate::path::{EffectPath, Node};
use crate::plan::Priority;
use crate::subtask::{CallRequest, Run, Subtask, ToolPhase, ToolStep};
use crate::time::Timestamp;

/// What a wanted effect does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Call a model.
    Model {
        /// For what.
        purpose: Purpose,
        /// Preferred position in the route.
        target: u8,
        /// How many targets the route has.
        targets: u8,
        /// The answer that was no JSON of the schema, where the model is asked again.
        wrong: Option<BlobRef>,
    },
    /// Call a tool.
    Tool {
        /// What was asked for.
        request: CallRequest,
    },
}

/// An attempt that should be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The effect.
    pub path: EffectPath,
    /// The attempt, from 1.
    pub attempt: u16,
    /// Why.
    pub cause: Cause,
    /// What to do.
    pub work: Work,
    /// Agents of earlier runs that must not get it, where another specialist is asked for.
    pub avoid: Vec<AgentId>,
    /// The agent that has the run already, or that wrote the solution which the run is to improve.
    pub agent: Option<AgentId>,
    /// Whether nothing else may be in flight in the process.
    pub alone: bool,
    /// Orders the effects of a task.
    pub priority: Priority,
}

/// What should be in flight.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Attempts to start now, most urgent first.
    pub start: Vec<Wanted>,
    /// Attempts that were started and have no outcome.
    pub in_flight: Vec<(EffectPath, u16)>,
    /// When `TimerDue` should be given next, at the latest. Always in the future.
    pub wake_at: Option<Timestamp>,
    /// Whether a time has come that `TimerDue` should be given for now.
    pub overdue: bool,
}

/// What should be in flight for `task` at `now`.
pub fn effects(task: &Task, now: Timestamp) -> Effects {
    let mut wanted = Effects { overdue: overdue(task, now), ..Effects::default() };
    if task.is_terminal() {
        return wanted;
    }
    // Nothing starts after the user's deadline, however late anybody comes to look at it.
    let in_time = task.deadline().is_none_or(|deadline| deadline > now);
    let may_start = task.wait.is_none() && task.stage != Stage::Pending && in_time;
    for (node, step) in &task.steps {
        let path = task.path(*node);
        if step.in_flight() {
            wanted.in_flight.push((path, step.attempt()));
            continue;
        }
        if !may_start {
            continue;
        }
        match due(task, path, step) {
            Some((not_before, _)) if not_before.is_some_and(|at| at > now) => {
                wake(&mut wanted, not_before, now);
            }
            Some((_, start)) => wanted.start.push(start),
            None => {}
        }
    }
    wake(&mut wanted, task.clock.expires_at(), now);
    for subtask in task.subtasks.values() {
        wake(&mut wanted, subtask.clock.expires_at(), now);
    }
    wake(&mut wanted, task.deadline(), now);
    wanted.start.sort_by_key(|start| (std::cmp::Reverse(start.priority), start.path));
    wanted
}

fn wake(wanted: &mut Effects, at: Option<Timestamp>, now: Timestamp) {
    let future = at.filter(|at| *at > now);
    wanted.wake_at = wanted.wake_at.into_iter().chain(future).min();
}

/// Whether a time has come that `TimerDue` should be given for: the user's deadline, or that of a stage or subtask.
pub fn overdue(task: &Task, now: Timestamp) -> bool {
    let come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    let subtasks = || task.subtasks.values().any(|subtask| come(subtask.clock.expires_at()));
    !task.is_terminal() && (come(task.deadline()) || come(task.clock.expires_at()) || subtasks())
}

fn due(task: &Task, path: EffectPath, step: &Step) -> Option<(Option<Timestamp>, Wanted)> {
    match step {
        Step::Model(step) => due_model(task, path, step),
        Step::Tool(step) => due_tool(task, path, step),
    }
}

fn due_model(task: &Task, path: EffectPath, step: &ModelStep) -> Option<(Option<Timestamp>, Wanted)> {
    let StepPhase::Due(due) = &step.phase else { return None };
    // A wait without an end is ended by an input, never by time.
    if due.waits.is_some() && due.not_before.is_none() {
        return None;
    }
    let purpose = Purpose::of(path.node)?;
    let targets = targets(task, path.node, purpose);
    let work = Work::Model { purpose, target: due.target, targets, wrong: step.wrong };
    let alone = step.alone(&task.submission.policy.limits);
    let attempt = step.attempt.saturating_add(1);
    Some((due.not_before, wanted(task, path, attempt, due.cause, work, alone)))
}

fn due_tool(task: &Task, path: EffectPath, step: &ToolStep) -> Option<(Option<Timestamp>, Wanted)> {
    let ToolPhase::Due { not_before } = step.phase else { return None };
    let request = call_request(task, path.node)?.clone();
    let cause = if step.attempt == 0 { Cause::First } else { Cause::Retry };
    let alone = step.interruptions >= task.submission.policy.limits.poison_alone_count;
    let attempt = step.attempt.saturating_add(1);
    Some((not_before, wanted(task, path, attempt, cause, Work::Tool { request }, alone)))
}

fn wanted(task: &Task, path: EffectPath, attempt: u16, cause: Cause, work: Work, alone: bool) -> Wanted {
    let subtask = path.node.subtask().and_then(|number| task.subtasks.get(&number));
    let run = subtask.and_then(|subtask| subtask.run()).filter(|_| matches!(path.node, Node::Model { .. }));
    let avoid = match (subtask, run) {
        (Some(subtask), Some(run)) if run.other_specialist => {
            subtask.runs.iter().rev().skip(1).filter_map(|run| run.agent).collect()
        }
        _ => Vec::new(),
    };
    Wanted {
        path,
        attempt,
        cause,
        work,
        avoid,
        agent: run.and_then(|run| run.agent.or_else(|| agent_before(subtask?, run))),
        alone,
        priority: subtask.map_or(Priority::Medium, |subtask| subtask.node.priority),
    }
}

/// How many targets the route of a model call has.
pub(super) fn targets(task: &Task, node: Node, purpose: Purpose) -> u8 {
    let policy = &task.submission.policy;
    let worker = node.subtask().filter(|_| purpose == Purpose::Work);
    let worker = worker.and_then(|number| task.subtasks.get(&number));
    let Some(subtask) = worker else { return policy.targets(purpose) };
    if subtask.run().is_some_and(|run| run.other_specialist) {
        // Whoever is chosen then may have a longer route; a target past the end of his is refused without a call.
        return policy.targets_of_anyone();
    }
    policy.targets_of(&subtask.node.agent_type)
}

/// Who wrote the solution that the same specialist is to improve.
fn agent_before(subtask: &Subtask, run: &Run) -> Option<AgentId> {
    let before = subtask.runs_of(run.pass).filter(|before| before.cycle < run.cycle).last();
    before.filter(|_| !run.other_specialist).and_then(|before| before.agent)
}

/// The call that a tool node stands for.
pub fn call_request(task: &Task, node: Node) -> Option<&CallRequest> {
    let Node::Tool { subtask, turn, call, .. } = node else { return None };
    let turn = task.subtasks.get(&subtask)?.run()?.turns.get(usize::from(turn).checked_sub(1)?)?;
    turn.calls.get(usize::from(call)).map(|record| &record.request)
}
