//! Limits that a crew sets, and the range each may have.

use divisi_domain::limits::Limits;
use divisi_domain::time::Millis;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[limits]` as written: what is not given keeps its default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LimitsFile {
    /// Subtasks of one plan.
    #[schemars(range(min = 1, max = 50))]
    plan_subtasks_max: Option<u16>,
    /// The longest chain of dependencies of a plan.
    #[schemars(range(min = 1, max = 10))]
    plan_depth_max: Option<u16>,
    /// Rounds in which the manager may repair a plan that did not validate.
    #[schemars(range(max = 10))]
    plan_repair_rounds_max: Option<u8>,
    /// Times that a person may reject the plan.
    #[schemars(range(max = 10))]
    plan_rejections_max: Option<u8>,
    /// Reruns of a subtask before a different specialist has the last one.
    #[schemars(range(max = 10))]
    subtask_cycles_max: Option<u8>,
    /// Turns of one run of an agent.
    #[schemars(range(min = 1, max = 100))]
    agent_turns_max: Option<u8>,
    /// The same tool call, at this count, stops the run.
    #[schemars(range(min = 2, max = 20))]
    same_call_count_max: Option<u8>,
    /// Rounds of the report that the final review may ask for.
    #[schemars(range(max = 10))]
    final_review_rounds_max: Option<u8>,
    /// Attempts of one model step over all its models.
    #[schemars(range(min = 1, max = 8))]
    wire_attempts_max: Option<u8>,
    /// Attempts of one model step on one model.
    #[schemars(range(min = 1, max = 6))]
    target_attempts_max: Option<u8>,
    /// Active seconds that each stage may take.
    stage_seconds: StageSeconds,
    /// Output tokens of one call.
    output_tokens: OutputTokensFile,
    /// Sampling temperature of one call, in hundredths: 30 is 0.3.
    temperature_hundredths: TemperatureFile,
}

/// Active seconds by stage.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct StageSeconds {
    /// The analysis.
    analyse: Option<u64>,
    /// The selection of specialists.
    select: Option<u64>,
    /// The plan.
    decompose: Option<u64>,
    /// One run of one subtask.
    subtask: Option<u64>,
    /// One review of a solution.
    review: Option<u64>,
    /// The coordination.
    coordinate: Option<u64>,
    /// One round of the report.
    synthesise: Option<u64>,
    /// One review of the report.
    final_review: Option<u64>,
}

/// Output tokens by caller.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OutputTokensFile {
    /// The coordinator.
    coordinate: Option<u32>,
    /// The analyst.
    synthesise: Option<u32>,
    /// Everyone else.
    others: Option<u32>,
}

/// Temperatures by purpose, in hundredths.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct TemperatureFile {
    /// The analysis.
    analyse: Option<u16>,
    /// The selection of specialists.
    select: Option<u16>,
    /// The plan.
    decompose: Option<u16>,
    /// Reviews.
    review: Option<u16>,
    /// The coordination.
    coordinate: Option<u16>,
    /// The report.
    synthesise: Option<u16>,
    /// The turns of specialists.
    execute: Option<u16>,
}

macro_rules! overlay {
    ($from:expr => $to:expr; $($field:ident),+) => {
        $(if let Some(value) = $from.$field { $to.$field = value; })+
    };
}

impl LimitsFile {
    /// The defaults with what the crew sets.
    pub(super) fn resolve(&self) -> Limits {
        let mut limits = Limits::default();
        overlay!(self => limits; plan_subtasks_max, plan_depth_max, plan_repair_rounds_max, plan_rejections_max,
            subtask_cycles_max, agent_turns_max, same_call_count_max, final_review_rounds_max,
            wire_attempts_max, target_attempts_max);
        overlay!(self.output_tokens => limits.output_tokens; coordinate, synthesise, others);
        overlay!(self.temperature_hundredths => limits.temperature_hundredths;
            analyse, select, decompose, review, coordinate, synthesise, execute);
        let seconds = |value: Option<u64>| value.map(|seconds| Millis(seconds.saturating_mul(1_000)));
        let mut stages = limits.stage_millis;
        for (to, from) in [
            (&mut stages.analyse, self.stage_seconds.analyse),
            (&mut stages.select, self.stage_seconds.select),
            (&mut stages.decompose, self.stage_seconds.decompose),
            (&mut stages.subtask, self.stage_seconds.subtask),
            (&mut stages.review, self.stage_seconds.review),
            (&mut stages.coordinate, self.stage_seconds.coordinate),
            (&mut stages.synthesise, self.stage_seconds.synthesise),
            (&mut stages.final_review, self.stage_seconds.final_review),
        ] {
            *to = seconds(from).unwrap_or(*to);
        }
        limits.stage_millis = stages;
        limits
    }
}

/// A day: no stage may take longer.
const STAGE_MILLIS_MAX: u64 = 86_400_000;
/// The most output tokens of one call that any model is asked for.
const OUTPUT_TOKENS_MAX: u64 = 128_000;
/// The highest sampling temperature that any wire takes.
const TEMPERATURE_HUNDREDTHS_MAX: u64 = 200;

/// Every limit that is out of its range, as sentences.
pub(super) fn faults(limits: &Limits) -> Vec<String> {
    let out_of_range = |(name, value, low, high): (&str, u64, u64, u64)| {
        (value < low || value > high).then(|| format!("limits.{name} is {value}; it may be {low} to {high}."))
    };
    ranges(limits).into_iter().filter_map(out_of_range).collect()
}

fn ranges(limits: &Limits) -> Vec<(&'static str, u64, u64, u64)> {
    let Limits { stage_millis: stage, output_tokens: tokens, temperature_hundredths: heat, .. } = limits;
    let mut rows = vec![
        ("plan_subtasks_max", limits.plan_subtasks_max.into(), 1, 50),
        ("plan_depth_max", limits.plan_depth_max.into(), 1, 10),
        ("plan_repair_rounds_max", limits.plan_repair_rounds_max.into(), 0, 10),
        ("plan_rejections_max", limits.plan_rejections_max.into(), 0, 10),
        ("subtask_cycles_max", limits.subtask_cycles_max.into(), 0, 10),
        ("agent_turns_max", limits.agent_turns_max.into(), 1, 100),
        ("same_call_count_max", limits.same_call_count_max.into(), 2, 20),
        ("final_review_rounds_max", limits.final_review_rounds_max.into(), 0, 10),
        ("wire_attempts_max", limits.wire_attempts_max.into(), 1, 8),
        ("target_attempts_max", limits.target_attempts_max.into(), 1, 6),
    ];
    for (name, value) in [
        ("stage_seconds (in milliseconds) of analyse", stage.analyse),
        ("stage_seconds (in milliseconds) of select", stage.select),
        ("stage_seconds (in milliseconds) of decompose", stage.decompose),
        ("stage_seconds (in milliseconds) of subtask", stage.subtask),
        ("stage_seconds (in milliseconds) of review", stage.review),
        ("stage_seconds (in milliseconds) of coordinate", stage.coordinate),
        ("stage_seconds (in milliseconds) of synthesise", stage.synthesise),
        ("stage_seconds (in milliseconds) of final_review", stage.final_review),
    ] {
        rows.push((name, value.0, 1_000, STAGE_MILLIS_MAX));
    }
    for (name, value) in [
        ("output_tokens.coordinate", tokens.coordinate),
        ("output_tokens.synthesise", tokens.synthesise),
        ("output_tokens.others", tokens.others),
    ] {
        rows.push((name, value.into(), 100, OUTPUT_TOKENS_MAX));
    }
    for (name, value) in [
        ("temperature_hundredths.analyse", heat.analyse),
        ("temperature_hundredths.select", heat.select),
        ("temperature_hundredths.decompose", heat.decompose),
        ("temperature_hundredths.review", heat.review),
        ("temperature_hundredths.coordinate", heat.coordinate),
        ("temperature_hundredths.synthesise", heat.synthesise),
        ("temperature_hundredths.execute", heat.execute),
    ] {
        rows.push((name, value.into(), 0, TEMPERATURE_HUNDREDTHS_MAX));
    }
    rows
}
