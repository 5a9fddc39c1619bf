//! The model-step machine: the one place where calls are retried, failed over and asked again.
//!
//! A *model step* is one effect path at which a model must answer. Each wire attempt (retry, failover,
//! re-ask with the error) is recorded with its own number and reservation before it starts.

mod failure;
mod purpose;
mod states;
mod step;

pub use failure::{FailureClass, FailureKind};
pub use purpose::Purpose;
pub use states::{Cause, Due, StepPhase, StepState, TRANSITIONS, Target};
pub use step::{ModelStep, Next};

#[cfg(test)]
mod tests;
