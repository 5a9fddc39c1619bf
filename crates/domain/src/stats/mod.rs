//! Statistics that steer decisions. Fixed-point, moved only by recorded outcomes in the order of the
//! agent's own stream, so that a rebuild gives the same numbers.

mod agent;
#[cfg(test)]
mod tests;

pub use agent::{AgentStats, Outcome, RESPONSE_MICROS_START, SUCCESS_PPM_START};
