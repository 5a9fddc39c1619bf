//! One file per verb: extract, look up, decide, write, answer.

pub(crate) mod agents;
pub(crate) mod approvals;
pub(crate) mod health;
pub(crate) mod tasks;
