//! The most that a plan can cost, before anything of it ran.

use super::node::{Plan, PlanNode};
use crate::limits::Limits;
use crate::money::MicroUsd;

/// The upper bound of one wire attempt, per kind of call (the dearest target of its route, input and
/// output at their limits). Turns of specialists differ by node and are asked for one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCeilings {
    /// One review of a solution.
    pub review: MicroUsd,
    /// The coordination.
    pub coordinate: MicroUsd,
    /// One round of the report.
    pub synthesise: MicroUsd,
    /// One review of the report.
    pub final_review: MicroUsd,
}

/// Runs of one subtask at most: the first, its reruns, and the last one by a different specialist.
pub fn runs_max(limits: &Limits) -> u64 {
    u64::from(limits.subtask_cycles_max) + 2
}

/// What the rest of the task costs at most from an accepted plan on, if every subtask uses every run,
/// turn and wire attempt and every round of the report is asked for. `turn(node)` is the upper bound of
/// one wire attempt of one turn of that node.
///
/// It holds for one series of attempts at each model step. While every target of a route fails for passing
/// reasons, a step rests and begins another series, as often as it takes, and a failed attempt without usage
/// is booked at its whole reservation; what the end of the process interrupted is booked too and made again.
/// Only the cap bounds those.
pub fn worst_case_cost(
    plan: &Plan,
    limits: &Limits,
    ceilings: &CallCeilings,
    turn: impl Fn(&PlanNode) -> MicroUsd,
) -> MicroUsd {
    let wires = u64::from(limits.wire_attempts_max);
    let turns = u64::from(limits.agent_turns_max);
    let rounds = u64::from(limits.final_review_rounds_max) + 1;
    let run = |node: &PlanNode| times(turn(node), turns) + ceilings.review;
    let subtasks: MicroUsd = plan.nodes.iter().map(|node| times(run(node), runs_max(limits))).sum();
    let report = times(ceilings.synthesise + ceilings.final_review, rounds);
    times(subtasks + ceilings.coordinate + report, wires)
}

fn times(amount: MicroUsd, count: u64) -> MicroUsd {
    MicroUsd(amount.0.saturating_mul(count))
}
