//! Pure rules of Divisi: ids, money, time, the machines and their decisions.
//!
//! Nothing here reads a clock, draws a random number, blocks or does I/O: time and chance arrive as
//! arguments (see `clippy.toml` for the wall). Every machine is three functions: `decide` (total, may
//! refuse), `apply` (never fails) and `effects` (derived from state).

pub mod approval;
pub mod automation;
pub mod blob;
pub mod budget;
pub mod clock;
pub mod id;
pub mod journal;
pub mod learning;
pub mod limits;
pub mod model_step;
pub mod money;
pub mod name;
pub mod path;
pub mod plan;
pub mod retry;
pub mod review;
pub mod scheduling;
pub mod shared;
pub mod stats;
pub mod subtask;
pub mod task;
pub mod time;
pub mod wait;
