//! The durable runner: load, decide, commit, perform, resume.
//!
//! `core` is sans I/O (`step(input, now) -> actions`) and has two drivers: `driver` on tokio, and the simulator of
//! the testkit. This room never speaks SQL or HTTP and never names a vendor of models.

pub mod content;
pub mod core;
pub mod crew;
pub mod driver;
pub mod export;
pub mod journal;
pub mod perform;
pub mod project;
pub mod report;
pub mod requests;
pub mod spec;
pub mod view;
