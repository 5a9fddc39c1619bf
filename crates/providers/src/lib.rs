//! Adapters to model services: `extractive` (offline, no model at all), `scripted` (answers from a file), and one folder for
//! each wire that real services speak.
//!
//! This room never knows the engine, reads no environment, keeps no clock and makes nothing random.

pub mod extractive;
pub mod http;
pub mod scripted;
mod stream;

pub use extractive::Extractive;
pub use scripted::Scripted;
