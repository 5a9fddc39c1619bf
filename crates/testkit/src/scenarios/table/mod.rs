//! The rows. Each file is one part of spec/workflow.md.

mod budget;
mod model_steps;
mod passes;
mod people;
mod plans;
mod reviews;
mod time;
mod tools;

use super::scenario::Scenario;
use super::script::Row;

/// One subtask.
const ONE: &[Row] = &[("a", &[])];
/// Two side by side.
const TWO: &[Row] = &[("a", &[]), ("b", &[])];
/// Two in a row, the second without need of the first.
const CHAIN: &[Row] = &[("a", &[]), ("b", &["a"])];
/// Two in a row, the second in need of the first.
const REQUIRED: &[Row] = &[("a", &[]), ("b", &["a!"])];

/// Every scenario.
pub fn all() -> Vec<Scenario> {
    let parts = [
        reviews::rows(),
        plans::rows(),
        people::rows(),
        tools::rows(),
        model_steps::rows(),
        budget::rows(),
        time::rows(),
        passes::rows(),
    ];
    parts.into_iter().flatten().collect()
}
