//! Adapters to model services: `extractive` (offline, no model at all) and `scripted` (answers from a file).
//!
//! This room never knows the engine, reads no environment, keeps no clock and makes nothing random.

pub mod extractive;
pub mod scripted;
mod stream;

pub use extractive::Extractive;
pub use scripted::Scripted;
