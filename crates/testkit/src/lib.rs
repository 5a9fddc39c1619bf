//! What tests share: `TestApp` (a whole engine in this process), the scenario table of the task machine, hosts that
//! drive it, and its invariants.
//!
//! Development only; nothing here ships. Chance is seeded: a run with the same seed is the same run.

#[cfg(feature = "engine")]
pub mod app;
pub mod chance;
pub mod chaos;
#[cfg(feature = "engine")]
pub mod engine_host;
#[cfg(feature = "faults")]
pub mod faults;
#[cfg(feature = "engine")]
pub mod fuzz;
pub mod machine;
pub mod plain_host;
pub mod samples;
pub mod scenarios;
pub mod second_host;
#[cfg(feature = "engine")]
pub mod sim;
