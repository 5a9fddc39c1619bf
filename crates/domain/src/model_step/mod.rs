//! The model-step machine: the one place where calls are retried, failed over and asked again.
//!
//! A *model step* is one effect path at which a model must answer. Each wire attempt (retry, failover,
//! re-ask with the error) is recorded with its own number and reservation before it starts.

mod failure;
mod purpose;
mod step;

pub use failure::{FailureClass, FailureKind};
pub use purpose::Purpose;
pub use step::{Cause, Due, ModelStep, Next, StepPhase, StepState, TRANSITIONS, Target};

#[cfg(test)]
mod tests;
