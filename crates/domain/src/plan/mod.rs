//! The plan: a checked graph of subtasks. A draft (what a model or a person wrote) becomes a [`Plan`]
//! only through [`validate`]; phases, order and readiness are computed from the edges, never believed.

mod cost;
mod critical;
mod draft;
mod error;
mod graph;
mod node;
mod phases;
mod ready;
#[cfg(test)]
mod tests;
mod validate;

pub use cost::{CallCeilings, runs_max, worst_case_cost};
pub use critical::{CriticalPath, critical_path, sequential};
pub use draft::{DraftDependency, DraftSubtask, DroppedSpecialist, PlanDraft};
pub use error::PlanError;
pub use node::{Complexity, Dependency, Estimate, Plan, PlanNode, Priority};
pub use phases::phases;
pub use ready::{Readiness, Settled, readiness};
pub use validate::{PlanRules, validate};
