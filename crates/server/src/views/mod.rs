//! From states, rows and content to wire types. Pure.

pub(crate) mod agent;
pub(crate) mod approval;
pub(crate) mod event;
pub(crate) mod plan;
pub(crate) mod result;
pub(crate) mod task;
pub(crate) mod usage;
