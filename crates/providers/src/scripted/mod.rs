//! A provider whose answers, latency, faults and prices come from a script. Used only where it is named: tests,
//! bench, the crash harness and demonstrations of failure.

mod defaults;
mod provider;
mod script;
mod seams;

pub use provider::Scripted;
pub use script::{Answer, Rule, Script, ScriptError};
pub use seams::{EffectSink, NoSleep, Sleeper};

/// The name of the provider in routes, where a script gives no other.
pub const PROVIDER: &str = "scripted";
