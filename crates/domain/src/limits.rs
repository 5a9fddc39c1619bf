//! Every named limit, with its unit in the name. The constants are the defaults of the product
//! (spec/workflow.md); [`Limits`] are the same numbers as settings of a crew, pinned per task.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// Subtasks of one plan.
pub const PLAN_SUBTASKS_MAX: u16 = 50;
/// Phases of one plan: the nodes on its longest path.
pub const PLAN_DEPTH_MAX: u16 = 10;
/// Rounds in which a model may repair a plan that did not validate.
pub const PLAN_REPAIR_ROUNDS_MAX: u8 = 2;
/// Times that a person may reject a plan and have it written anew.
pub const PLAN_REJECTIONS_MAX: u8 = 2;
/// Items over which a caller's chain may fan one step out.
pub const MAP_ITEMS_MAX: u32 = 1_000;
/// Reruns of a subtask after a review that did not accept; one more by a different specialist follows.
pub const SUBTASK_CYCLES_MAX: u8 = 2;
/// Turns of one run of an agent's loop.
pub const AGENT_TURNS_MAX: u8 = 12;
/// The same tool call with the same arguments, at this count, stops the loop.
pub const SAME_CALL_COUNT_MAX: u8 = 3;
/// Rounds of the report that a final review may ask for.
pub const FINAL_REVIEW_ROUNDS_MAX: u8 = 2;
/// Wire attempts of one model step over all targets; interruptions by a crash do not count.
pub const WIRE_ATTEMPTS_MAX: u8 = 8;
/// Wire attempts of one model step on one target: the first and five retries.
pub const TARGET_ATTEMPTS_MAX: u8 = 6;
/// Targets of one model step, in route order.
pub const ROUTE_TARGETS_MAX: usize = 3;
/// Interruptions after which an effect is performed alone.
pub const POISON_ALONE_COUNT: u8 = 3;
/// Counts at which an effect is quarantined.
pub const POISON_COUNT_MAX: u8 = 5;
/// Specialists for a simple, a moderate and a complex task.
pub const SPECIALISTS_PER_COMPLEXITY: [u8; 3] = [2, 3, 5];
/// Rules of one automation policy.
pub const AUTOMATION_RULES_MAX: usize = 200;
/// Lessons that one prompt may carry.
pub const LESSONS_PER_PROMPT_MAX: usize = 5;
/// Bytes of all lessons that one prompt may carry.
pub const LESSON_BYTES_PER_PROMPT_MAX: u32 = 4_000;

/// Active time that each stage may take. Waits and time without a process do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StageMillis {
    /// The analysis.
    #[n(0)]
    pub analyse: Millis,
    /// The selection of specialists.
    #[n(1)]
    pub select: Millis,
    /// The plan, its repairs included.
    #[n(2)]
    pub decompose: Millis,
    /// One run of one subtask.
    #[n(3)]
    pub subtask: Millis,
    /// One review of a solution.
    #[n(4)]
    pub review: Millis,
    /// The coordination.
    #[n(5)]
    pub coordinate: Millis,
    /// One round of the report.
    #[n(6)]
    pub synthesise: Millis,
    /// One review of the report.
    #[n(7)]
    pub final_review: Millis,
}

impl Default for StageMillis {
    fn default() -> Self {
        Self {
            analyse: Millis::from_mins(2),
            select: Millis::from_mins(1),
            decompose: Millis::from_mins(3),
            subtask: Millis::from_mins(15),
            review: Millis::from_mins(5),
            coordinate: Millis::from_mins(5),
            synthesise: Millis::from_mins(10),
            final_review: Millis::from_mins(3),
        }
    }
}

/// Output tokens that one call may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputTokens {
    /// The coordinator.
    #[n(0)]
    pub coordinate: u32,
    /// The analyst, who writes the report.
    #[n(1)]
    pub synthesise: u32,
    /// Everyone else.
    #[n(2)]
    pub others: u32,
}

impl Default for OutputTokens {
    fn default() -> Self {
        Self { coordinate: 4_000, synthesise: 8_000, others: 2_000 }
    }
}

/// Sampling temperatures in hundredths: 30 is 0.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemperatureHundredths {
    /// The analysis.
    #[n(0)]
    pub analyse: u16,
    /// The selection of specialists.
    #[n(1)]
    pub select: u16,
    /// The plan.
    #[n(2)]
    pub decompose: u16,
    /// Reviews of solutions and of the report.
    #[n(3)]
    pub review: u16,
    /// The coordination.
    #[n(4)]
    pub coordinate: u16,
    /// The report.
    #[n(5)]
    pub synthesise: u16,
    /// The turns of specialists; spec/workflow.md leaves this one open.
    #[n(6)]
    pub execute: u16,
}

impl Default for TemperatureHundredths {
    fn default() -> Self {
        Self {
            analyse: 30,
            select: 30,
            decompose: 20,
            review: 10,
            coordinate: 20,
            synthesise: 40,
            execute: 30,
        }
    }
}

/// The limits of one task: settings of its crew, written into the stream when a pass starts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Subtasks of one plan.
    #[n(0)]
    pub plan_subtasks_max: u16,
    /// Phases of one plan.
    #[n(1)]
    pub plan_depth_max: u16,
    /// Repair rounds of a plan that did not validate.
    #[n(2)]
    pub plan_repair_rounds_max: u8,
    /// Rejections of a plan by a person.
    #[n(3)]
    pub plan_rejections_max: u8,
    /// Reruns of a subtask before a different specialist has the last one.
    #[n(4)]
    pub subtask_cycles_max: u8,
    /// Turns of one run of an agent's loop.
    #[n(5)]
    pub agent_turns_max: u8,
    /// The same tool call, at this count, stops the loop.
    #[n(6)]
    pub same_call_count_max: u8,
    /// Rounds of the report that a final review may ask for.
    #[n(7)]
    pub final_review_rounds_max: u8,
    /// Wire attempts of one model step over all targets.
    #[n(8)]
    pub wire_attempts_max: u8,
    /// Wire attempts of one model step on one target.
    #[n(9)]
    pub target_attempts_max: u8,
    /// Interruptions after which an effect is performed alone.
    #[n(10)]
    pub poison_alone_count: u8,
    /// Counts at which an effect is quarantined.
    #[n(11)]
    pub poison_count_max: u8,
    /// Active time of each stage.
    #[n(12)]
    pub stage_millis: StageMillis,
    /// Output tokens of each call.
    #[n(13)]
    pub output_tokens: OutputTokens,
    /// Sampling temperature of each call.
    #[n(14)]
    pub temperature_hundredths: TemperatureHundredths,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            plan_subtasks_max: PLAN_SUBTASKS_MAX,
            plan_depth_max: PLAN_DEPTH_MAX,
            plan_repair_rounds_max: PLAN_REPAIR_ROUNDS_MAX,
            plan_rejections_max: PLAN_REJECTIONS_MAX,
            subtask_cycles_max: SUBTASK_CYCLES_MAX,
            agent_turns_max: AGENT_TURNS_MAX,
            same_call_count_max: SAME_CALL_COUNT_MAX,
            final_review_rounds_max: FINAL_REVIEW_ROUNDS_MAX,
            wire_attempts_max: WIRE_ATTEMPTS_MAX,
            target_attempts_max: TARGET_ATTEMPTS_MAX,
            poison_alone_count: POISON_ALONE_COUNT,
            poison_count_max: POISON_COUNT_MAX,
            stage_millis: StageMillis::default(),
            output_tokens: OutputTokens::default(),
            temperature_hundredths: TemperatureHundredths::default(),
        }
    }
}
